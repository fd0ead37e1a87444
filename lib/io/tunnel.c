#include "io/tunnel.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"

#define PEEK_BYTES ((size_t)2048)

struct tunnel {
	sd_event *loop;
	sd_event_source *io;
	struct proxy_talk *talk;
	struct tunnel_end end;
	int fd;
};

/* The callback is the last thing: the callee frees us. */
static int finish(struct tunnel *t, enum reason reason, const char *text) {
	struct tunnel_result result = { .fd = -1, .reason = reason, .text = text };
	t->io = sd_event_source_disable_unref(t->io);
	if (reason == REASON_NONE) {
		result.fd = t->fd;
		t->fd = -1;
	}
	t->end.done(&result, t->end.userdata);
	return 0;
}

/* 0, or a negative errno of the connection. */
static int flush(struct tunnel *t) {
	const uint8_t *bytes;
	size_t n;
	while ((n = proxy_talk_output(t->talk, &bytes)) > 0) {
		ssize_t sent = send(t->fd, bytes, n, MSG_NOSIGNAL);
		if (sent < 0 && errno == EAGAIN)
			break;
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -errno;
		proxy_talk_sent(t->talk, (size_t)sent);
	}
	(void)sd_event_source_set_io_events(t->io, EPOLLIN | (n > 0 ? EPOLLOUT : 0));
	return 0;
}

/* Looks first and takes what is the proxy's own; the rest stays in the socket, for the stream. 1:
 * something was taken; 0: there is nothing now. */
static int take(struct tunnel *t) {
	uint8_t bytes[PEEK_BYTES];
	ssize_t n = recv(t->fd, bytes, sizeof(bytes), MSG_PEEK);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n == 0)
		return -ECONNRESET;
	size_t used = proxy_talk_feed(t->talk, bytes, (size_t)n);
	n = used > 0 ? recv(t->fd, bytes, used, 0) : 0;
	if (n < 0)
		return -errno;
	return (size_t)n == used ? 1 : -EIO;
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata) {
	struct tunnel *t = userdata;
	struct proxy_talk_event event;
	int r = flush(t);
	while (r >= 0) {
		if (proxy_talk_next(t->talk, &event))
			return finish(t, event.reason, event.text);
		r = take(t);
		if (r == 0)
			return 0;
		if (r > 0)
			r = flush(t);
	}
	const char *text = r == -ECONNRESET ? "the proxy closed the connection" : strerror(-r);
	return finish(t, REASON_PROXY_FAILED, text);
}

int tunnel_new(sd_event *loop, int fd, const struct proxy_talk_target *target,
	const struct tunnel_end *end, struct tunnel **ret) {
	assert(loop && fd >= 0 && end->done && ret);
	CLEANUP(tunnel_free) struct tunnel *t = MEMORY_NEW(struct tunnel);
	t->loop = sd_event_ref(loop);
	t->fd = fd;
	t->end = *end;
	t->talk = proxy_talk_new(target);
	int r = sd_event_add_io(loop, &t->io, fd, EPOLLIN | EPOLLOUT, on_io, t);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(t);
	return 0;
}

struct tunnel *tunnel_free(struct tunnel *t) {
	if (!t)
		return NULL;
	sd_event_source_disable_unref(t->io);
	if (t->fd >= 0)
		(void)close(t->fd);
	proxy_talk_free(t->talk);
	sd_event_unref(t->loop);
	return memory_free(t);
}

#include "peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"

static void must(bool done) {
	if (!done)
		abort();
}

static void send_pending(struct peer *p) {
	while (p->pending.n > 0) {
		ssize_t n = send(p->fd, buffer_bytes(&p->pending), p->pending.n,
			MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0)
			break;
		buffer_consume(&p->pending, (size_t)n);
	}
	uint32_t events = (p->deaf ? 0 : EPOLLIN) | (p->pending.n > 0 ? EPOLLOUT : 0);
	must(sd_event_source_set_io_events(p->io, events) >= 0);
}

static void send_tls_output(struct peer *p) {
	struct buffer out;
	buffer_init(&out, (size_t)64 * 1024 * 1024);
	tls_server_take_output(p->tls, &out);
	if (out.n > 0 && p->fd >= 0)
		peer_write_raw(p, buffer_bytes(&out), out.n);
	buffer_deinit(&out);
}

static void take(struct peer *p, const uint8_t *bytes, size_t n) {
	if (p->tls) {
		tls_server_feed(p->tls, bytes, n);
		send_tls_output(p);
	} else
		must(buffer_append(&p->received, bytes, n) == 0);
}

static int on_connection(sd_event_source *source, int fd, uint32_t events, void *userdata) {
	struct peer *p = userdata;
	if (events & EPOLLOUT)
		send_pending(p);
	if (p->deaf)
		return 0;
	uint8_t bytes[16384];
	ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (n > 0)
		take(p, bytes, (size_t)n);
	else if (n == 0 || errno != EAGAIN) {
		p->end_seen = true;
		(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	}
	return 0;
}

static void say_what_waits(struct peer *p) {
	if (!p->to_say || p->fd < 0)
		return;
	char *text = TAKE_PTR(p->to_say);
	peer_write(p, text);
	memory_free(text);
}

static int on_listener(sd_event_source *source, int fd, uint32_t events, void *userdata) {
	struct peer *p = userdata;
	peer_close(p);
	p->tls = tls_server_free(p->tls);
	p->fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	must(p->fd >= 0);
	int yes = 1;
	must(setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes)) == 0);
	must(sd_event_add_io(p->loop, &p->io, p->fd, EPOLLIN, on_connection, p) >= 0);
	p->n_accepted++;
	p->end_seen = false;
	buffer_clear(&p->received);
	buffer_clear(&p->pending);
	if (p->tls_at_once)
		peer_start_tls(p, p->tls_at_once);
	if (p->closes_at_once)
		peer_close(p);
	else
		say_what_waits(p);
	return 0;
}

struct peer *peer_new(sd_event *loop, SSL_CTX *tls_at_once) {
	struct peer *p = MEMORY_NEW(struct peer);
	p->loop = sd_event_ref(loop);
	p->fd = -1;
	p->tls_at_once = tls_at_once;
	buffer_init(&p->received, (size_t)64 * 1024 * 1024);
	buffer_init(&p->pending, (size_t)64 * 1024 * 1024);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = { .sin_family = AF_INET };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	socklen_t length = sizeof(address);
	must(fd >= 0 && bind(fd, (struct sockaddr *)&address, length) == 0 && listen(fd, 16) == 0);
	must(getsockname(fd, (struct sockaddr *)&address, &length) == 0);
	p->port = ntohs(address.sin_port);
	must(sd_event_add_io(loop, &p->listener, fd, EPOLLIN, on_listener, p) >= 0);
	must(sd_event_source_set_io_fd_own(p->listener, 1) >= 0);
	return p;
}

struct peer *peer_free(struct peer *p) {
	if (!p)
		return NULL;
	peer_close(p);
	peer_stop_listening(p);
	memory_free(p->to_say);
	tls_server_free(p->tls);
	buffer_deinit(&p->received);
	buffer_deinit(&p->pending);
	sd_event_unref(p->loop);
	return memory_free(p);
}

void peer_start_tls(struct peer *p, SSL_CTX *context) {
	p->tls = tls_server_new(context);
}

void peer_write_raw(struct peer *p, const void *bytes, size_t n) {
	must(buffer_append(&p->pending, bytes, n) == 0);
	send_pending(p);
}

void peer_write(struct peer *p, const char *text) {
	if (!p->tls) {
		peer_write_raw(p, text, strlen(text));
		return;
	}
	tls_server_write(p->tls, text);
	send_tls_output(p);
}

void peer_write_later(struct peer *p, const char *text) {
	p->to_say = memory_strdup(text);
	say_what_waits(p);
}

void peer_set_deaf(struct peer *p, bool deaf) {
	p->deaf = deaf;
	send_pending(p);
}

void peer_shut_tls(struct peer *p) {
	(void)SSL_shutdown(p->tls->ssl);
	send_tls_output(p);
}

void peer_half_close(struct peer *p) {
	must(shutdown(p->fd, SHUT_WR) == 0);
}

void peer_close(struct peer *p) {
	p->io = sd_event_source_disable_unref(p->io);
	if (p->fd >= 0)
		(void)close(p->fd);
	p->fd = -1;
}

void peer_reset(struct peer *p) {
	struct linger linger = { .l_onoff = 1 };
	must(setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) == 0);
	peer_close(p);
}

void peer_stop_listening(struct peer *p) {
	p->listener = sd_event_source_disable_unref(p->listener);
}

const struct buffer *peer_received(const struct peer *p) {
	return p->tls ? &p->tls->plaintext : &p->received;
}

void peer_fill_queue(struct peer *p, int *ret_fillers, size_t n) {
	int listener = sd_event_source_get_io_fd(p->listener);
	struct sockaddr_in address;
	socklen_t length = sizeof(address);
	must(getsockname(listener, (struct sockaddr *)&address, &length) == 0);
	must(sd_event_source_set_enabled(p->listener, SD_EVENT_OFF) >= 0);
	must(listen(listener, 0) == 0);
	for (size_t i = 0; i < n; i++) {
		ret_fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		must(ret_fillers[i] >= 0);
		(void)connect(ret_fillers[i], (struct sockaddr *)&address, length);
	}
}

bool peer_has_received(const struct peer *p, const char *text) {
	const struct buffer *b = peer_received(p);
	return b->n == strlen(text) && memcmp(buffer_bytes(b), text, b->n) == 0;
}

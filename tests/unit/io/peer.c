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
	uint8_t bytes[16384];
	if (p->deaf) {
		(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
		return 0;
	}
	ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (n > 0)
		take(p, bytes, (size_t)n);
	else if (n == 0 || errno != EAGAIN) {
		p->end_seen = true;
		(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	}
	return 0;
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
	if (p->tls_at_once)
		peer_start_tls(p, p->tls_at_once);
	return 0;
}

struct peer *peer_new(sd_event *loop, SSL_CTX *tls_at_once) {
	struct peer *p = MEMORY_NEW(struct peer);
	p->loop = sd_event_ref(loop);
	p->fd = -1;
	p->tls_at_once = tls_at_once;
	buffer_init(&p->received, (size_t)64 * 1024 * 1024);
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
	tls_server_free(p->tls);
	buffer_deinit(&p->received);
	sd_event_unref(p->loop);
	return memory_free(p);
}

void peer_start_tls(struct peer *p, SSL_CTX *context) {
	p->tls = tls_server_new(context);
}

/* Blocks when the client does not read: the tests write little, or to a client that reads. */
void peer_write_raw(struct peer *p, const void *bytes, size_t n) {
	must(send(p->fd, bytes, n, MSG_NOSIGNAL) == (ssize_t)n);
}

void peer_write(struct peer *p, const char *text) {
	if (!p->tls) {
		peer_write_raw(p, text, strlen(text));
		return;
	}
	tls_server_write(p->tls, text);
	send_tls_output(p);
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

bool peer_has_received(const struct peer *p, const char *text) {
	const struct buffer *b = peer_received(p);
	return b->n == strlen(text) && memcmp(buffer_bytes(b), text, b->n) == 0;
}

#include "io/stream.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "io/address.h"
#include "io/connector.h"
#include "io/host-name.h"
#include "io/tls.h"

#define CLEAR_BYTES ((size_t)4096)
#define CIPHER_BYTES ((size_t)8192)

enum stream_state {
	STREAM_STATE_CONNECTING,
	STREAM_STATE_CLEAR,
	STREAM_STATE_HANDSHAKE,
	STREAM_STATE_SECURE,
	STREAM_STATE_CLOSED,
};

/* What is needed on the way to the last trust state only; gone in an idle stream. */
struct setup {
	struct connector *connector;
	sd_event_source *deadline; /* of the handshake */
	uint64_t handshake_usec;
	struct tls_target tls;
	char *host;
};

struct stream {
	sd_event *loop;
	stream_ready_fn ready;
	void *userdata;
	sd_event_source *io;
	struct setup *setup;
	struct tls *tls; /* NULL in the clear */
	uint8_t *clear; /* only while data is read in the clear */
	struct buffer output; /* in the clear; the TLS engine has its own */
	struct stream_counts counts;
	struct stream_counts *totals; /* or NULL */
	char *text; /* of the CLOSED event */
	size_t turn_left; /* bytes that may still be read in this turn */
	int fd;
	int send_errno; /* what a write met; told when everything was read */
	enum reason reason;
	enum stream_state state;
	enum stream_security security;
	uint32_t io_events;
	bool has_news; /* CONNECTED or SECURED is to be told */
	bool was_connected; /* CONNECTED was told */
	bool told_closed;
};

/* --- endings --- */

static struct setup *setup_free(struct setup *setup) {
	if (!setup)
		return NULL;
	connector_free(setup->connector);
	sd_event_source_disable_unref(setup->deadline);
	memory_free(setup->host);
	return memory_free(setup);
}

/* The socket before anything else: whatever comes later must find it closed. */
static void disconnect(struct stream *s) {
	s->io = sd_event_source_disable_unref(s->io);
	if (s->fd >= 0)
		(void)close(s->fd);
	s->fd = -1;
}

static void close_stream(struct stream *s, enum reason reason, const char *text) {
	disconnect(s);
	s->state = STREAM_STATE_CLOSED;
	s->reason = reason;
	s->text = memory_strdup(text);
	s->has_news = false;
	s->setup = setup_free(s->setup);
	s->tls = tls_free(s->tls);
	s->clear = memory_free(s->clear);
	buffer_deinit(&s->output);
}

static void close_by_errno(struct stream *s, int error) {
	enum reason reason = error == ETIMEDOUT ? REASON_TIMED_OUT : REASON_CONNECTION_LOST;
	close_stream(s, reason, strerror(error));
}

/* --- the socket --- */

/* Cyrus and Courier write small pieces under Nagle's rule: without an acknowledgement at once, 40 ms
 * pass between two of them. The kernel forgets the option by itself. */
static void acknowledge_at_once(struct stream *s) {
	int yes = 1;
	(void)setsockopt(s->fd, IPPROTO_TCP, TCP_QUICKACK, &yes, sizeof(yes));
}

enum received {
	RECEIVED_BYTES,
	RECEIVED_NOTHING,
	RECEIVED_END,
	RECEIVED_ERROR, /* the stream is closed */
};

static void count(struct stream *s, size_t n_in, size_t n_out) {
	s->counts.bytes_in += n_in;
	s->counts.bytes_out += n_out;
	if (!s->totals)
		return;
	s->totals->bytes_in += n_in;
	s->totals->bytes_out += n_out;
}

static enum received receive(struct stream *s, uint8_t *to, size_t size, size_t *ret_n) {
	size = MIN(size, s->turn_left);
	if (size == 0)
		return RECEIVED_NOTHING;
	ssize_t n = recv(s->fd, to, size, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		s->turn_left = 0;
		return RECEIVED_NOTHING;
	}
	if (n < 0 || (n == 0 && s->send_errno != 0)) {
		close_by_errno(s, n < 0 ? errno : s->send_errno);
		return RECEIVED_ERROR;
	}
	if (n == 0)
		return RECEIVED_END;
	count(s, (size_t)n, 0);
	acknowledge_at_once(s);
	/* Less than asked for: the socket is dry, and one system call is saved. */
	s->turn_left = (size_t)n < size ? 0 : s->turn_left - (size_t)n;
	*ret_n = (size_t)n;
	return RECEIVED_BYTES;
}

static size_t pending_output(const struct stream *s, const uint8_t **ret_bytes) {
	if (s->tls)
		return tls_output(s->tls, ret_bytes);
	*ret_bytes = s->output.n > 0 ? buffer_bytes(&s->output) : NULL;
	return s->output.n;
}

static void drop_output(struct stream *s, size_t n) {
	if (s->tls) {
		tls_sent(s->tls, n);
		return;
	}
	buffer_consume(&s->output, n);
	buffer_release(&s->output);
}

static void watch_output(struct stream *s, bool wanted) {
	uint32_t events = EPOLLIN | (wanted ? EPOLLOUT : 0);
	if (events == s->io_events)
		return;
	(void)sd_event_source_set_io_events(s->io, events);
	s->io_events = events;
}

/* Never an ending by itself: what the peer sent before it went is still to be read, and the error
 * wakes the reading side. */
static void flush(struct stream *s) {
	const uint8_t *bytes;
	size_t n;
	while ((n = pending_output(s, &bytes)) > 0) {
		ssize_t sent =
			s->send_errno == 0 ? send(s->fd, bytes, n, MSG_NOSIGNAL) : (ssize_t)n;
		if (sent < 0 && errno == EAGAIN)
			break;
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			s->send_errno = errno;
		else if (s->send_errno == 0)
			count(s, 0, (size_t)sent);
		drop_output(s, sent < 0 ? n : (size_t)sent);
	}
	watch_output(s, n > 0);
}

/* --- TLS --- */

static int on_handshake_deadline(sd_event_source *source, uint64_t usec, void *userdata) {
	struct stream *s = userdata;
	close_stream(s, REASON_TIMED_OUT, "the server did not answer the TLS handshake in time");
	s->ready(s, s->userdata);
	return 0;
}

static void on_secured(struct stream *s) {
	s->state = STREAM_STATE_SECURE;
	s->has_news = true;
	s->setup = setup_free(s->setup);
}

/* The alert that tells the server why is sent if the socket takes it. */
static void on_tls_failed(struct stream *s, const struct tls_event *event) {
	flush(s);
	close_stream(s, event->reason, event->text);
}

/* False: nothing to feed in this turn, or the stream is closed. */
static bool feed_tls(struct stream *s) {
	uint8_t bytes[CIPHER_BYTES];
	size_t n;
	switch (receive(s, bytes, sizeof(bytes), &n)) {
	case RECEIVED_BYTES:
		tls_feed(s->tls, bytes, n);
		return true;
	case RECEIVED_END:
		tls_feed_end(s->tls);
		return true;
	case RECEIVED_NOTHING:
	case RECEIVED_ERROR:
		break;
	}
	return false;
}

/* 1: the event; 0: nothing more in this turn, or closed. */
static int pull_tls(struct stream *s, struct tls_event *ret) {
	do {
		int r = tls_next(s->tls, ret);
		flush(s);
		if (r > 0)
			return r;
	} while (feed_tls(s));
	return 0;
}

static void run_handshake(struct stream *s) {
	struct tls_event event;
	if (pull_tls(s, &event) == 0)
		return;
	if (event.kind == TLS_EVENT_SECURED)
		on_secured(s);
	else
		on_tls_failed(s, &event);
}

/* Sends the first words, reads nothing. */
static int start_handshake(struct stream *s) {
	int r = tls_new(&s->setup->tls, &s->tls);
	if (r < 0)
		return r;
	r = sd_event_add_time_relative(s->loop, &s->setup->deadline, CLOCK_MONOTONIC,
		s->setup->handshake_usec, 0, on_handshake_deadline, s);
	if (r < 0)
		return r;
	s->state = STREAM_STATE_HANDSHAKE;
	s->turn_left = 0;
	run_handshake(s);
	return 0;
}

/* --- the loop's side --- */

static bool has_something(const struct stream *s) {
	return s->has_news || (s->state == STREAM_STATE_CLOSED && !s->told_closed);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata) {
	struct stream *s = userdata;
	s->turn_left = STREAM_TURN_BYTES;
	if (events & EPOLLOUT)
		flush(s);
	if (s->state == STREAM_STATE_HANDSHAKE) {
		run_handshake(s);
		if (has_something(s))
			s->ready(s, s->userdata);
	} else if (events & (EPOLLIN | EPOLLERR | EPOLLHUP))
		s->ready(s, s->userdata);
	return 0;
}

static int begin(struct stream *s, int fd) {
	s->fd = fd;
	s->io_events = EPOLLIN;
	int r = sd_event_add_io(s->loop, &s->io, fd, s->io_events, on_io, s);
	if (r < 0)
		return r;
	s->setup->connector = connector_free(s->setup->connector);
	if (s->security == STREAM_SECURITY_TLS)
		return start_handshake(s);
	s->state = STREAM_STATE_CLEAR;
	s->has_news = true;
	if (s->security != STREAM_SECURITY_STARTTLS)
		s->setup = setup_free(s->setup);
	return 0;
}

static void on_connected(const struct connector_result *result, void *userdata) {
	struct stream *s = userdata;
	if (result->fd < 0)
		close_stream(s, result->reason, result->text);
	else {
		int r = begin(s, result->fd);
		if (r == -EINVAL)
			close_stream(s, REASON_TLS_NAME, "no certificate can have this host name");
		else if (r < 0)
			close_stream(s, REASON_INTERNAL, strerror(-r));
	}
	if (has_something(s))
		s->ready(s, s->userdata);
}

/* --- the owner's side --- */

static uint64_t or_default(uint64_t usec, uint64_t by_default) {
	return usec > 0 ? usec : by_default;
}

int stream_new(sd_event *loop, const struct stream_target *target, stream_ready_fn ready,
	void *userdata, struct stream **ret) {
	assert(loop && target && target->host && ready && ret);
	assert(target->policy || target->security >= STREAM_SECURITY_NONE);
	CLEANUP(stream_free) struct stream *s = MEMORY_NEW(struct stream);
	s->loop = sd_event_ref(loop);
	s->ready = ready;
	s->userdata = userdata;
	s->fd = -1;
	s->security = target->security;
	s->totals = target->totals;
	/* Without TLS a login goes through it as it is. */
	buffer_init_secret(&s->output, STREAM_OUTPUT_MAX);
	struct setup *setup = s->setup = MEMORY_NEW(struct setup);
	/* What cannot be a name is refused by the resolver, in its words. */
	setup->host = host_name_to_ascii(target->host);
	if (!setup->host)
		setup->host = memory_strdup(target->host);
	setup->handshake_usec = or_default(target->handshake_usec, STREAM_HANDSHAKE_USEC);
	setup->tls = (struct tls_target){
		.host = setup->host,
		.alpn = target->alpn,
		.policy = target->policy,
		.ticket = target->ticket,
		.identity = target->identity,
		.wish = target->wish,
		.record = target->record,
	};
	struct connector_target connector = {
		.host = setup->host,
		.port = target->port,
		.proxy = target->proxy,
		.loopback_only = target->security == STREAM_SECURITY_NONE,
		.timeout_usec = or_default(target->connect_usec, STREAM_CONNECT_USEC),
		.resolver = target->resolver,
	};
	int r = connector_new(loop, &connector, on_connected, s, &setup->connector);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(s);
	return 0;
}

struct stream *stream_free(struct stream *s) {
	if (!s)
		return NULL;
	if (s->state == STREAM_STATE_SECURE) {
		tls_shut(s->tls);
		flush(s);
	}
	disconnect(s);
	setup_free(s->setup);
	tls_free(s->tls);
	memory_free(s->clear);
	buffer_deinit(&s->output);
	memory_free(s->text);
	sd_event_unref(s->loop);
	return memory_free(s);
}

static int tell_news(struct stream *s, struct stream_event *ret) {
	s->has_news = false;
	*ret = (struct stream_event){
		.kind = s->was_connected ? STREAM_EVENT_SECURED : STREAM_EVENT_CONNECTED,
	};
	s->was_connected = true;
	return 1;
}

static int tell_closed(struct stream *s, struct stream_event *ret) {
	if (s->told_closed)
		return 0;
	s->told_closed = true;
	*ret = (struct stream_event){
		.kind = STREAM_EVENT_CLOSED,
		.reason = s->reason,
		.text = s->text,
	};
	return 1;
}

static int next_in_clear(struct stream *s, struct stream_event *ret) {
	if (s->turn_left > 0 && !s->clear)
		s->clear = MEMORY_NEW_ARRAY(uint8_t, CLEAR_BYTES);
	size_t n;
	switch (receive(s, s->clear, CLEAR_BYTES, &n)) {
	case RECEIVED_BYTES:
		*ret = (struct stream_event){
			.kind = STREAM_EVENT_DATA,
			.bytes = s->clear,
			.n = n,
		};
		return 1;
	case RECEIVED_NOTHING:
		s->clear = memory_free(s->clear);
		return 0;
	case RECEIVED_END:
		close_stream(s, REASON_NONE, NULL);
		break;
	case RECEIVED_ERROR:
		break;
	}
	return tell_closed(s, ret);
}

static int next_in_tls(struct stream *s, struct stream_event *ret) {
	struct tls_event event;
	if (pull_tls(s, &event) == 0)
		return s->state == STREAM_STATE_CLOSED ? tell_closed(s, ret) : 0;
	if (event.kind == TLS_EVENT_DATA) {
		*ret = (struct stream_event){
			.kind = STREAM_EVENT_DATA,
			.bytes = event.bytes,
			.n = event.n,
		};
		return 1;
	}
	if (event.kind == TLS_EVENT_CLOSED)
		close_stream(s, REASON_NONE, NULL);
	else
		on_tls_failed(s, &event);
	return tell_closed(s, ret);
}

int stream_next(struct stream *s, struct stream_event *ret) {
	if (s->has_news)
		return tell_news(s, ret);
	switch (s->state) {
	case STREAM_STATE_CONNECTING:
	case STREAM_STATE_HANDSHAKE:
		return 0;
	case STREAM_STATE_CLEAR:
		return next_in_clear(s, ret);
	case STREAM_STATE_SECURE:
		return next_in_tls(s, ret);
	case STREAM_STATE_CLOSED:
		return tell_closed(s, ret);
	}
	return 0;
}

int stream_write(struct stream *s, const void *bytes, size_t n) {
	if (s->state != STREAM_STATE_CLEAR && s->state != STREAM_STATE_SECURE)
		return -ENOTCONN;
	int r = s->tls ? tls_write(s->tls, bytes, n) : buffer_append(&s->output, bytes, n);
	if (r < 0)
		return r;
	flush(s);
	return 0;
}

/* What came behind the answer to STARTTLS, but was not handed out yet, waits in the kernel. */
static bool peer_has_spoken(const struct stream *s) {
	uint8_t byte;
	return recv(s->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

int stream_start_tls(struct stream *s) {
	if (s->state != STREAM_STATE_CLEAR || s->security != STREAM_SECURITY_STARTTLS)
		return -ENOTCONN;
	if (s->has_news || s->output.n > 0 || peer_has_spoken(s)) {
		close_stream(s, REASON_INJECTED_DATA,
			"the server sent more than its answer to STARTTLS, or sent that too early");
		return -EPROTO;
	}
	s->clear = memory_free(s->clear);
	return start_handshake(s);
}

char *stream_network(const struct stream *s) {
	struct address own;
	struct sockaddr_storage socket;
	socklen_t length = sizeof(socket);
	if (s->fd < 0 || getsockname(s->fd, (struct sockaddr *)&socket, &length) < 0 ||
		address_from_socket((struct sockaddr *)&socket, 0, &own) < 0)
		return NULL;
	return address_network(&own);
}

/* No socket may be bound to an address that is not ours. */
static bool is_own_address(struct sockaddr_storage *own, socklen_t length) {
	/* the port is at the same place in both families */
	((struct sockaddr_in *)own)->sin_port = 0;
	int fd = socket(own->ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool is_own =
		fd < 0 || bind(fd, (struct sockaddr *)own, length) == 0 || errno != EADDRNOTAVAIL;
	if (fd >= 0)
		(void)close(fd);
	return is_own;
}

bool stream_has_address(const struct stream *s) {
	struct sockaddr_storage own;
	socklen_t length = sizeof(own);
	return s->fd >= 0 && getsockname(s->fd, (struct sockaddr *)&own, &length) == 0 &&
	       is_own_address(&own, length);
}

bool stream_is_secure(const struct stream *s) {
	return s->state == STREAM_STATE_SECURE;
}

size_t stream_bind(
	const struct stream *s, enum tls_binding kind, uint8_t ret_bytes[TLS_BINDING_MAX]) {
	return stream_is_secure(s) ? tls_bind(s->tls, kind, ret_bytes) : 0;
}

struct stream_counts stream_counts(const struct stream *s) {
	return s->counts;
}

char *stream_peer(const struct stream *s) {
	struct sockaddr_storage socket;
	socklen_t n = sizeof(socket);
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&socket;
	struct address address;
	if (s->fd < 0 || getpeername(s->fd, (struct sockaddr *)&socket, &n) < 0)
		return NULL;
	/* the port is at the same place in both families */
	int r = address_from_socket((struct sockaddr *)&socket, ntohs(v4->sin_port), &address);
	return r < 0 ? NULL : address_format(&address);
}

uint64_t stream_round_trip_usec(const struct stream *s) {
	struct tcp_info info;
	socklen_t n = sizeof(info);
	bool is_known = s->fd >= 0 && getsockopt(s->fd, IPPROTO_TCP, TCP_INFO, &info, &n) == 0;
	return is_known ? info.tcpi_rtt : 0;
}

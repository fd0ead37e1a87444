#include "io/dial.h"

#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"

#define ATTEMPTS_MAX 16
#define STAGGER_USEC (250 * USEC_PER_MSEC) /* RFC 8305 section 5 */

/* A dead peer is noticed by keepalive when nothing is under way, after 100 + 3 * 15 s, and by the
 * user timeout when something is: each alone is blind to the other case. */
#define KEEPALIVE_IDLE_SEC 100
#define KEEPALIVE_INTERVAL_SEC 15
#define KEEPALIVE_COUNT 3
#define USER_TIMEOUT_MSEC 60000

struct attempt {
	struct dial *dial;
	struct address address;
	sd_event_source *source; /* NULL: not started, or over */
	int fd; /* -1 as well */
};

struct dial {
	sd_event *loop;
	sd_event_source *timer; /* starts the next attempt */
	dial_done_fn done;
	void *userdata;
	char *problem; /* of the last failed attempt */
	bool any_refused; /* an address was left out since it is not loopback */
	int local_error; /* negative errno of our own machine, or 0 */
	size_t n_started;
	size_t n_running;
	size_t n;
	struct attempt attempts[ATTEMPTS_MAX];
};

static int set_option(int fd, int level, int option, int value) {
	return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

/* A refused option costs speed or patience, never the connection. */
static void set_options(int fd) {
	(void)set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	(void)set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	(void)set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_SEC);
	(void)set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_SEC);
	(void)set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT);
	(void)set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MSEC);
}

static void attempt_close(struct attempt *a) {
	if (a->fd < 0)
		return;
	a->source = sd_event_source_disable_unref(a->source);
	(void)close(a->fd);
	a->fd = -1;
	a->dial->n_running--;
}

static void keep_problem(struct attempt *a, int error) {
	CLEANUP_TEXT char *where = address_format(&a->address);
	memory_free(a->dial->problem);
	a->dial->problem = memory_format("%s: %s", where, strerror(-error));
}

/* The callback is the last thing: the callee frees us. */
static void finish_failed(struct dial *d) {
	struct dial_result result = { .fd = -1, .reason = REASON_CONNECT_FAILED };
	result.text = d->problem;
	if (d->n == 0 && d->any_refused) {
		result.reason = REASON_CLEARTEXT_REFUSED;
		result.text = "Security=none, and the host is not this machine";
	} else if (d->local_error < 0)
		result.reason = REASON_INTERNAL;
	d->done(&result, d->userdata);
}

static void finish_connected(struct attempt *a) {
	struct dial *d = a->dial;
	int fd = a->fd;
	a->source = sd_event_source_disable_unref(a->source);
	a->fd = -1;
	d->n_running--;
	for (size_t i = 0; i < d->n; i++)
		attempt_close(&d->attempts[i]);
	d->timer = sd_event_source_disable_unref(d->timer);
	d->done(&(struct dial_result){ .fd = fd }, d->userdata);
}

static void start_next_in(struct dial *d, uint64_t usec) {
	(void)sd_event_source_set_time_relative(d->timer, usec);
	(void)sd_event_source_set_enabled(d->timer, SD_EVENT_ONESHOT);
}

static int on_connected(sd_event_source *source, int fd, uint32_t events, void *userdata) {
	struct attempt *a = userdata;
	struct dial *d = a->dial;
	int error = 0;
	socklen_t length = sizeof(error);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
		error = errno;
	if (error == 0 && events & EPOLLOUT) {
		finish_connected(a);
		return 0;
	}
	keep_problem(a, error > 0 ? -error : -ECONNREFUSED);
	attempt_close(a);
	if (d->n_started < d->n)
		start_next_in(d, 0);
	else if (d->n_running == 0)
		finish_failed(d);
	return 0;
}

static int start_attempt(struct dial *d, struct attempt *a) {
	int family = a->address.socket.any.sa_family;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	if (fd < 0) {
		/* no IPv6 in this kernel is a matter of the address, no descriptors is ours */
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			d->local_error = -errno;
		return -errno;
	}
	a->fd = fd;
	d->n_running++;
	set_options(fd);
	int r = 0;
	if (connect(fd, &a->address.socket.any, a->address.length) < 0 && errno != EINPROGRESS)
		r = -errno;
	if (r == 0)
		r = sd_event_add_io(d->loop, &a->source, fd, EPOLLOUT, on_connected, a);
	return r < 0 ? r : 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
	struct dial *d = userdata;
	while (d->n_started < d->n) {
		struct attempt *a = &d->attempts[d->n_started++];
		int r = start_attempt(d, a);
		if (r == 0) {
			start_next_in(d, STAGGER_USEC);
			return 0;
		}
		keep_problem(a, r);
		attempt_close(a);
	}
	if (d->n_running == 0)
		finish_failed(d);
	return 0;
}

static const struct address *take_family(
	const struct dial_target *target, size_t *position, bool same_as_first) {
	int first = target->addresses[0].socket.any.sa_family;
	for (; *position < target->n; (*position)++) {
		const struct address *a = &target->addresses[*position];
		if ((a->socket.any.sa_family == first) == same_as_first) {
			(*position)++;
			return a;
		}
	}
	return NULL;
}

/* RFC 8305 section 4: the resolver's order, but the families alternate. */
static void take_addresses(struct dial *d, const struct dial_target *target) {
	size_t position[2] = { 0, 0 };
	for (size_t i = 0, missed = 0; missed < 2 && d->n < ATTEMPTS_MAX; i++) {
		const struct address *a = take_family(target, &position[i % 2], i % 2 == 0);
		if (!a) {
			missed++;
			continue;
		}
		missed = 0;
		if (target->loopback_only && !address_is_loopback(a)) {
			d->any_refused = true;
			continue;
		}
		d->attempts[d->n++] = (struct attempt){ .dial = d, .address = *a, .fd = -1 };
	}
}

int dial_new(sd_event *loop, const struct dial_target *target, dial_done_fn done, void *userdata,
	struct dial **ret) {
	assert(loop && target && target->n > 0 && done && ret);
	CLEANUP(dial_free) struct dial *d = MEMORY_NEW(struct dial);
	d->loop = sd_event_ref(loop);
	d->done = done;
	d->userdata = userdata;
	take_addresses(d, target);
	/* The first attempt is made from the loop too, so that nobody is called back from here. */
	int r = sd_event_add_time_relative(
		loop, &d->timer, CLOCK_MONOTONIC, 0, USEC_PER_MSEC, on_timer, d);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(d);
	return 0;
}

struct dial *dial_free(struct dial *d) {
	if (!d)
		return NULL;
	for (size_t i = 0; i < d->n; i++)
		attempt_close(&d->attempts[i]);
	sd_event_source_disable_unref(d->timer);
	memory_free(d->problem);
	sd_event_unref(d->loop);
	return memory_free(d);
}

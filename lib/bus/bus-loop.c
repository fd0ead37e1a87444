#include "bus/bus-loop.h"

#include "base/list.h"
#include "base/memory.h"
#include "bus/deferred.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>

/* libdbus makes a watch for reading and one for writing, sd-event takes a descriptor once. */
#define WATCHES_MAX 4

struct bus_fd {
	struct list link;
	struct bus_loop *loop;
	int fd;
	sd_event_source *source;
	DBusWatch *watches[WATCHES_MAX]; /* NULL: free */
	bool busy; /* inside on_io: removed only behind it */
};

struct bus_timeout {
	struct list link;
	struct bus_loop *loop;
	DBusTimeout *timeout;
	sd_event_source *source;
};

struct bus_loop {
	sd_event *event;
	DBusConnection *dbus;
	struct deferred dispatch;
	struct list fds;
	struct list timeouts;
	bool congested;
	bool is_held;
	sd_event_source *stall; /* runs while congested */
	long outgoing; /* when it was set */
	struct bus_loop_callbacks callbacks;
};

static void watch_for_stall(struct bus_loop *l, long outgoing) {
	l->outgoing = outgoing;
	if (l->callbacks.stalled)
		(void)sd_event_source_set_time_relative(l->stall, l->callbacks.stall_usec);
	(void)sd_event_source_set_enabled(
		l->stall, l->callbacks.stalled ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

bool bus_loop_is_congested(struct bus_loop *l) {
	long outgoing = dbus_connection_get_outgoing_size(l->dbus);
	if (!l->congested && outgoing > BUS_LOOP_OUTGOING_MAX) {
		l->congested = true;
		watch_for_stall(l, outgoing);
	}
	return l->congested;
}

/* After every piece of I/O. The callback comes last: it may send. */
static void note_outgoing(struct bus_loop *l) {
	long outgoing = dbus_connection_get_outgoing_size(l->dbus);
	if (!l->congested)
		return;
	if (outgoing != l->outgoing)
		watch_for_stall(l, outgoing);
	if (outgoing > BUS_LOOP_OUTGOING_MAX / 2)
		return;
	l->congested = false;
	(void)sd_event_source_set_enabled(l->stall, SD_EVENT_OFF);
	deferred_arm(&l->dispatch);
	if (l->callbacks.drained)
		l->callbacks.drained(l->callbacks.userdata);
}

static int on_stall(sd_event_source *source, uint64_t usec, void *userdata) {
	struct bus_loop *l = userdata;
	l->callbacks.stalled(l->callbacks.userdata);
	return 0;
}

/* A congested loop goes on from note_outgoing(). */
static void go_on(struct bus_loop *l, DBusDispatchStatus status) {
	if (status != DBUS_DISPATCH_COMPLETE && !l->congested && !l->is_held)
		deferred_arm(&l->dispatch);
}

static void on_dispatch(void *userdata) {
	struct bus_loop *l = userdata;
	DBusConnection *dbus = dbus_connection_ref(l->dbus);
	DBusDispatchStatus status = dbus_connection_get_dispatch_status(dbus);
	for (unsigned i = 0; i < BUS_LOOP_MESSAGES_A_TURN && status == DBUS_DISPATCH_DATA_REMAINS;
		i++) {
		if (l->is_held || bus_loop_is_congested(l))
			break;
		status = dbus_connection_dispatch(dbus);
	}
	if (status == DBUS_DISPATCH_NEED_MEMORY)
		abort();
	go_on(l, status);
	dbus_connection_unref(dbus);
}

static void on_dispatch_status(DBusConnection *dbus, DBusDispatchStatus status, void *userdata) {
	go_on(userdata, status);
}

void bus_loop_hold(struct bus_loop *l, bool is_held) {
	l->is_held = is_held;
	if (!is_held)
		deferred_arm(&l->dispatch);
}

/* Descriptors */

static uint32_t epoll_from_watch(DBusWatch *watch) {
	if (!watch || !dbus_watch_get_enabled(watch))
		return 0;
	unsigned flags = dbus_watch_get_flags(watch);
	return (flags & DBUS_WATCH_READABLE ? EPOLLIN : 0) |
	       (flags & DBUS_WATCH_WRITABLE ? EPOLLOUT : 0);
}

static unsigned watch_from_epoll(uint32_t events) {
	return (events & EPOLLIN ? DBUS_WATCH_READABLE : 0) |
	       (events & EPOLLOUT ? DBUS_WATCH_WRITABLE : 0) |
	       (events & EPOLLERR ? DBUS_WATCH_ERROR : 0) |
	       (events & EPOLLHUP ? DBUS_WATCH_HANGUP : 0);
}

static bool is_unused(const struct bus_fd *f) {
	for (size_t i = 0; i < WATCHES_MAX; i++)
		if (f->watches[i])
			return false;
	return true;
}

static void free_fd(struct bus_fd *f) {
	list_remove(&f->link);
	(void)sd_event_source_disable_unref(f->source);
	free(f);
}

/* The source is off, not only without events, when nothing is asked for: epoll reports a hangup
 * in any case, and nobody would take it. */
static void update_fd(struct bus_fd *f) {
	uint32_t events = 0;
	for (size_t i = 0; i < WATCHES_MAX; i++)
		events |= epoll_from_watch(f->watches[i]);
	if (events != 0)
		(void)sd_event_source_set_io_events(f->source, events);
	(void)sd_event_source_set_enabled(f->source, events != 0 ? SD_EVENT_ON : SD_EVENT_OFF);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
	struct bus_fd *f = userdata;
	struct bus_loop *l = f->loop;
	DBusConnection *dbus = dbus_connection_ref(l->dbus);
	f->busy = true;
	for (size_t i = 0; i < WATCHES_MAX; i++) {
		/* Read again each time: the one before may have ended the connection. */
		uint32_t wanted = epoll_from_watch(f->watches[i]);
		uint32_t events = revents & (wanted | EPOLLERR | EPOLLHUP);
		if (wanted == 0 || events == 0)
			continue;
		if (!dbus_watch_handle(f->watches[i], watch_from_epoll(events)))
			abort();
	}
	f->busy = false;
	if (is_unused(f))
		free_fd(f);
	go_on(l, dbus_connection_get_dispatch_status(dbus));
	note_outgoing(l);
	dbus_connection_unref(dbus);
	return 0;
}

static struct bus_fd *find_fd(struct bus_loop *l, int fd) {
	LIST_FOREACH (item, &l->fds) {
		struct bus_fd *f = CONTAINER_OF(item, struct bus_fd, link);
		if (f->fd == fd)
			return f;
	}
	struct bus_fd *f = MEMORY_NEW(struct bus_fd);
	f->loop = l;
	f->fd = fd;
	list_init(&f->link);
	if (sd_event_add_io(l->event, &f->source, fd, EPOLLIN, on_io, f) < 0) {
		free_fd(f);
		return NULL;
	}
	list_append(&l->fds, &f->link);
	return f;
}

static dbus_bool_t on_add_watch(DBusWatch *watch, void *userdata) {
	struct bus_fd *f = find_fd(userdata, dbus_watch_get_unix_fd(watch));
	if (!f)
		return FALSE;
	for (size_t i = 0; i < WATCHES_MAX; i++) {
		if (f->watches[i])
			continue;
		f->watches[i] = watch;
		dbus_watch_set_data(watch, f, NULL);
		update_fd(f);
		return TRUE;
	}
	return FALSE;
}

static void on_remove_watch(DBusWatch *watch, void *userdata) {
	struct bus_fd *f = dbus_watch_get_data(watch);
	if (!f)
		return;
	dbus_watch_set_data(watch, NULL, NULL);
	for (size_t i = 0; i < WATCHES_MAX; i++)
		if (f->watches[i] == watch)
			f->watches[i] = NULL;
	update_fd(f);
	if (is_unused(f) && !f->busy)
		free_fd(f);
}

static void on_toggle_watch(DBusWatch *watch, void *userdata) {
	struct bus_fd *f = dbus_watch_get_data(watch);
	if (f)
		update_fd(f);
}

/* Timeouts */

/* The interval may have changed each time that libdbus toggles. */
static void update_timeout(struct bus_timeout *t) {
	if (!dbus_timeout_get_enabled(t->timeout)) {
		(void)sd_event_source_set_enabled(t->source, SD_EVENT_OFF);
		return;
	}
	uint64_t usec = (uint64_t)dbus_timeout_get_interval(t->timeout) * USEC_PER_MSEC;
	(void)sd_event_source_set_time_relative(t->source, usec);
	(void)sd_event_source_set_enabled(t->source, SD_EVENT_ONESHOT);
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *userdata) {
	struct bus_timeout *t = userdata;
	/* Armed again first: handling may remove the timeout, and `t` with it. */
	update_timeout(t);
	if (!dbus_timeout_handle(t->timeout))
		abort();
	return 0;
}

static dbus_bool_t on_add_timeout(DBusTimeout *timeout, void *userdata) {
	struct bus_loop *l = userdata;
	struct bus_timeout *t = MEMORY_NEW(struct bus_timeout);
	t->loop = l;
	t->timeout = timeout;
	if (sd_event_add_time_relative(l->event, &t->source, CLOCK_MONOTONIC, 0, 0, on_timeout, t) <
		0) {
		free(t);
		return FALSE;
	}
	list_append(&l->timeouts, &t->link);
	dbus_timeout_set_data(timeout, t, NULL);
	update_timeout(t);
	return TRUE;
}

static void on_remove_timeout(DBusTimeout *timeout, void *userdata) {
	struct bus_timeout *t = dbus_timeout_get_data(timeout);
	if (!t)
		return;
	dbus_timeout_set_data(timeout, NULL, NULL);
	list_remove(&t->link);
	(void)sd_event_source_disable_unref(t->source);
	free(t);
}

static void on_toggle_timeout(DBusTimeout *timeout, void *userdata) {
	struct bus_timeout *t = dbus_timeout_get_data(timeout);
	if (t)
		update_timeout(t);
}

int bus_loop_new(sd_event *event, DBusConnection *dbus, struct bus_loop **ret) {
	CLEANUP(bus_loop_free) struct bus_loop *l = MEMORY_NEW(struct bus_loop);
	list_init(&l->fds);
	list_init(&l->timeouts);
	l->event = sd_event_ref(event);
	l->dbus = dbus;
	deferred_init(&l->dispatch, event, on_dispatch, l);
	int r = sd_event_add_time_relative(event, &l->stall, CLOCK_MONOTONIC, 0, 0, on_stall, l);
	if (r < 0)
		return r;
	(void)sd_event_source_set_enabled(l->stall, SD_EVENT_OFF);
	/* FALSE stands for a refusal of sd-event as well as for memory. */
	if (!dbus_connection_set_watch_functions(
		    dbus, on_add_watch, on_remove_watch, on_toggle_watch, l, NULL) ||
		!dbus_connection_set_timeout_functions(
			dbus, on_add_timeout, on_remove_timeout, on_toggle_timeout, l, NULL))
		return -EIO;
	dbus_connection_set_dispatch_status_function(dbus, on_dispatch_status, l, NULL);
	/* libdbus tells of changes only, and messages may have come before. */
	deferred_arm(&l->dispatch);
	*ret = TAKE_PTR(l);
	return 0;
}

struct bus_loop *bus_loop_free(struct bus_loop *l) {
	if (!l)
		return NULL;
	/* Each of these calls the removers for what is left. */
	dbus_connection_set_dispatch_status_function(l->dbus, NULL, NULL, NULL);
	(void)dbus_connection_set_watch_functions(l->dbus, NULL, NULL, NULL, NULL, NULL);
	(void)dbus_connection_set_timeout_functions(l->dbus, NULL, NULL, NULL, NULL, NULL);
	assert(list_is_empty(&l->fds) && list_is_empty(&l->timeouts));
	deferred_deinit(&l->dispatch);
	(void)sd_event_source_disable_unref(l->stall);
	sd_event_unref(l->event);
	return memory_free(l);
}

void bus_loop_set_callbacks(struct bus_loop *l, const struct bus_loop_callbacks *callbacks) {
	l->callbacks = *callbacks;
}

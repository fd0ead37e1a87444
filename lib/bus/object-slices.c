#include "bus/object-server.h"

#include "base/memory.h"

#include <string.h>

struct slice_job {
	struct list link;
	struct object_reply *later;
	const struct object_slices *slices;
	void *job;
};

static struct slice_job *slice_job_free(struct object_server *s, struct slice_job *j) {
	list_remove(&j->link);
	s->n_slices--;
	(void)j->slices->free(j->job);
	return memory_free(j);
}

/* False: whoever asked has left the bus, or has lost its place to another caller. */
static bool find_caller(struct object_call *call) {
	struct callers *callers = call->server->tree.callers;
	if (!callers)
		return true;
	call->caller = callers_find(callers, dbus_message_get_sender(call->message));
	return call->caller != NULL;
}

/* What the caller may see is asked anew: it may have changed since the last slice. */
static DBusMessage *step(struct object_server *s, struct slice_job *j) {
	struct object_call call = { .message = object_reply_call(j->later), .server = s };
	call.path = dbus_message_get_path(call.message);
	if (!find_caller(&call))
		return message_new_error(
			call.message, DBUS_ERROR_LIMITS_EXCEEDED, "too many callers at once");
	(void)object_server_find(&call);
	return j->slices->step(&call, j->job);
}

static void finish(struct object_server *s, struct slice_job *j, DBusMessage *reply) {
	struct object_reply *later = j->later;
	(void)slice_job_free(s, j);
	s->is_writing = false;
	s->n_changes_due = s->changes.n;
	if (s->n_slices == OBJECT_SLICES_MAX / 2)
		connection_hold(s->connection, false);
	object_reply_send(later, reply);
	object_signals_resume(s);
}

static void on_turn(void *userdata) {
	struct object_server *s = userdata;
	s->has_sliced = false;
	if (list_is_empty(&s->slices) || (!s->is_writing && s->n_changes_due > 0))
		return;
	struct slice_job *j = CONTAINER_OF(s->slices.next, struct slice_job, link);
	s->is_writing = s->has_sliced = true;
	DBusMessage *reply = step(s, j);
	if (reply)
		finish(s, j, reply);
	deferred_arm(&s->slicing);
}

void object_slices_changes_sent(struct object_server *s, size_t n) {
	if (s->n_changes_due == 0)
		return;
	s->n_changes_due -= MIN(n, s->n_changes_due);
	if (s->n_changes_due == 0)
		deferred_arm(&s->slicing);
}

static void add_job(const struct object_call *call, const struct object_slices *slices, void *job) {
	struct object_server *s = call->server;
	struct slice_job *j = MEMORY_NEW(struct slice_job);
	j->later = object_reply_later(call);
	j->slices = slices;
	j->job = job;
	list_append(&s->slices, &j->link);
	if (++s->n_slices == OBJECT_SLICES_MAX)
		connection_hold(s->connection, true);
}

DBusMessage *object_slices_reply(
	const struct object_call *call, const struct object_slices *slices, void *job) {
	struct object_server *s = call->server;
	bool is_free = list_is_empty(&s->slices) && !s->has_sliced;
	DBusMessage *reply = is_free ? slices->step(call, job) : NULL;
	s->has_sliced = true;
	deferred_arm(&s->slicing);
	if (reply) {
		(void)slices->free(job);
		return reply;
	}
	add_job(call, slices, job);
	s->is_writing = s->is_writing || is_free;
	return NULL;
}

void object_slices_drop(struct object_server *s) {
	while (!list_is_empty(&s->slices)) {
		struct slice_job *j = CONTAINER_OF(s->slices.next, struct slice_job, link);
		struct object_reply *later = j->later;
		(void)slice_job_free(s, j);
		object_reply_send(later, message_new_error(object_reply_call(later),
						 DBUS_ERROR_NO_REPLY, "the service ends"));
	}
	s->is_writing = false;
	s->n_changes_due = 0;
}

void object_slices_init(struct object_server *s) {
	list_init(&s->slices);
	deferred_init(&s->slicing, connection_event(s->connection), on_turn, s);
}

void object_slices_deinit(struct object_server *s) {
	object_slices_drop(s);
	deferred_deinit(&s->slicing);
}

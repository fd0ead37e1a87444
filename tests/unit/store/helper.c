#include "helper.h"

#include "base/memory.h"

#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct store *helper_open_with(struct scratch *s, uint64_t keep_usec, uint64_t keep_events) {
	struct store_limits limits = { .keep_usec = keep_usec, .keep_events = keep_events };
	struct store *store = NULL;
	enum store_opened opened;
	assert_int_equal(store_open(s->path, &limits, &store, &opened, NULL), 0);
	return store;
}

struct store *helper_open(struct scratch *s) {
	return helper_open_with(s, 0, 0);
}

uint64_t helper_append(struct store *store, const char *subject, uint64_t now_usec) {
	struct store_event event = {
		.type = STORE_EVENT_NEW,
		.account = "work",
		.mailbox = "INBOX",
		.subject = subject,
	};
	uint64_t seq = 0;
	assert_int_equal(store_append(store, &event, now_usec, &seq), 0);
	return seq;
}

uint64_t helper_append_and_commit(struct store *store, const char *subject, uint64_t now_usec) {
	uint64_t seq = helper_append(store, subject, now_usec);
	assert_int_equal(store_commit(store), 0);
	return seq;
}

int helper_on_event(const struct store_event *event, void *userdata) {
	struct reading *reading = userdata;
	if (reading->n++ == 0)
		reading->first = event->seq;
	assert_true(event->seq > reading->last);
	reading->last = event->seq;
	if (event->subject &&
		strlen(reading->subjects) + strlen(event->subject) + 1 < sizeof(reading->subjects))
		strcat(reading->subjects, event->subject);
	return reading->n == reading->stop_at ? reading->answer : 0;
}

int helper_count_after(struct store *store, uint64_t after) {
	struct reading reading = { 0 };
	return store_read_events(store, after, 1000000, helper_on_event, &reading);
}

void helper_expect_subjects(struct store *store, uint64_t after, const char *expected) {
	struct reading reading = { 0 };
	int n = store_read_events(store, after, 1000, helper_on_event, &reading);
	assert_int_equal(n, reading.n);
	assert_string_equal(reading.subjects, expected);
}

static const struct store_limits defaults;

struct opening helper_open_path(const char *path) {
	struct opening o = { .opened = (enum store_opened) - 1 };
	o.r = store_open(path, &defaults, &o.store, &o.opened, &o.problem);
	return o;
}

void helper_end(struct opening *o) {
	o->store = store_close(o->store);
	o->problem = memory_free(o->problem);
}

void helper_expect_opened(struct opening *o, enum store_opened opened) {
	assert_int_equal(o->r, 0);
	assert_int_equal(o->opened, opened);
	if (opened == STORE_SET_ASIDE)
		assert_non_null(o->problem);
	else
		assert_null(o->problem);
}

void helper_kill_child_after(struct scratch *s, void (*act)(struct scratch *s)) {
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		act(s);
		(void)kill(getpid(), SIGKILL);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

void helper_append_three(struct scratch *s) {
	struct store *store = helper_open(s);
	helper_append_and_commit(store, "a", NOW);
	helper_append_and_commit(store, "b", NOW);
	helper_append_and_commit(store, "c", NOW);
}

void helper_exec_sql(const char *path, const char *sql) {
	sqlite3 *db = NULL;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

struct bytes helper_take_bytes(struct scratch *s) {
	struct bytes b = { 0 };
	b.file = scratch_read(s->path, &b.n_file);
	if (scratch_has(s, "-wal"))
		b.log = scratch_read(scratch_name(s, "-wal"), &b.n_log);
	return b;
}

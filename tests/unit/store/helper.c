#include "helper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

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

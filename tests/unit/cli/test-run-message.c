#include "cli/run-message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/words.h"

static const struct run_queue_options burst = { .jobs = 1, .gathers = true, .is_together = true };

struct fixture {
	struct run_queue *queue;
	struct run_job *job;
	char **environment;
};

static struct record *message(const char *mailbox, const char *subject) {
	struct record *keys = record_new();
	record_set_text(keys, "account", "work");
	record_set_text(keys, "mailbox", mailbox);
	record_set_text(keys, "subject", subject);
	return keys;
}

static void add(struct fixture *f, uint64_t seq, struct record *keys) {
	run_queue_add(f->queue, &(struct event){ .type = EVENT_NEW, .seq = seq }, keys, 0);
}

static void make(struct fixture *f, const char *const *inherited) {
	run_queue_hurry(f->queue);
	f->job = run_queue_take(f->queue, 0);
	assert_non_null(f->job);
	f->environment = run_message_environment((char *const *)inherited, f->job);
}

static const char *variable(const struct fixture *f, const char *name) {
	const char *found = NULL;
	size_t n = strlen(name);
	for (char **v = f->environment; *v; v++)
		if (strncmp(*v, name, n) == 0 && (*v)[n] == '=') {
			assert_null(found);
			found = *v + n + 1;
		}
	return found;
}

static struct fixture begin(void) {
	return (struct fixture){ .queue = run_queue_new(&burst, 0, NULL, 0) };
}

static void end(struct fixture *f) {
	(void)words_free(f->environment);
	(void)run_queue_free(f->queue);
}

static const char *const nothing[] = { NULL };

static void test_one_message(void **state) {
	struct fixture f = begin();
	struct record *keys = message("INBOX", "On engines");
	record_set_unsigned(keys, "uid", 20);
	record_set_boolean(keys, "fresh", true);
	record_set_list(keys, "flags");
	record_add_text(keys, "flags", "\\Flagged");
	record_add_text(keys, "flags", "$Work");
	record_set_text(keys, "seq", "nonsense");
	record_set_text(keys, "odd key=", "no variable");
	add(&f, 7, keys);
	make(&f, nothing);
	assert_string_equal(variable(&f, "POSTHORN_TYPE"), "new");
	assert_string_equal(variable(&f, "POSTHORN_SEQ"), "7");
	assert_string_equal(variable(&f, "POSTHORN_COUNT"), "1");
	assert_string_equal(variable(&f, "POSTHORN_ATTEMPT"), "1");
	assert_string_equal(variable(&f, "POSTHORN_ACCOUNT"), "work");
	assert_string_equal(variable(&f, "POSTHORN_MAILBOX"), "INBOX");
	assert_string_equal(variable(&f, "POSTHORN_SUBJECT"), "On engines");
	assert_string_equal(variable(&f, "POSTHORN_UID"), "20");
	assert_string_equal(variable(&f, "POSTHORN_FRESH"), "true");
	assert_string_equal(variable(&f, "POSTHORN_FLAGS"), "\\Flagged\n$Work");
	for (char **v = f.environment; *v; v++)
		assert_null(strstr(*v, "no variable"));
	end(&f);
}

/* What all have in common, and of the numbers the last. */
static void test_burst(void **state) {
	struct fixture f = begin();
	struct buffer out;
	add(&f, 7, message("INBOX", "One"));
	add(&f, 9, message("INBOX", "Two"));
	make(&f, nothing);
	assert_string_equal(variable(&f, "POSTHORN_COUNT"), "2");
	assert_string_equal(variable(&f, "POSTHORN_SEQ"), "9");
	assert_string_equal(variable(&f, "POSTHORN_TYPE"), "new");
	assert_string_equal(variable(&f, "POSTHORN_MAILBOX"), "INBOX");
	assert_null(variable(&f, "POSTHORN_SUBJECT"));
	buffer_init(&out, 65536);
	run_message_input(f.job, &out);
	CLEANUP_TEXT char *text = buffer_take_text(&out);
	assert_string_equal(text,
		"{\"type\":\"new\",\"seq\":7,\"account\":\"work\",\"mailbox\":\"INBOX\","
		"\"subject\":\"One\"}\n"
		"{\"type\":\"new\",\"seq\":9,\"account\":\"work\",\"mailbox\":\"INBOX\","
		"\"subject\":\"Two\"}\n");
	end(&f);
}

/* A service manager speaks to us, and an outer `run` spoke to us. */
static void test_what_is_inherited(void **state) {
	static const char *const inherited[] = { "HOME=/home/ada", "NOTIFY_SOCKET=/run/x",
		"WATCHDOG_USEC=1", "WATCHDOG_PID=1", "LISTEN_FDS=1", "LISTEN_PID=1",
		"LISTEN_FDNAMES=a", "NOTIFY_SOCKETS=mine", "POSTHORN_SUBJECT=old",
		"POSTHORN_PREVIEW=old", "POSTHORN_DAEMON=/bin/d", "EMPTY=", NULL };
	struct fixture f = begin();
	add(&f, 1, message("INBOX", "new"));
	make(&f, inherited);
	assert_string_equal(variable(&f, "HOME"), "/home/ada");
	assert_string_equal(variable(&f, "EMPTY"), "");
	assert_string_equal(variable(&f, "NOTIFY_SOCKETS"), "mine");
	assert_string_equal(variable(&f, "POSTHORN_DAEMON"), "/bin/d");
	assert_string_equal(variable(&f, "POSTHORN_SUBJECT"), "new");
	for (size_t i = 1; i < 7; i++)
		for (char **v = f.environment; *v; v++)
			assert_string_not_equal(*v, inherited[i]);
	assert_null(variable(&f, "POSTHORN_PREVIEW"));
	end(&f);
}

/* A value is one line without orders to a terminal; what stands in a list has lines. */
static void test_hostile_values(void **state) {
	static const struct {
		const char *subject, *shown;
	} rows[] = {
		{ "a\nPATH=/evil", "a\xef\xbf\xbdPATH=/evil" },
		{ "\033]0;owned\a", "\xef\xbf\xbd]0;owned\xef\xbf\xbd" },
		{ "x\xc2\x9b"
		  "2J\x7f",
			"x\xef\xbf\xbd"
			"2J\xef\xbf\xbd" },
		{ "$(touch x) `touch x`; '\"", "$(touch x) `touch x`; '\"" },
		{ "\xc2\xa0\xe2\x80\xae ok", "\xc2\xa0\xe2\x80\xae ok" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fixture f = begin();
		add(&f, 1, message("INBOX", rows[i].subject));
		make(&f, nothing);
		assert_string_equal(variable(&f, "POSTHORN_SUBJECT"), rows[i].shown);
		end(&f);
	}
}

/* Cut between two characters. */
static void test_long_values(void **state) {
	struct fixture f = begin();
	char subject[3 * RUN_MESSAGE_VALUE_MAX + 1] = "";
	for (size_t i = 0; i < RUN_MESSAGE_VALUE_MAX; i++)
		memcpy(subject + 3 * i, "\xe2\x82\xac", 3);
	subject[3 * RUN_MESSAGE_VALUE_MAX] = '\0';
	add(&f, 1, message("INBOX", subject));
	make(&f, nothing);
	assert_int_equal(strlen(variable(&f, "POSTHORN_SUBJECT")),
		RUN_MESSAGE_VALUE_MAX - RUN_MESSAGE_VALUE_MAX % 3);
	end(&f);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_message),
		cmocka_unit_test(test_burst),
		cmocka_unit_test(test_what_is_inherited),
		cmocka_unit_test(test_hostile_values),
		cmocka_unit_test(test_long_values),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

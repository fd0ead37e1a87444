#include "cli/event.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/memory.h"
#include "cli/verbs.h"

#define NOON UINT64_C(1793620800000000) /* 2026-11-02 12:00:00 UTC */

static char *line_of(const struct event *e, bool color) {
	struct buffer out;
	buffer_init(&out, 65536);
	event_print_line(e, color, &out);
	return buffer_take_text(&out);
}

static char *json_of(const struct event *e) {
	struct buffer out;
	buffer_init(&out, 65536);
	event_print_json(e, &out);
	return buffer_take_text(&out);
}

struct row {
	enum event_type type;
	const char *keys[12]; /* name, value, ... */
	const char *line;
};

#define TIME "2026-11-02 12:00:00  "

static const struct row rows[] = {
	{ EVENT_NEW,
		{ "account", "work", "mailbox", "INBOX", "from_name", "Ada", "from_address",
			"ada@example.test", "subject", "On engines" },
		TIME "work  new  Ada <ada@example.test>  On engines\n" },
	{ EVENT_NEW,
		{ "account", "work", "mailbox", "Lists/c", "from_address", "a@b", "subject", "S" },
		TIME "work/Lists/c  new  a@b  S\n" },
	{ EVENT_NEW, { "account", "work", "mailbox", "inbox", "from_name", "Ada" },
		TIME "work  new  Ada  (no subject)\n" },
	{ EVENT_NEW, { NULL }, TIME "  new  (no sender)  (no subject)\n" },
	{ EVENT_RETIRED,
		{ "account", "work", "reason", "seen", "from_address", "a@b", "subject", "S" },
		TIME "work  seen  a@b  S\n" },
	{ EVENT_RETIRED,
		{ "account", "work", "reason", "gone", "from_address", "a@b", "subject", "S" },
		TIME "work  gone  a@b  S\n" },
	{ EVENT_RETIRED,
		{ "account", "work", "reason", "seen", "id",
			"imap://a@b/INBOX;UIDVALIDITY=1/;UID=2" },
		TIME "work  seen  imap://a@b/INBOX;UIDVALIDITY=1/;UID=2\n" },
	{ EVENT_RETIRED, { "account", "work", "from_address", "a@b", "subject", "S" },
		TIME "work  retired  a@b  S\n" },
	{ EVENT_RESET, { "account", "work", "mailbox", "Old", "reason", "uidvalidity" },
		TIME "work/Old  reset  The server numbered the mailbox anew\n" },
	{ EVENT_RESET, { "account", "work", "reason", "uidnext" },
		TIME "work  reset  The server's numbers went back\n" },
	{ EVENT_RESET, { "account", "work", "reason", "state-lost" },
		TIME "work  reset  The state of the mailbox was lost\n" },
	{ EVENT_RESET, { "account", "work", "reason", "new-word" },
		TIME "work  reset  new-word\n" },
	{ EVENT_RESET, { "account", "work" },
		TIME "work  reset  The mailbox is looked at afresh\n" },
};

static struct record *record_of(const char *const *keys) {
	struct record *r = record_new();
	for (; *keys; keys += 2)
		record_set_text(r, keys[0], keys[1]);
	return r;
}

static void test_lines(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(record_free) struct record *keys = record_of(rows[i].keys);
		struct event e = { rows[i].type, NOON, keys };
		CLEANUP_TEXT char *line = line_of(&e, false);
		assert_string_equal(line, rows[i].line);
	}
}

/* Of a new message the time at the server, however late it is seen; of others when it was seen. */
static void test_which_time(void **state) {
	CLEANUP(record_free) struct record *keys = record_new();
	record_set_unsigned(keys, "received", NOON - 3600 * USEC_PER_SEC);
	for (unsigned type = 0; type < EVENT_TYPE_COUNT_; type++) {
		struct event e = { (enum event_type)type, NOON, keys };
		CLEANUP_TEXT char *line = line_of(&e, false);
		const char *time =
			type == EVENT_NEW ? "2026-11-02 11:00:00" : "2026-11-02 12:00:00";
		assert_memory_equal(line, time, strlen(time));
	}
}

/* U-14 */
static const struct {
	const char *text;
	const char *shown;
} hostile[] = {
	{ "\033]52;c;ZXZpbA==\a", "\\u{1b}]52;c;ZXZpbA==\\u{7}" }, /* the clipboard */
	{ "\033]8;;http://evil\033\\x", "\\u{1b}]8;;http://evil\\u{1b}\\x" }, /* a link */
	{ "\033[2J\033[H", "\\u{1b}[2J\\u{1b}[H" },
	{ "\xc2\x9b"
	  "2J",
		"\\u{9b}2J" }, /* CSI as one C1 character */
	{ "good\rbad", "good\\u{d}bad" },
	{ "one\nwork  new  boss@x", "one\\u{a}work  new  boss@x" }, /* a forged line */
	{ "a\bb\x7f"
	  "c\tt",
		"a\\u{8}b\\u{7f}c\\u{9}t" },
	{ "\xe2\x80\xae"
	  "fdp.exe",
		"\\u{202e}fdp.exe" },
	{ "\xe2\x81\xa6i\xe2\x81\xa9", "\\u{2066}i\\u{2069}" },
	{ "z\xe2\x80\x8bw\xef\xbb\xbf", "z\\u{200b}w\\u{feff}" },
	{ "l\xe2\x80\xa8p\xe2\x80\xa9", "l\\u{2028}p\\u{2029}" },
	{ "\xff\xfe", "\\xff\\xfe" },
	{ "%s%n", "%s%n" },
	{ "Größe 郵便 👍", "Größe 郵便 👍" },
};

/* Every text of an event that a sender or a server writes, one after the other. */
static void test_hostile_texts(void **state) {
	static const char *const names[] = { "subject", "from_name", "from_address", "account",
		"mailbox", "reason" };
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++)
		for (size_t j = 0; j < ARRAY_SIZE(names); j++) {
			CLEANUP(record_free) struct record *keys = record_new();
			record_set_text(keys, names[j], hostile[i].text);
			bool is_reason = strcmp(names[j], "reason") == 0;
			struct event e = { is_reason ? EVENT_RETIRED : EVENT_NEW, NOON, keys };
			CLEANUP_TEXT char *line = line_of(&e, false);
			assert_non_null(strstr(line, hostile[i].shown));
			for (const char *p = line; *p; p++)
				assert_true((unsigned char)*p >= ' ' || p[1] == '\0');
		}
}

static void test_color_is_ours_alone(void **state) {
	CLEANUP(record_free) struct record *keys = record_new();
	record_set_text(keys, "account", "work");
	record_set_text(keys, "subject", "\033[31mred");
	struct event e = { EVENT_NEW, NOON, keys };
	CLEANUP_TEXT char *line = line_of(&e, true);
	assert_string_equal(line, TIME "work  \033[32mnew\033[0m  (no sender)  \\u{1b}[31mred\n");
}

static void test_json(void **state) {
	CLEANUP(record_free) struct record *keys = record_new();
	record_set_text(keys, "type", "forged");
	record_set_unsigned(keys, "seq", 1);
	record_set_text(keys, "account", "work");
	record_set_unsigned(keys, "uid", 20);
	record_set_text(keys, "subject", "a\"b\\\n\033\xe2\x80\xa8\xff");
	record_set_list(keys, "flags");
	record_add_text(keys, "flags", "\\Recent");
	record_add_text(keys, "flags", "x");
	record_set_boolean(keys, "later", true);
	struct event e = { EVENT_NEW, NOON, keys };
	CLEANUP_TEXT char *json = json_of(&e);
	assert_string_equal(json,
		"{\"type\":\"new\",\"seq\":1793620800000000,\"account\":\"work\",\"uid\":20,"
		"\"subject\":\"a\\\"b\\\\\\u000a\\u001b\\u2028\xef\xbf\xbd\","
		"\"flags\":[\"\\\\Recent\",\"x\"],\"later\":true}\n");
}

struct filter_row {
	const char *words[5];
	const char *problem;
	bool admits_new_work_inbox;
	bool admits_reset_home_lists;
};

static const struct filter_row filter_rows[] = {
	{ { NULL }, NULL, true, true },
	{ { "--type=new" }, NULL, true, false },
	{ { "--type=retired,reset" }, NULL, false, true },
	{ { "--type=reset", "--type=new" }, NULL, true, true },
	{ { "--account=work" }, NULL, true, false },
	{ { "--account=work", "--account=home" }, NULL, true, true },
	{ { "--account=Work" }, NULL, false, false },
	{ { "--mailbox=inbox" }, NULL, true, false },
	{ { "--mailbox=Lists" }, NULL, false, true },
	{ { "--mailbox=lists" }, NULL, false, false },
	{ { "--mailbox=Lists", "--account=work" }, NULL, false, false },
	{ { "--type=nwe" }, "Unknown event type 'nwe', did you mean 'new'?", false, false },
	{ { "--type=" }, "Unknown event type '', it is one of new, retired, reset", false, false },
	{ { "--type=new," }, "Unknown event type '', it is one of new, retired, reset", false,
		false },
	{ { "--type=\033" }, "Unknown event type '\\u{1b}', it is one of new, retired, reset",
		false, false },
};

static void test_filters(void **state) {
	CLEANUP(record_free)
	struct record *work =
		record_of((const char *const[]){ "account", "work", "mailbox", "INBOX", NULL });
	CLEANUP(record_free)
	struct record *home =
		record_of((const char *const[]){ "account", "home", "mailbox", "Lists", NULL });
	struct event new_work = { EVENT_NEW, 1, work }, reset_home = { EVENT_RESET, 2, home };

	for (size_t i = 0; i < ARRAY_SIZE(filter_rows); i++) {
		const struct filter_row *row = &filter_rows[i];
		char *argv[8] = { (char *)(uintptr_t) "posthorn", (char *)(uintptr_t) "watch" };
		int argc = 2;
		for (size_t j = 0; row->words[j]; j++)
			argv[argc++] = (char *)(uintptr_t)row->words[j];
		CLEANUP(arguments_free) struct arguments *a = NULL;
		CLEANUP_TEXT char *problem = NULL;
		assert_int_equal(arguments_parse(&verbs_grammar, argc, argv, &a, &problem), 0);

		struct event_filter filter;
		int r = event_filter_parse(a, &filter, &problem);
		assert_int_equal(r, row->problem ? -EINVAL : 0);
		if (row->problem) {
			assert_string_equal(problem, row->problem);
			continue;
		}
		assert_int_equal(
			event_filter_admits(&filter, &new_work), row->admits_new_work_inbox);
		assert_int_equal(
			event_filter_admits(&filter, &reset_home), row->admits_reset_home_lists);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_which_time),
		cmocka_unit_test(test_hostile_texts),
		cmocka_unit_test(test_color_is_ours_alone),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_filters),
	};
	setenv("TZ", "UTC0", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

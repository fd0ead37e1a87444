#include "cli/status.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"

#define NOW UINT64_C(1793620800000000)

struct account_row {
	const char *id;
	const char *name;
	const char *state;
	const char *strategy;
	const char *reason;
	const char *reason_text;
	uint64_t unseen;
	uint64_t contact_ago_usec; /* 0: there never was any */
	uint64_t retry_ahead_usec; /* 0: none is planned */
};

static void add(struct status *s, const struct account_row *row) {
	struct record *a = status_add_account(s);
	record_set_text(a, "Id", row->id);
	record_set_text(a, "Name", row->name);
	record_set_text(a, "State", row->state);
	record_set_text(a, "Strategy", row->strategy ? row->strategy : "");
	record_set_text(a, "Reason", row->reason ? row->reason : "");
	record_set_text(a, "ReasonText", row->reason_text ? row->reason_text : "");
	record_set_unsigned(a, "Unseen", row->unseen);
	record_set_unsigned(
		a, "LastContact", row->contact_ago_usec ? NOW - row->contact_ago_usec : 0);
	record_set_unsigned(a, "RetryAt", row->retry_ahead_usec ? NOW + row->retry_ahead_usec : 0);
}

static struct status *status_of(const struct account_row *rows, size_t n, uint64_t unseen) {
	struct status *s = status_new();
	for (size_t i = 0; i < n; i++)
		add(s, &rows[i]);
	record_set_text(s->manager, "Version", "0.1.0");
	record_set_unsigned(s->manager, "Unseen", unseen);
	return s;
}

static char *table_of(const struct status *s, bool color) {
	struct buffer out;
	buffer_init(&out, 65536);
	status_print_table(s, NOW, &(struct table_look){ .color = color }, &out);
	char *text = buffer_take_text(&out);
	buffer_deinit(&out);
	return text;
}

static const struct account_row mixed[] = {
	{ "home", "Home", "failed", NULL, "auth-failed", "[AUTHENTICATIONFAILED] No.", 0,
		7200 * USEC_PER_SEC, 14 * USEC_PER_MINUTE },
	{ "new", "new", "connecting", NULL, NULL, NULL, 0, 0, 0 },
	{ "old", "old", "offline", "idle", "connection-lost", NULL, 1, 130 * USEC_PER_SEC,
		5 * USEC_PER_SEC },
	{ "work", "Work mail", "online", "notify", NULL, NULL, 12, 12 * USEC_PER_SEC, 0 },
};

static void test_table(void **state) {
	CLEANUP(status_free) struct status *s = status_of(mixed, ARRAY_SIZE(mixed), 13);
	CLEANUP_TEXT char *text = table_of(s, false);
	assert_string_equal(text,
		"ACCOUNT           STATE       STRATEGY  UNSEEN  LAST CONTACT\n"
		"Home (home)       failed      -              0  2 h ago\n"
		"    The server refuses the user name or password: [AUTHENTICATIONFAILED] No.;"
		" next try in 14 min\n"
		"new               connecting  -              0  never\n"
		"old               offline     idle           1  2 min ago\n"
		"    The connection to the server broke; next try in 5 s\n"
		"Work mail (work)  online      notify        12  12 s ago\n"
		"\n"
		"4 accounts: 1 online, 1 connecting, 1 offline, 1 failed; 13 unseen messages\n");
	assert_false(status_all_online(s));
}

/* The daemon may have put its sentence in front of the server's words. */
static void test_no_sentence_twice(void **state) {
	static const char *const texts[] = {
		"The server's certificate has expired: error 10",
		"The server's certificate has expired",
		"error 10",
	};
	static const char *const notes[] = {
		"    The server's certificate has expired: error 10\n",
		"    The server's certificate has expired\n",
		"    The server's certificate has expired: error 10\n",
	};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct account_row row = { "x", "x", "failed", NULL, "tls-expired", texts[i], 0, 0,
			0 };
		CLEANUP(status_free) struct status *s = status_of(&row, 1, 0);
		CLEANUP_TEXT char *text = table_of(s, false);
		assert_non_null(strstr(text, notes[i]));
	}
}

/* Of accounts that were asked for by name. */
static void test_mailboxes(void **state) {
	static const char *const ids[] = { "work", "nobody", NULL };
	CLEANUP(status_free) struct status *s = status_of(mixed, ARRAY_SIZE(mixed), 99);
	status_select(s, ids);
	assert_int_equal(s->n_accounts, 1);
	assert_true(status_has_account(s, "work"));
	assert_false(status_has_account(s, "nobody"));
	struct record *box = mailbox_list_add(&s->mailboxes[0]);
	record_set_text(box, "name", "INBOX");
	record_set_boolean(box, "watched", true);
	record_set_text(box, "state", "here");
	record_set_unsigned(box, "unseen", 12);
	record_set_unsigned(box, "total", 345);
	box = mailbox_list_add(&s->mailboxes[0]);
	record_set_text(box, "name", "Se\033[2Jnt");
	record_set_boolean(box, "watched", false);
	record_set_text(box, "state", "here");
	record_set_text(box, "special_use", "\\Sent");
	box = mailbox_list_add(&s->mailboxes[0]);
	record_set_text(box, "name", "Old");
	record_set_boolean(box, "watched", true);
	record_set_text(box, "state", "gone");
	CLEANUP_TEXT char *text = table_of(s, false);
	assert_string_equal(text, "ACCOUNT           STATE   STRATEGY  UNSEEN  LAST CONTACT\n"
				  "Work mail (work)  online  notify        12  12 s ago\n"
				  "\n"
				  "MAILBOX        WATCHED  UNSEEN  TOTAL  USE\n"
				  "INBOX          yes          12    345  -\n"
				  "Se\\u{1b}[2Jnt  no            -      -  \\Sent\n"
				  "Old            gone          -      -  -\n"
				  "\n"
				  "1 account: 1 online; 12 unseen messages\n");
	struct buffer out;
	buffer_init(&out, 65536);
	status_print_json(s, &out);
	CLEANUP_TEXT char *json = buffer_take_text(&out);
	buffer_deinit(&out);
	assert_non_null(strstr(json, "\"Mailboxes\":[{\"name\":\"INBOX\",\"watched\":true,"));
}

static void test_one_account(void **state) {
	CLEANUP(status_free) struct status *s = status_of(&mixed[3], 1, 1);
	CLEANUP_TEXT char *text = table_of(s, false);
	assert_string_equal(text, "ACCOUNT           STATE   STRATEGY  UNSEEN  LAST CONTACT\n"
				  "Work mail (work)  online  notify        12  12 s ago\n"
				  "\n"
				  "1 account: 1 online; 1 unseen message\n");
	assert_true(status_all_online(s));
}

static void test_no_account(void **state) {
	CLEANUP(status_free) struct status *s = status_of(NULL, 0, 0);
	CLEANUP_TEXT char *text = table_of(s, true);
	assert_string_equal(text, "No account is configured, see posthorn.conf(5)\n");
	assert_true(status_all_online(s));
}

/* A newer daemon's words are shown as they are, and count as not online. */
static void test_unknown_words(void **state) {
	static const struct account_row row = { "x", "x", "hibernating", "psychic", "moon-phase",
		NULL, 0, 0, 0 };
	CLEANUP(status_free) struct status *s = status_of(&row, 1, 0);
	CLEANUP_TEXT char *text = table_of(s, true);
	assert_non_null(strstr(text, "hibernating"));
	assert_non_null(strstr(text, "psychic"));
	assert_non_null(strstr(text, "    moon-phase\n"));
	assert_false(status_all_online(s));
}

/* U-14: names come from files, reasons from servers. */
static void test_hostile_texts(void **state) {
	static const struct account_row row = { "x", "\033]0;t\a", "failed", "\r", "auth-failed",
		"\033[2J\nwork  online\xe2\x80\xae", 0, 0, 0 };
	CLEANUP(status_free) struct status *s = status_of(&row, 1, 0);
	CLEANUP_TEXT char *text = table_of(s, false);
	assert_non_null(strstr(text, "\\u{1b}]0;t\\u{7} (x)"));
	assert_non_null(strstr(text, "\\u{1b}[2J\\u{a}work  online\\u{202e}\n"));
	assert_null(strpbrk(text, "\033\r\a"));
}

static void test_color(void **state) {
	CLEANUP(status_free) struct status *s = status_of(mixed, ARRAY_SIZE(mixed), 0);
	CLEANUP_TEXT char *text = table_of(s, true);
	assert_non_null(strstr(text, "\033[31mfailed\033[0m"));
	assert_non_null(strstr(text, "\033[32monline\033[0m"));
}

static void test_json(void **state) {
	CLEANUP(status_free) struct status *s = status_of(&mixed[3], 1, 12);
	struct buffer out;
	buffer_init(&out, 65536);
	status_print_json(s, &out);
	CLEANUP_TEXT char *json = buffer_take_text(&out);
	assert_string_equal(json,
		"{\"accounts\":[{\"Id\":\"work\",\"Name\":\"Work mail\",\"State\":\"online\","
		"\"Strategy\":\"notify\",\"Reason\":\"\",\"ReasonText\":\"\",\"Unseen\":12,"
		"\"LastContact\":1793620788000000,\"RetryAt\":0}],"
		"\"Version\":\"0.1.0\",\"Unseen\":12}\n");
	buffer_deinit(&out);

	CLEANUP(status_free) struct status *none = status_new();
	buffer_init(&out, 65536);
	status_print_json(none, &out);
	CLEANUP_TEXT char *empty = buffer_take_text(&out);
	assert_string_equal(empty, "{\"accounts\":[]}\n");
	buffer_deinit(&out);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_no_sentence_twice),
		cmocka_unit_test(test_mailboxes),
		cmocka_unit_test(test_one_account),
		cmocka_unit_test(test_no_account),
		cmocka_unit_test(test_unknown_words),
		cmocka_unit_test(test_hostile_texts),
		cmocka_unit_test(test_color),
		cmocka_unit_test(test_json),
	};
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

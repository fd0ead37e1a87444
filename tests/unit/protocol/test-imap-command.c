#include "protocol/imap-command.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/memory.h"

/* what a user, a password and a mailbox may hold, and how it goes out. NULL: refused. */
static const struct {
	const char *text;
	const char *written;
} cases[] = {
	{ "alice", "alice" },
	{ "alice@example.org", "alice@example.org" },
	{ "INBOX/a-b_c.d", "INBOX/a-b_c.d" },
	{ "", "\"\"" },
	{ "NIL", "\"NIL\"" },
	{ "nil", "\"nil\"" },
	{ "a b", "\"a b\"" },
	{ "a\"b", "\"a\\\"b\"" },
	{ "a\\b", "\"a\\\\b\"" },
	{ "\\", "\"\\\\\"" },
	{ "a*b", "\"a*b\"" },
	{ "a%b", "\"a%b\"" },
	{ "(a)", "\"(a)\"" },
	{ "{5}", "\"{5}\"" },
	{ "{5+}", "\"{5+}\"" },
	{ "a]b", "\"a]b\"" },
	{ "+", "\"+\"" },
	{ "a\tb", "{3}\r\na\tb" },
	{ "\x7f", "{1}\r\n\x7f" },
	{ "\x1b[31m", "{5}\r\n\x1b[31m" },
	{ "gr\xc3\xbcn", "{5}\r\ngr\xc3\xbcn" },
	{ "gr\xfcn", "{4}\r\ngr\xfcn" },
	{ "a\rb", NULL },
	{ "a\nb", NULL },
	{ "a\r\nA1 LOGOUT", NULL },
	{ "\n", NULL },
};

static void test_strings(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buffer out;
		buffer_init(&out, 4096);
		int r = imap_command_append_string(&out, cases[i].text, false);
		CLEANUP_TEXT char *written = buffer_take_text(&out);
		assert_int_equal(r, cases[i].written ? 0 : -EINVAL);
		assert_string_equal(written, cases[i].written ? cases[i].written : "");
	}
}

static void test_literal_plus(void **state) {
	struct buffer out;
	buffer_init(&out, 4096);
	assert_int_equal(imap_command_append_string(&out, "gr\xc3\xbcn", true), 0);
	CLEANUP_TEXT char *written = buffer_take_text(&out);
	assert_string_equal(written, "{5+}\r\ngr\xc3\xbcn");
}

/* 10 KiB are a literal too: no line is longer than servers read. */
static void test_long(void **state) {
	static char text[10241];
	memset(text, 'x', sizeof(text) - 1);
	text[0] = ' ';
	struct buffer out;
	buffer_init(&out, 16384);
	assert_int_equal(imap_command_append_string(&out, text, false), 0);
	CLEANUP_TEXT char *written = buffer_take_text(&out);
	assert_memory_equal(written, "{10240}\r\n x", 11);
	assert_int_equal(strlen(written), 10249);

	buffer_init(&out, 100);
	assert_int_equal(imap_command_append_string(&out, text, false), -ENOBUFS);
	buffer_deinit(&out);
}

static int compare(const void *a, const void *b) {
	return memcmp(a, b, IMAP_TAG_SIZE);
}

/* No two tags of a session are alike, and those of another session are others. */
static void test_tags(void **state) {
	enum {
		N = 2000
	};
	static char tags[2 * N][IMAP_TAG_SIZE];
	for (size_t i = 0; i < N; i++) {
		imap_command_tag(1, i, tags[i]);
		imap_command_tag(2, i, tags[N + i]);
		assert_int_equal(strlen(tags[i]), IMAP_TAG_SIZE - 1);
		assert_int_equal(
			strspn(tags[i], "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"), IMAP_TAG_SIZE - 1);
	}
	char again[IMAP_TAG_SIZE];
	imap_command_tag(1, 5, again);
	assert_string_equal(again, tags[5]);
	qsort(tags, 2 * (size_t)N, IMAP_TAG_SIZE, compare);
	for (size_t i = 1; i < 2 * (size_t)N; i++)
		assert_string_not_equal(tags[i - 1], tags[i]);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_literal_plus),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_tags),
	};
	return cmocka_run_group_tests_name("imap-command", tests, NULL, NULL);
}

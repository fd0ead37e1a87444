#include "cli/open-command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/words.h"

/* The words with a bar between two, or "-". */
static char *joined(char **words) {
	struct buffer text;
	if (!words)
		return memory_strdup("-");
	buffer_init(&text, 65536);
	for (size_t i = 0; words[i]; i++)
		(void)buffer_append_format(&text, "%s%s", i > 0 ? "|" : "", words[i]);
	(void)words_free(words);
	char *taken = buffer_take_text(&text);
	buffer_deinit(&text);
	return taken;
}

struct row {
	const char *message_id; /* NULL: not known */
	const char *expanded; /* of: show %i --m=%m %%%a %x 100% */
	const char *standard;
};

static const struct row rows[] = {
	{ "<a.b@example.test>", "show|imap://x|--m=a.b@example.test|%work|%x|100%",
		"xdg-open|mid:a.b@example.test" },
	{ "a$b/c?d@x", "show|imap://x|--m=a$b/c?d@x|%work|%x|100%",
		"xdg-open|mid:a%24b%2Fc%3Fd@x" },
	{ "\xc3\xa4@x", "show|imap://x|--m=\xc3\xa4@x|%work|%x|100%", "xdg-open|mid:%C3%A4@x" },
	{ NULL, "show|imap://x|--m=|%work|%x|100%", "-" },
	{ "<>", "show|imap://x|--m=|%work|%x|100%", "-" },
	/* an option, several words, a line's end, a field of its own */
	{ "--help@x", "show|imap://x|--m=|%work|%x|100%", "-" },
	{ "<-x@y>", "show|imap://x|--m=|%work|%x|100%", "-" },
	{ "a b@x", "show|imap://x|--m=|%work|%x|100%", "-" },
	{ "a\n@x", "show|imap://x|--m=|%work|%x|100%", "-" },
	{ "%i@x", "show|imap://x|--m=%i@x|%work|%x|100%", "xdg-open|mid:%25i@x" },
};

static void test_rows(void **state) {
	static const char *const words[] = { "show", "%i", "--m=%m", "%%%a", "%x", "100%", NULL };
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(record_free) struct record *keys = record_new();
		struct event event = { .type = EVENT_NEW, .seq = 1, .keys = keys };
		record_set_text(keys, "id", "imap://x");
		record_set_text(keys, "account", "work");
		if (rows[i].message_id)
			record_set_text(keys, "message_id", rows[i].message_id);
		CLEANUP_TEXT char *expanded =
			joined(open_command_expand((char *const *)words, &event));
		CLEANUP_TEXT char *standard = joined(open_command_default(&event));
		assert_string_equal(expanded, rows[i].expanded);
		assert_string_equal(standard, rows[i].standard);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

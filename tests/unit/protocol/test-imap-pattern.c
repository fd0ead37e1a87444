#include "protocol/imap-pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/memory.h"
#include "protocol/imap-list.h"

static const struct {
	const char *glob, *name;
	char delimiter;
	bool matches;
} match_cases[] = {
	{ "*", "", '/', true },
	{ "*", "INBOX", '/', true },
	{ "*", "a/b/c", '/', true },
	{ "%", "a", '/', true },
	{ "%", "a/b", '/', false },
	{ "%", "a/b", '\0', true },
	{ "%", "a/b", '.', true },
	{ "%/%", "a/b", '/', true },
	{ "%/%", "a/b/c", '/', false },
	{ "%.%", "a.b", '.', true },
	{ "*%", "a/b", '/', true },
	{ "%*", "a/b", '/', true },
	{ "a*c", "abc", '/', true },
	{ "a*c", "a/b/c", '/', true },
	{ "a%c", "a/b/c", '/', false },
	{ "a%c", "abcbc", '/', true },
	{ "*/b", "a/x/b", '/', true },
	{ "*a%b", "aXa/b", '/', false },
	{ "*a%b", "a/axxb", '/', true },
	{ "*%a/%b", "x/ya/zb", '/', true },
	{ "%a%b%c", "aabbcc", '/', true },
	{ "%a%b%c", "aab/cc", '/', false },
	{ "*a*b*c", "xxaxxbxxcxxc", '/', true },
	{ "*a*b*c", "xxaxxcxxb", '/', false },
	{ "Work*", "Work", '/', true },
	{ "Work*", "Works/a", '/', true },
	{ "Work/*", "Work", '/', false },
	{ "work", "Work", '/', false },
	{ "Inbox", "INBOX", '/', true },
	{ "inbox", "iNBOX", '/', true },
	{ "inbox/*", "INBOX/a", '/', false },
	{ "Entw\xc3\xbcrfe%", "Entw\xc3\xbcrfe 1", '/', true },
	{ "%\xc3\xbc%", "Entw\xc3\xbcrfe", '/', true },
	{ "", "", '/', true },
	{ "", "a", '/', false },
	{ "a", "", '/', false },
	{ "*****************************************b",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", '/', false },
};

static void test_match(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(match_cases); i++) {
		bool r = imap_pattern_matches(
			match_cases[i].glob, match_cases[i].name, match_cases[i].delimiter);
		if (r != match_cases[i].matches)
			fail_msg("%s against %s: %d", match_cases[i].glob, match_cases[i].name, r);
	}
}

static const struct {
	const char *glob, *prefix;
	bool reaches;
} reach_cases[] = {
	{ "*", "shared/", true },
	{ "*", "", true },
	{ "%", "shared/", false },
	{ "%/%", "shared/", true },
	{ "shared/*", "shared/", true },
	{ "shared/bob/*", "shared/", true },
	{ "sh%", "shared/", false },
	{ "sh*", "shared/", true },
	{ "Work/*", "shared/", false },
	{ "*/Team", "shared/", true },
	{ "%red/Team", "shared/", true },
};

static void test_reach(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(reach_cases); i++)
		if (imap_pattern_reaches(reach_cases[i].glob, reach_cases[i].prefix, '/') !=
			reach_cases[i].reaches)
			fail_msg("%s and %s", reach_cases[i].glob, reach_cases[i].prefix);
}

static void test_kind(void **state) {
	assert_int_equal(imap_pattern_kind("INBOX"), IMAP_PATTERN_NAME);
	assert_int_equal(imap_pattern_kind("Work/%"), IMAP_PATTERN_GLOB);
	assert_int_equal(imap_pattern_kind("*"), IMAP_PATTERN_GLOB);
	assert_int_equal(imap_pattern_kind("\\junk"), IMAP_PATTERN_USE);
	assert_int_equal(imap_pattern_kind("\\AllMail"), IMAP_PATTERN_USE);
	assert_int_equal(imap_pattern_kind("\\Noselect"), IMAP_PATTERN_BAD);
	assert_int_equal(imap_pattern_kind("\\"), IMAP_PATTERN_BAD);
	assert_int_equal(imap_pattern_use("\\Spam"), IMAP_LIST_JUNK);
	assert_int_equal(imap_pattern_use("Spam"), 0);
	assert_string_equal(imap_list_use_to_word(IMAP_LIST_JUNK | IMAP_LIST_NOSELECT), "\\Junk");
	assert_string_equal(imap_list_use_to_word(IMAP_LIST_NOSELECT), "");
	assert_int_equal(imap_list_use_of_name("INBOX.sent items", '.'), IMAP_LIST_SENT);
	assert_int_equal(imap_list_use_of_name("INBOX.Trash", '/'), 0);
	assert_int_equal(imap_list_use_of_name("Spam", '\0'), IMAP_LIST_JUNK);
	assert_int_equal(imap_list_use_of_name("Work/Sentinel", '/'), 0);
}

/* "+" watches, "-" ignores; separated by blanks. */
static const struct {
	const char *patterns;
	struct imap_pattern_subject subject;
	bool is_watched;
} watch_cases[] = {
	{ "", { "INBOX", '/', 0, true }, true },
	{ "", { "Work", '/', 0, false }, false },
	{ "+*", { "Work", '/', 0, false }, true },
	{ "+*", { "INBOX", '/', 0, false }, true },
	{ "+*", { "Sent", '/', IMAP_LIST_SENT, false }, false },
	{ "+*", { "Entw", '/', IMAP_LIST_DRAFTS, false }, false },
	{ "+*", { "Bin", '/', IMAP_LIST_TRASH, false }, false },
	{ "+*", { "Spam", '/', IMAP_LIST_JUNK, false }, false },
	{ "+*", { "Old", '/', IMAP_LIST_ARCHIVE, false }, true },
	{ "+*", { "All Mail", '/', IMAP_LIST_ALL, false }, false },
	{ "+*", { "Starred", '/', IMAP_LIST_FLAGGED, false }, false },
	{ "+*", { "Spam", '/', IMAP_LIST_JUNK, true }, true },
	{ "+* +\\Junk", { "Spam", '/', IMAP_LIST_JUNK, false }, true },
	{ "+\\Junk", { "Spam", '/', IMAP_LIST_JUNK | IMAP_LIST_ARCHIVE, false }, true },
	{ "+\\Junk", { "Work", '/', 0, false }, false },
	{ "+\\Inbox", { "inbox", '/', 0, false }, true },
	{ "+* -Work", { "Work", '/', 0, false }, false },
	{ "+* -Work", { "Work/a", '/', 0, false }, true },
	{ "+* -Work/*", { "Work/a", '/', 0, false }, false },
	{ "-Work/* +*", { "Work/a", '/', 0, false }, false },
	{ "+* -\\Archive", { "Old", '/', IMAP_LIST_ARCHIVE, false }, false },
	{ "-inbox +*", { "INBOX", '/', 0, false }, false },
	{ "-*", { "Work", '/', 0, true }, false },
	{ "+%", { "Work/a", '/', 0, false }, false },
	{ "+% +Work/%", { "Work/a", '/', 0, false }, true },
};

static void fill(struct imap_patterns *patterns, const char *text) {
	CLEANUP_TEXT char *copy = memory_strdup(text);
	char *rest = NULL;
	for (char *p = strtok_r(copy, " ", &rest); p; p = strtok_r(NULL, " ", &rest))
		imap_pattern_add(patterns, p + 1, *p == '-');
}

static void test_watched(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(watch_cases); i++) {
		struct imap_patterns patterns = { 0 };
		fill(&patterns, watch_cases[i].patterns);
		bool r = imap_pattern_is_watched(&patterns, &watch_cases[i].subject);
		imap_pattern_deinit_all(&patterns);
		if (r != watch_cases[i].is_watched)
			fail_msg(
				"%s with %s", watch_cases[i].subject.name, watch_cases[i].patterns);
	}
}

static void test_needs_list(void **state) {
	struct imap_patterns patterns = { 0 };
	assert_false(imap_pattern_needs_list(&patterns));
	fill(&patterns, "-Work");
	assert_false(imap_pattern_needs_list(&patterns));
	fill(&patterns, "+%");
	assert_true(imap_pattern_needs_list(&patterns));
	imap_pattern_deinit_all(&patterns);
	assert_false(imap_pattern_needs_list(&patterns));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_reach),
		cmocka_unit_test(test_kind),
		cmocka_unit_test(test_watched),
		cmocka_unit_test(test_needs_list),
	};
	return cmocka_run_group_tests_name("imap-pattern", tests, NULL, NULL);
}

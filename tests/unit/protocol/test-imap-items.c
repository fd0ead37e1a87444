/* What is asked of a message, and what is given up when a server refuses. */
#include "protocol/imap-items.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/memory.h"
#include "protocol/imap-capability.h"
#include "protocol/imap-quirk.h"

#define FIELDS(more) "BODY.PEEK[HEADER.FIELDS (LIST-ID AUTO-SUBMITTED PRECEDENCE" more ")]"
#define BASE "UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE " FIELDS("")

static const struct {
	struct imap_items items;
	uint64_t capabilities;
	uint32_t quirks;
	enum imap_preview preview;
	const char *expected;
} cases[] = {
	{ { 0 }, 0, 0, IMAP_PREVIEW_MADE, BASE },
	{ { 0 }, IMAP_CAPABILITY_PREVIEW, 0, IMAP_PREVIEW_MADE, BASE },
	{ { .wants_preview = true }, 0, 0, IMAP_PREVIEW_MADE, BASE },
	{ { .wants_preview = true }, IMAP_CAPABILITY_PREVIEW, 0, IMAP_PREVIEW_MADE,
		BASE " PREVIEW" },
	{ { .wants_preview = true }, IMAP_CAPABILITY_PREVIEW, 0, IMAP_PREVIEW_LAZY,
		BASE " PREVIEW (LAZY)" },
	{ { .wants_preview = true }, IMAP_CAPABILITY_PREVIEW, 0, IMAP_PREVIEW_NONE, BASE },
	{ { .wants_preview = true }, IMAP_CAPABILITY_PREVIEW | IMAP_CAPABILITY_OBJECTID, 0,
		IMAP_PREVIEW_MADE, BASE " EMAILID THREADID PREVIEW" },
	{ { 0 }, IMAP_CAPABILITY_X_GM_EXT_1, 0, IMAP_PREVIEW_MADE,
		BASE " X-GM-MSGID X-GM-THRID X-GM-LABELS" },
	{ { 0 }, IMAP_CAPABILITY_X_GM_EXT_1 | IMAP_CAPABILITY_OBJECTID, 0, IMAP_PREVIEW_MADE,
		BASE " EMAILID THREADID" },
	{ { 0 }, 0, IMAP_QUIRK_NO_ADDRESSES, IMAP_PREVIEW_MADE,
		"UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE " FIELDS(" FROM") },
	{ { 0 }, 0, IMAP_QUIRK_NO_SIZE, IMAP_PREVIEW_MADE,
		"UID FLAGS INTERNALDATE ENVELOPE " FIELDS("") },
	{ { .wants_preview = true, .level = IMAP_ITEMS_NO_PREVIEW },
		IMAP_CAPABILITY_PREVIEW | IMAP_CAPABILITY_OBJECTID, 0, IMAP_PREVIEW_MADE,
		BASE " EMAILID THREADID" },
	{ { .wants_preview = true, .level = IMAP_ITEMS_NO_EXTENSION },
		IMAP_CAPABILITY_PREVIEW | IMAP_CAPABILITY_OBJECTID, 0, IMAP_PREVIEW_MADE, BASE },
	{ { .wants_preview = true, .level = IMAP_ITEMS_PLAIN },
		IMAP_CAPABILITY_PREVIEW | IMAP_CAPABILITY_OBJECTID, IMAP_QUIRK_NO_ADDRESSES,
		IMAP_PREVIEW_MADE, "UID FLAGS" },
};

static void test_format(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_TEXT char *items = imap_items_format(
			&cases[i].items, cases[i].capabilities, cases[i].quirks, cases[i].preview);
		assert_string_equal(items, cases[i].expected);
	}
}

/* R: refused, A: answered; then the level of the next request. */
static const struct {
	uint64_t capabilities;
	const char *story;
	enum imap_items_level level;
} stories[] = {
	{ 0, "", IMAP_ITEMS_ALL },
	/* a server that does not take PREVIEW is not asked for it again */
	{ IMAP_CAPABILITY_PREVIEW, "R", IMAP_ITEMS_NO_PREVIEW },
	{ IMAP_CAPABILITY_PREVIEW, "RA", IMAP_ITEMS_NO_PREVIEW },
	{ IMAP_CAPABILITY_PREVIEW, "RAA", IMAP_ITEMS_NO_PREVIEW },
	/* one step at a time, and no step that asks for the same again */
	{ IMAP_CAPABILITY_PREVIEW | IMAP_CAPABILITY_OBJECTID, "RR", IMAP_ITEMS_NO_EXTENSION },
	{ IMAP_CAPABILITY_PREVIEW | IMAP_CAPABILITY_OBJECTID, "RRA", IMAP_ITEMS_NO_EXTENSION },
	{ IMAP_CAPABILITY_PREVIEW | IMAP_CAPABILITY_OBJECTID, "RRR", IMAP_ITEMS_PLAIN },
	{ IMAP_CAPABILITY_OBJECTID, "R", IMAP_ITEMS_NO_EXTENSION },
	{ IMAP_CAPABILITY_OBJECTID, "RR", IMAP_ITEMS_PLAIN },
	{ IMAP_CAPABILITY_PREVIEW, "RR", IMAP_ITEMS_PLAIN },
	{ 0, "R", IMAP_ITEMS_PLAIN },
	/* it stumbled over one message: all again for the next */
	{ 0, "RA", IMAP_ITEMS_NO_EXTENSION },
	{ IMAP_CAPABILITY_PREVIEW, "AR", IMAP_ITEMS_NO_PREVIEW },
	{ IMAP_CAPABILITY_PREVIEW, "ARA", IMAP_ITEMS_ALL },
	{ IMAP_CAPABILITY_PREVIEW, "ARRA", IMAP_ITEMS_ALL },
	{ IMAP_CAPABILITY_PREVIEW, "RAARA", IMAP_ITEMS_NO_PREVIEW },
};

static void test_refusals(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(stories); i++) {
		struct imap_items items = { .wants_preview = true };
		for (const char *p = stories[i].story; *p; p++)
			if (*p == 'R')
				assert_true(imap_items_refused(&items, stories[i].capabilities));
			else
				imap_items_answered(&items);
		if (items.level != stories[i].level)
			fail_msg("%s: level %d, not %d", stories[i].story, items.level,
				stories[i].level);
	}
}

static void test_no_less(void **state) {
	struct imap_items items = { .level = IMAP_ITEMS_PLAIN };
	assert_false(imap_items_refused(&items, 0));
	assert_int_equal(items.level, IMAP_ITEMS_PLAIN);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_no_less),
	};
	return cmocka_run_group_tests_name("imap-items", tests, NULL, NULL);
}

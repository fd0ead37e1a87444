#include "protocol/imap-mailbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/macros.h"

#define VALIDITY IMAP_STATUS_UIDVALIDITY
#define NEXT IMAP_STATUS_UIDNEXT
#define MESSAGES IMAP_STATUS_MESSAGES
#define UNSEEN IMAP_STATUS_UNSEEN
#define MODSEQ IMAP_STATUS_HIGHESTMODSEQ
#define ALL (VALIDITY | NEXT | MESSAGES | UNSEEN)

static const struct imap_cursor unseen_before = { 0 };
static const struct imap_cursor seen = {
	.uidvalidity = 7, .next_uid = 20, .messages = 10, .unseen = 3, .highestmodseq = 100
};
static const struct imap_cursor empty = { .uidvalidity = 7, .next_uid = 20 };

static const struct {
	const char *name;
	const struct imap_cursor *cached;
	struct imap_status observed; /* known, uidvalidity, uidnext, messages, unseen, modseq */
	enum imap_change change;
} cases[] = {
	/* first sight is never news */
	{ "never seen", &unseen_before, { ALL, 7, 20, 10, 3, 0 }, IMAP_CHANGE_RESET },
	{ "never seen, empty", &unseen_before, { ALL, 7, 1, 0, 0, 0 }, IMAP_CHANGE_RESET },
	{ "never seen, UIDNEXT missing", &unseen_before, { VALIDITY | MESSAGES, 7, 0, 10, 0, 0 },
		IMAP_CHANGE_SUSPICIOUS },
	{ "never seen, UIDVALIDITY 0", &unseen_before, { ALL, 0, 20, 10, 3, 0 },
		IMAP_CHANGE_SUSPICIOUS },
	{ "never seen, nothing known", &unseen_before, { 0 }, IMAP_CHANGE_SUSPICIOUS },

	{ "same", &seen, { ALL, 7, 20, 10, 3, 0 }, IMAP_CHANGE_SAME },
	{ "same, with modseq", &seen, { ALL | MODSEQ, 7, 20, 10, 3, 100 }, IMAP_CHANGE_SAME },
	{ "same, UIDNEXT alone", &seen, { NEXT, 0, 20, 0, 0, 0 }, IMAP_CHANGE_SAME },
	{ "same, UIDVALIDITY 0 is as none", &seen, { ALL, 0, 20, 10, 3, 0 }, IMAP_CHANGE_SAME },

	{ "one new", &seen, { ALL, 7, 21, 11, 4, 0 }, IMAP_CHANGE_NEW },
	{ "new, read already", &seen, { ALL, 7, 21, 11, 3, 0 }, IMAP_CHANGE_NEW },
	{ "one came, one went: the count stands", &seen, { ALL, 7, 21, 10, 3, 0 },
		IMAP_CHANGE_NEW },
	{ "one came, many went", &seen, { ALL, 7, 21, 2, 1, 0 }, IMAP_CHANGE_NEW },
	{ "came and went", &seen, { ALL, 7, 25, 0, 0, 0 }, IMAP_CHANGE_NEW },
	{ "new, modseq stands", &seen, { ALL | MODSEQ, 7, 21, 11, 4, 100 }, IMAP_CHANGE_NEW },
	{ "new, in a pushed STATUS without UIDVALIDITY", &seen,
		{ MESSAGES | NEXT | UNSEEN, 0, 21, 11, 4, 0 }, IMAP_CHANGE_NEW },
	{ "the last UID there is", &seen, { ALL, 7, UINT32_MAX, 11, 4, 0 }, IMAP_CHANGE_NEW },

	{ "gone", &seen, { ALL, 7, 20, 9, 3, 0 }, IMAP_CHANGE_GONE },
	{ "all gone", &seen, { ALL, 7, 20, 0, 0, 0 }, IMAP_CHANGE_GONE },
	{ "all gone, UIDNEXT missing", &seen, { VALIDITY | MESSAGES, 7, 0, 0, 0, 0 },
		IMAP_CHANGE_GONE },

	{ "read elsewhere", &seen, { ALL, 7, 20, 10, 2, 0 }, IMAP_CHANGE_FLAGS },
	{ "marked unread", &seen, { ALL, 7, 20, 10, 4, 0 }, IMAP_CHANGE_FLAGS },
	{ "another flag", &seen, { ALL | MODSEQ, 7, 20, 10, 3, 101 }, IMAP_CHANGE_FLAGS },
	{ "modseq went down: a slip", &seen, { ALL | MODSEQ, 7, 20, 10, 3, 99 }, IMAP_CHANGE_SAME },
	{ "pushed: UNSEEN alone", &seen, { UNSEEN, 0, 0, 0, 0, 0 }, IMAP_CHANGE_FLAGS },
	{ "pushed: the same UNSEEN", &seen, { UNSEEN, 0, 0, 0, 3, 0 }, IMAP_CHANGE_SAME },
	{ "pushed: HIGHESTMODSEQ alone", &seen, { MODSEQ, 0, 0, 0, 0, 104 }, IMAP_CHANGE_FLAGS },

	{ "another UIDVALIDITY", &seen, { ALL, 8, 20, 10, 3, 0 }, IMAP_CHANGE_RESET },
	{ "a lower UIDVALIDITY", &seen, { ALL, 6, 20, 10, 3, 0 }, IMAP_CHANGE_RESET },
	{ "another UIDVALIDITY alone", &seen, { VALIDITY, 8, 0, 0, 0, 0 }, IMAP_CHANGE_RESET },
	{ "another UIDVALIDITY, empty", &seen, { ALL, 8, 1, 0, 0, 0 }, IMAP_CHANGE_RESET },
	{ "UIDVALIDITY at its end", &seen, { ALL, UINT32_MAX, 20, 10, 3, 0 }, IMAP_CHANGE_RESET },
	{ "UIDNEXT went back", &seen, { ALL, 7, 19, 10, 3, 0 }, IMAP_CHANGE_RESET },
	{ "UIDNEXT went back to the start", &seen, { ALL, 7, 1, 0, 0, 0 }, IMAP_CHANGE_RESET },

	{ "more messages, none new", &seen, { ALL, 7, 20, 11, 3, 0 }, IMAP_CHANGE_SUSPICIOUS },
	{ "UIDNEXT 0 is as none", &seen, { ALL, 7, 0, 10, 3, 0 }, IMAP_CHANGE_SUSPICIOUS },
	{ "UIDNEXT missing, the count stands", &seen, { VALIDITY | MESSAGES, 7, 0, 10, 0, 0 },
		IMAP_CHANGE_SUSPICIOUS },
	{ "UIDNEXT missing, fewer", &seen, { VALIDITY | MESSAGES, 7, 0, 9, 0, 0 },
		IMAP_CHANGE_SUSPICIOUS },
	{ "UIDNEXT missing, modseq stands", &seen,
		{ VALIDITY | MESSAGES | MODSEQ, 7, 0, 10, 0, 100 }, IMAP_CHANGE_SAME },
	{ "UIDNEXT missing, modseq moved", &seen,
		{ VALIDITY | MESSAGES | MODSEQ, 7, 0, 10, 0, 101 }, IMAP_CHANGE_SUSPICIOUS },
	{ "UIDNEXT missing, modseq unknown to both", &empty, { MESSAGES | MODSEQ, 0, 0, 5, 0, 0 },
		IMAP_CHANGE_SUSPICIOUS },
	{ "nothing known (163.com)", &seen, { 0 }, IMAP_CHANGE_SUSPICIOUS },
	{ "UIDVALIDITY alone", &seen, { VALIDITY, 7, 0, 0, 0, 0 }, IMAP_CHANGE_SUSPICIOUS },
	{ "still empty, UIDNEXT missing", &empty, { VALIDITY | MESSAGES, 7, 0, 0, 0, 0 },
		IMAP_CHANGE_SAME },
};

static void test_compare(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		enum imap_change change = imap_mailbox_compare(cases[i].cached, &cases[i].observed);
		if (change != cases[i].change)
			fail_msg("%s: %d", cases[i].name, change);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare),
	};
	return cmocka_run_group_tests_name("imap-mailbox", tests, NULL, NULL);
}

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
	{ "never seen, the last UID is given", &unseen_before,
		{ ALL, UINT32_MAX, UINT32_MAX, 1, 1, 0 }, IMAP_CHANGE_RESET },
	{ "never seen, nothing known", &unseen_before, { 0 }, IMAP_CHANGE_SUSPICIOUS },

	{ "same", &seen, { ALL, 7, 20, 10, 3, 0 }, IMAP_CHANGE_SAME },
	{ "same, with modseq", &seen, { ALL | MODSEQ, 7, 20, 10, 3, 100 }, IMAP_CHANGE_SAME },
	{ "same, modseq was never known", &empty, { ALL, 7, 20, 0, 0, 0 }, IMAP_CHANGE_SAME },
	{ "same, modseq not given any more (NOMODSEQ)", &seen, { ALL | MODSEQ, 7, 20, 10, 3, 0 },
		IMAP_CHANGE_SAME },
	{ "both empty", &empty, { ALL, 7, 20, 0, 0, 0 }, IMAP_CHANGE_SAME },
	{ "both empty, modseq moved", &empty, { ALL | MODSEQ, 7, 20, 0, 0, 9 }, IMAP_CHANGE_FLAGS },
	{ "same, UIDNEXT alone", &seen, { NEXT, 0, 20, 0, 0, 0 }, IMAP_CHANGE_SAME },
	{ "same, UIDVALIDITY 0 is as none", &seen, { ALL, 0, 20, 10, 3, 0 }, IMAP_CHANGE_SAME },

	{ "one new", &seen, { ALL, 7, 21, 11, 4, 0 }, IMAP_CHANGE_NEW },
	{ "new, read already", &seen, { ALL, 7, 21, 11, 3, 0 }, IMAP_CHANGE_NEW },
	{ "one came, one went: the count stands", &seen, { ALL, 7, 21, 10, 3, 0 },
		IMAP_CHANGE_NEW },
	{ "one came, many went", &seen, { ALL, 7, 21, 2, 1, 0 }, IMAP_CHANGE_NEW },
	{ "came and went", &seen, { ALL, 7, 25, 0, 0, 0 }, IMAP_CHANGE_NEW },
	{ "only appends: UIDNEXT and count grew alike", &seen, { ALL | MODSEQ, 7, 25, 15, 8, 120 },
		IMAP_CHANGE_NEW },
	{ "UIDs with holes: UIDNEXT grew more", &seen, { ALL, 7, 1000020, 11, 4, 0 },
		IMAP_CHANGE_NEW },
	{ "the first into an empty one", &empty, { ALL, 7, 21, 1, 1, 0 }, IMAP_CHANGE_NEW },
	{ "new, modseq went down", &seen, { ALL | MODSEQ, 7, 21, 11, 4, 99 }, IMAP_CHANGE_NEW },
	{ "new, UIDVALIDITY 0 is as none", &seen, { ALL, 0, 21, 11, 4, 0 }, IMAP_CHANGE_NEW },
	{ "new, UIDNEXT alone", &seen, { NEXT, 0, 21, 0, 0, 0 }, IMAP_CHANGE_NEW },
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
	{ "another flag, modseq at its end", &seen, { ALL | MODSEQ, 7, 20, 10, 3, INT64_MAX },
		IMAP_CHANGE_FLAGS },
	{ "one read, another marked unread", &seen, { ALL | MODSEQ, 7, 20, 10, 3, 102 },
		IMAP_CHANGE_FLAGS },
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
	{ "UIDNEXT went back, the count grew", &seen, { ALL, 7, 19, 11, 4, 0 }, IMAP_CHANGE_RESET },
	{ "UIDNEXT went back, in a push", &seen, { NEXT | MESSAGES, 0, 19, 10, 0, 0 },
		IMAP_CHANGE_RESET },
	{ "another UIDVALIDITY, all else as before", &seen, { ALL | MODSEQ, 9, 20, 10, 3, 100 },
		IMAP_CHANGE_RESET },
	{ "UIDNEXT went back to the start", &seen, { ALL, 7, 1, 0, 0, 0 }, IMAP_CHANGE_RESET },

	{ "a stale UIDNEXT of the selected mailbox (Exchange)", &seen,
		{ MESSAGES | NEXT, 0, 20, 12, 0, 0 }, IMAP_CHANGE_SUSPICIOUS },
	{ "more messages, none new, modseq stands", &seen, { ALL | MODSEQ, 7, 20, 11, 3, 100 },
		IMAP_CHANGE_SUSPICIOUS },
	{ "more messages, none new", &seen, { ALL, 7, 20, 11, 3, 0 }, IMAP_CHANGE_SUSPICIOUS },
	{ "UIDNEXT 0 is as none", &seen, { ALL, 7, 0, 10, 3, 0 }, IMAP_CHANGE_SUSPICIOUS },
	{ "UIDNEXT missing, the count stands", &seen, { VALIDITY | MESSAGES, 7, 0, 10, 0, 0 },
		IMAP_CHANGE_SUSPICIOUS },
	{ "UIDNEXT missing, fewer", &seen, { VALIDITY | MESSAGES, 7, 0, 9, 0, 0 },
		IMAP_CHANGE_SUSPICIOUS },
	{ "UIDNEXT missing, more", &seen, { VALIDITY | MESSAGES, 7, 0, 11, 0, 0 },
		IMAP_CHANGE_SUSPICIOUS },
	{ "UIDNEXT missing, UIDVALIDITY another", &seen, { VALIDITY | MESSAGES, 8, 0, 10, 0, 0 },
		IMAP_CHANGE_RESET },
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

/* What holds whatever a server says, of all that it may say or leave out. */
static void check_laws(const struct imap_cursor *c, const struct imap_status *o) {
	enum imap_change change = imap_mailbox_compare(c, o);
	bool is_known = c->uidvalidity != 0;
	bool has_validity = (o->known & VALIDITY) && o->uidvalidity != 0;
	bool has_next = (o->known & NEXT) && o->uidnext != 0;
	bool is_other = is_known && has_validity && o->uidvalidity != c->uidvalidity;
	bool is_ahead = has_next && o->uidnext > c->next_uid;
	/* news never of what was not seen before, or is numbered anew, or without a UIDNEXT ahead */
	assert_int_equal(change == IMAP_CHANGE_NEW, is_known && !is_other && is_ahead);
	if (is_other)
		assert_int_equal(change, IMAP_CHANGE_RESET);
	/* a reset never of what leaves no baseline, and never without a reason */
	if (change == IMAP_CHANGE_RESET)
		assert_true(is_known ? is_other || (has_next && o->uidnext < c->next_uid)
				     : has_validity && has_next);
	/* calm only where nothing can have arrived */
	if (change == IMAP_CHANGE_SAME || change == IMAP_CHANGE_FLAGS)
		assert_false((o->known & MESSAGES) && o->messages > c->messages && has_next);
	if (change == IMAP_CHANGE_GONE)
		assert_true((o->known & MESSAGES) && o->messages < c->messages);
}

static void test_all_that_may_be_said(void **state) {
	static const uint32_t validities[] = { 0, 6, 7, 8 }, nexts[] = { 0, 1, 19, 20, 21 },
			      counts[] = { 0, 9, 10, 11 }, unseens[] = { 2, 3, 4 };
	static const uint64_t modseqs[] = { 0, 99, 100, 101 };
	static const struct imap_cursor *const cursors[] = { &unseen_before, &seen, &empty };
	for (unsigned i = 0; i < 32 * 4 * 5 * 4 * 3 * 4 * 3; i++) {
		unsigned rest = i;
		struct imap_status o = { .known = rest % 32 };
		o.uidvalidity = validities[(rest /= 32) % 4];
		o.uidnext = nexts[(rest /= 4) % 5];
		o.messages = counts[(rest /= 5) % 4];
		o.unseen = unseens[(rest /= 4) % 3];
		o.highestmodseq = modseqs[(rest /= 3) % 4];
		check_laws(cursors[(rest /= 4) % 3], &o);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_all_that_may_be_said),
	};
	return cmocka_run_group_tests_name("imap-mailbox", tests, NULL, NULL);
}

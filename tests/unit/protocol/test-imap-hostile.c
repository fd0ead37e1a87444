/* What parsers of others were broken by, at every place where it may stand: literals of no bytes
 * (P-01), response codes cut off (P-06), NUL bytes (P-10), numbers out of range (P-17), sets that
 * would fill memory (P-20), patterns that would take for ever (P-24). */
#include "protocol/imap-reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/memory.h"
#include "imap-reply-text.h"
#include "protocol/imap-pattern.h"

#define DUMP_MAX ((size_t)1024 * 1024)

static char *replies(const char *bytes, size_t n) {
	struct imap_reply_reader r;
	struct buffer out;
	struct imap_input in = { .bytes = (const uint8_t *)bytes, .n = n };
	struct imap_reply reply;
	imap_reply_init(&r);
	buffer_init(&out, DUMP_MAX);
	while (imap_reply_next(&r, &in, &reply) > 0) {
		if (out.n > 0)
			(void)buffer_append_text(&out, "|");
		imap_reply_text_append(&out, &reply);
	}
	imap_reply_deinit(&r);
	return buffer_take_text(&out);
}

static void expect(const char *bytes, size_t n, const char *expected) {
	CLEANUP_TEXT char *found = replies(bytes, n);
	if (strcmp(found, expected) != 0)
		fail_msg("%.*s\n gives %s\n not %s", (int)n, bytes, found, expected);
}

/* P-01. $ is a literal of no bytes, in each of its forms. */
static const struct {
	const char *pattern, *expected;
} empties[] = {
	{ "* STATUS $ (MESSAGES 1)", "status messages=1" },
	{ "* STATUS x (MESSAGES $ UIDNEXT 2)", "status mailbox=\"x\" uidnext=2" },
	{ "* LIST () $ x", "list mailbox=\"x\"" },
	{ "* LIST () \"/\" $", "list delimiter=\"/\"" },
	{ "* ID ($ $ \"name\" $)", "id" },
	{ "* SEARCH $ 5", "search count=1" },
	{ "* ESEARCH (TAG $) UID COUNT 5", "esearch count=5" },
	{ "* FLAGS ($)", "flags" },
	{ "* CAPABILITY $ IDLE", "capability capabilities=8" },
	{ "* OK [ALERT $] x", "condition OK [ALERT] text=\"x\"" },
	{ "* OK [$] x", "condition OK [other] text=\"x\"" },
	{ "* XYZZY $", "unknown" },
	{ "* NAMESPACE ((\"\" $)) NIL NIL", NULL },
	{ "* VANISHED $", "malformed" },
	{ "* 5 FETCH ($)", "malformed" },
	{ "* 5 FETCH (UID $)", "malformed" },
	{ "* 5 FETCH (UID 5 FLAGS ($))", "fetch n=5 items=3 uid=5 size=0 received=0" },
	{ "* 5 FETCH (UID 5 INTERNALDATE $)", "fetch n=5 items=5 uid=5 size=0 received=0" },
	{ "* 5 FETCH (UID 5 RFC822.SIZE $)", "fetch n=5 items=9 uid=5 size=0 received=0" },
	{ "* 5 FETCH (UID 5 ENVELOPE ($ $ (($ $ $ $)) $ $ $ $ $ $ $))",
		"fetch n=5 items=17 uid=5 size=0 received=0" },
	{ "* 5 FETCH (UID 5 BODY[HEADER.FIELDS (LIST-ID)] $)",
		"fetch n=5 items=33 uid=5 size=0 received=0" },
	{ "* 5 FETCH (UID 5 EMAILID ($) THREADID $ PREVIEW $ X-GM-LABELS ($ $) X-GM-MSGID $)",
		"fetch n=5 items=6849 uid=5 size=0 received=0" },
	{ "* 5 FETCH (UID 5 X-UNKNOWN $ Y ($))", "fetch n=5 items=257 uid=5 size=0 received=0" },
	{ "$ OK x", "tagged OK text=\"x\"" },
	{ "$ 5 EXISTS", "malformed" },
};

static const char *const empty_literals[] = { "{0}\r\n", "{0+}\r\n", "~{0}\r\n", "{0}\n",
	"{00000000000000000000}\r\n", "\"\"" };

static char *replace(const char *pattern, const char *with) {
	struct buffer out;
	buffer_init(&out, DUMP_MAX);
	for (const char *p = pattern; *p; p++)
		if (*p == '$')
			(void)buffer_append_text(&out, with);
		else
			(void)buffer_append(&out, p, 1);
	(void)buffer_append_text(&out, "\r\n* 1 EXISTS\r\n");
	return buffer_take_text(&out);
}

static void test_empty_literals(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(empties); i++)
		for (size_t j = 0; j < ARRAY_SIZE(empty_literals); j++) {
			CLEANUP_TEXT char *bytes = replace(empties[i].pattern, empty_literals[j]);
			CLEANUP_TEXT char *found = replies(bytes, strlen(bytes));
			const char *last = strrchr(found, '|');
			assert_non_null(last);
			/* whatever it is, the next reply is read as if nothing had been */
			assert_string_equal(last, "|exists n=1");
			if (!empties[i].expected)
				continue;
			size_t n = strlen(empties[i].expected);
			if (strncmp(found, empties[i].expected, n) != 0 || found[n] != '|')
				fail_msg("%s with %s gives %s", empties[i].pattern,
					empty_literals[j], found);
		}
}

/* P-06: each response code ends at each of its bytes. The condition stands all the same. */
static const char *const codes[] = {
	"[ALERT]",
	"[CAPABILITY IMAP4rev1 IDLE X-GM-EXT-1]",
	"[UIDNEXT 4294967295]",
	"[UIDVALIDITY 1]",
	"[HIGHESTMODSEQ 9223372036854775807]",
	"[UNSEEN 12]",
	"[PERMANENTFLAGS (\\Seen \\* \"a b\" {3}\r\nabc)]",
	"[BADCHARSET (utf-8 {1}\r\nx)]",
	"[APPENDUID 1 2:3,9]",
	"[COPYUID 1 2:3,9 4:5,10]",
	"[REFERRAL imap://;AUTH=*@h/[x]]",
	"[BADEVENT (MailboxMetadataChange)]",
	"[NOTIFICATIONOVERFLOW]",
	"[MAILBOXID (F2212ea87-6097-4256-9d51-71338625)]",
	"[METADATA LONGENTRIES 1024]",
	"[X (((((((((()))))))))) ~{2}\r\n]] ]",
};

static void test_codes_cut_anywhere(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		for (size_t n = 1; n <= strlen(codes[i]); n++) {
			/* unless it ends inside a literal, whose bytes are still to come */
			bool is_literal = memchr(codes[i], '{', n) && !memchr(codes[i] + n, '{', 1);
			CLEANUP_TEXT char *bytes = memory_format(
				"A1 NO %.*s\r\n* 1 EXISTS\r\n* 2 EXISTS\r\n", (int)n, codes[i]);
			CLEANUP_TEXT char *found = replies(bytes, strlen(bytes));
			assert_int_equal(strncmp(found, "tagged tag=\"A1\" NO", 18), 0);
			if (!is_literal)
				assert_non_null(strstr(found, "exists n=1"));
			assert_non_null(strstr(found, "exists n=2"));
		}
}

/* P-10: in any text NUL is a question mark, and cuts nothing off. */
static void test_nul(void **state) {
	static const char bytes[] =
		"* STATUS a\0b (MESSAGES 1)\r\n"
		"* STATUS \"a\0b\" (MESSAGES 1)\r\n"
		"* LIST () \"/\" {3}\r\na\0b\r\n"
		"A\0 OK [ALERT] x\0y\r\n"
		"* ID (\"name\" \"GImap\0\")\r\n"
		"+ x\0y\r\n"
		"* 5 FETCH (UID 5 FLAGS (\\Se\0en) ENVELOPE (\"d\0d\" {3}\r\ns\0s ((\"n\0n\" NIL "
		"\"m\0m\" "
		"\"h\0h\")) NIL NIL NIL NIL NIL NIL \"i\0i\") BODY[HEADER.FIELDS (LIST-ID)] "
		"{14}\r\nList-Id: <a\0b> PREVIEW \"p\0p\" EMAILID (e\0e) X-GM-LABELS (l\0l))\r\n"
		"* 5 FETCH (UID 5\0)\r\n* 5\0 EXISTS\r\n\0* 5 EXISTS\r\n* \0\r\n";
	expect(bytes, sizeof(bytes) - 1,
		"status mailbox=\"a?b\" messages=1|status mailbox=\"a?b\" messages=1|"
		"list mailbox=\"a?b\" delimiter=\"/\"|"
		"tagged tag=\"A?\" OK [ALERT] text=\"x?y\"|id quirk=\"gmail\"|"
		"continuation text=\"x?y\"|"
		"fetch n=5 items=6259 uid=5 size=0 received=0 flag=\"\\Se?en\" date=\"d?d\" "
		"subject=\"s?s\" name=\"n?n\" mailbox=\"m?m\" host=\"h?h\" message-id=\"i?i\" "
		"list-id=\"<a?b>\" email-id=\"e?e\" label=\"l?l\" preview=\"p?p\"|"
		"malformed|unknown|malformed|unknown");
}

/* P-17: $ is the number; only what is within its range is told. */
static const struct {
	const char *pattern;
	const char *with[9]; /* in the order of `numbers`; NULL: as `without` */
	const char *without;
} ranges[] = {
	{ "* $ EXISTS",
		{ "exists n=0", "exists n=7", "exists n=4294967295", NULL, NULL, NULL, NULL, NULL,
			NULL },
		"unknown" },
	{ "* $ EXPUNGE",
		{ "malformed", "expunge n=7", "expunge n=4294967295", NULL, NULL, NULL, NULL, NULL,
			NULL },
		"unknown" },
	{ "* 1 FETCH (UID $)",
		{ "malformed", "fetch n=1 items=1 uid=7 size=0 received=0",
			"fetch n=1 items=1 uid=4294967295 size=0 received=0", NULL, NULL, NULL,
			NULL, NULL, NULL },
		"malformed" },
	{ "* STATUS x (UIDNEXT $)",
		{ "status mailbox=\"x\" uidnext=0", "status mailbox=\"x\" uidnext=7",
			"status mailbox=\"x\" uidnext=4294967295", NULL, NULL, NULL, NULL, NULL,
			NULL },
		"status mailbox=\"x\"" },
	{ "* STATUS x (HIGHESTMODSEQ $)",
		{ "status mailbox=\"x\" modseq=0", "status mailbox=\"x\" modseq=7",
			"status mailbox=\"x\" modseq=4294967295",
			"status mailbox=\"x\" modseq=4294967296",
			"status mailbox=\"x\" modseq=9223372036854775807", NULL, NULL, NULL, NULL },
		"status mailbox=\"x\"" },
	{ "* OK [UIDVALIDITY $]",
		{ NULL, "condition OK [UIDVALIDITY 7]", "condition OK [UIDVALIDITY 4294967295]",
			NULL, NULL, NULL, NULL, NULL, NULL },
		"condition OK [UIDVALIDITY]" },
	{ "* OK [HIGHESTMODSEQ $]",
		{ NULL, "condition OK [HIGHESTMODSEQ 7]", "condition OK [HIGHESTMODSEQ 4294967295]",
			"condition OK [HIGHESTMODSEQ 4294967296]",
			"condition OK [HIGHESTMODSEQ 9223372036854775807]", NULL, NULL, NULL,
			NULL },
		"condition OK [HIGHESTMODSEQ]" },
	{ "* VANISHED $",
		{ NULL, "vanished first=7 last=7", "vanished first=4294967295 last=4294967295",
			NULL, NULL, NULL, NULL, NULL, NULL },
		"malformed" },
	{ "* SEARCH 1 $",
		{ NULL, "search count=2", "search count=2", NULL, NULL, NULL, NULL, NULL, NULL },
		"search count=1" },
	{ "* ESEARCH COUNT $",
		{ NULL, "esearch count=7", "esearch count=4294967295", NULL, NULL, NULL, NULL, NULL,
			NULL },
		"esearch count=0" },
};
static const char *const numbers[] = { "0", "0000000007", "4294967295", "4294967296",
	"9223372036854775807", "9223372036854775808", "18446744073709551616", "-1", "7x" };

static void test_numbers(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		for (size_t j = 0; j < ARRAY_SIZE(numbers); j++) {
			CLEANUP_TEXT char *bytes = replace(ranges[i].pattern, numbers[j]);
			const char *with = ranges[i].with[j];
			CLEANUP_TEXT char *found = replies(bytes, strlen(bytes));
			CLEANUP_TEXT char *expected =
				memory_format("%s|exists n=1", with ? with : ranges[i].without);
			/* what is a number, but for EXISTS, is one of an unknown kind */
			if (!with && strncmp(found, "malformed|", 10) == 0)
				continue;
			if (strcmp(found, expected) != 0)
				fail_msg("%s gives %s, not %s", bytes, found, expected);
		}
}

/* P-20: sets are ranges, however long what they name would be. */
static void test_sets(void **state) {
	static const char vanished[] = "* VANISHED (EARLIER) 1:4294967295,4294967295:1,5:1\r\n";
	expect(vanished, sizeof(vanished) - 1,
		"vanished first=1 last=4294967295 earlier|vanished first=1 last=4294967295 earlier|"
		"vanished first=1 last=5 earlier");
	static const char search[] = "* ESEARCH (TAG \"x\") UID ALL 1:4294967295 COUNT 4294967295 "
				     "MIN 1 X-NEW (a (b)) MODSEQ 9\r\n* SEARCH 1:4294967295\r\n";
	expect(search, sizeof(search) - 1, "esearch count=4294967295|search count=0");
}

/* P-24: a pattern of stars against names that nearly match. What took exponential time would not end. */
static void test_patterns(void **state) {
	struct buffer glob, name;
	buffer_init(&glob, DUMP_MAX);
	buffer_init(&name, DUMP_MAX);
	for (unsigned i = 0; i < 200; i++)
		(void)buffer_append_text(&glob, i % 2 == 0 ? "*a" : "%a");
	(void)buffer_append_text(&glob, "*b");
	for (unsigned i = 0; i < 10 * 1024; i++)
		(void)buffer_append_text(&name, "a");
	CLEANUP_TEXT char *stars = buffer_take_text(&glob);
	CLEANUP_TEXT char *letters = buffer_take_text(&name);
	assert_false(imap_pattern_matches(stars, letters, '/'));
	assert_false(imap_pattern_matches(stars, letters, 'a'));
	stars[strlen(stars) - 1] = 'a';
	assert_true(imap_pattern_matches(stars, letters, '/'));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_literals),
		cmocka_unit_test(test_codes_cut_anywhere),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_patterns),
	};
	return cmocka_run_group_tests_name("imap-hostile", tests, NULL, NULL);
}

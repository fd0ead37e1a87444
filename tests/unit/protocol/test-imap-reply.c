#include "protocol/imap-reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/memory.h"
#include "imap-reply-text.h"
#include "protocol/limits.h"

#define DUMP_MAX ((size_t)1024 * 1024)

/* All replies as lines; `step` bytes at a time. */
static char *replies(const void *bytes, size_t n, size_t step) {
	struct imap_reply_reader r;
	struct buffer out;
	imap_reply_init(&r);
	buffer_init(&out, DUMP_MAX);
	for (size_t at = 0; at < n; at += step) {
		size_t part = MIN(step, n - at);
		uint8_t *copy = test_malloc(part);
		memcpy(copy, (const uint8_t *)bytes + at, part);
		struct imap_input in = { .bytes = copy, .n = part };
		struct imap_reply reply;
		while (imap_reply_next(&r, &in, &reply) > 0) {
			if (out.n > 0)
				(void)buffer_append_text(&out, "\n");
			imap_reply_text_append(&out, &reply);
		}
		imap_reply_release(&r);
		test_free(copy);
	}
	imap_reply_deinit(&r);
	return buffer_take_text(&out);
}

struct reply_case {
	const char *bytes;
	const char *replies;
};

static void check(const struct reply_case *cases, size_t n_cases) {
	static const size_t steps[] = { 1, 2, 3, 7, 1000 };
	for (size_t i = 0; i < n_cases; i++)
		for (size_t j = 0; j < ARRAY_SIZE(steps); j++) {
			const char *bytes = cases[i].bytes;
			CLEANUP_TEXT char *found = replies(bytes, strlen(bytes), steps[j]);
			if (strcmp(found, cases[i].replies) != 0)
				fail_msg("%s: %s, not %s", bytes, found, cases[i].replies);
		}
}

static const struct reply_case condition_cases[] = {
	{ "* OK\r\n", "condition OK" },
	{ "* ok hello\r\n", "condition OK text=\"hello\"" },
	{ "* NO x\r\n* BAD y\r\n* BYE z\r\n* PREAUTH w\r\n",
		"condition NO text=\"x\"\ncondition BAD text=\"y\"\n"
		"condition BYE text=\"z\"\ncondition PREAUTH text=\"w\"" },
	{ "A1 OK done\r\n", "tagged tag=\"A1\" OK text=\"done\"" },
	{ "A1 NO\r\n", "tagged tag=\"A1\" NO" },
	{ "7 BAD x\r\n", "tagged tag=\"7\" BAD text=\"x\"" },
	{ "nil OK\r\n", "tagged tag=\"nil\" OK" },
	{ "A1 BYE x\r\nA1 PREAUTH\r\n", "malformed\nmalformed" },
	{ "+\r\n+ \r\n+ AbC=\r\n+ [x] y\r\n+OK\r\n",
		"continuation\ncontinuation\ncontinuation text=\"AbC=\"\n"
		"continuation text=\"[x] y\"\nmalformed" },
	/* codes */
	{ "* OK [ALERT] a\r\n", "condition OK [ALERT] text=\"a\"" },
	{ "* OK [alert]\r\n", "condition OK [ALERT]" },
	{ "* OK [UIDNEXT 5] x\r\n", "condition OK [UIDNEXT 5] text=\"x\"" },
	{ "* OK [UIDNEXT] x\r\n", "condition OK [UIDNEXT] text=\"x\"" },
	{ "* OK [UIDNEXT 5 6] x\r\n", "condition OK [UIDNEXT 5] text=\"x\"" },
	{ "* OK [UIDNEXT 4294967296] x\r\n", "condition OK [UIDNEXT] text=\"x\"" },
	{ "* OK [UIDVALIDITY -1] x\r\n", "condition OK [UIDVALIDITY] text=\"x\"" },
	{ "* OK [UNSEEN 12]\r\n", "condition OK [UNSEEN 12]" },
	{ "* OK [HIGHESTMODSEQ 9223372036854775807]\r\n",
		"condition OK [HIGHESTMODSEQ 9223372036854775807]" },
	{ "* OK [HIGHESTMODSEQ 9223372036854775808]\r\n", "condition OK [HIGHESTMODSEQ]" },
	{ "* OK [NOMODSEQ] x\r\n* OK [CLOSED] y\r\n",
		"condition OK [NOMODSEQ] text=\"x\"\ncondition OK [CLOSED] text=\"y\"" },
	{ "a NO [AUTHENTICATIONFAILED] x\r\n",
		"tagged tag=\"a\" NO [AUTHENTICATIONFAILED] text=\"x\"" },
	{ "a OK [READ-ONLY] x\r\n", "tagged tag=\"a\" OK [READ-ONLY] text=\"x\"" },
	{ "a NO [REFERRAL imap://;AUTH=*@h/] x\r\n", "tagged tag=\"a\" NO [REFERRAL] text=\"x\"" },
	{ "a NO [BADEVENT (MailboxMetadataChange)] x\r\n",
		"tagged tag=\"a\" NO [BADEVENT] text=\"x\"" },
	{ "* NO [NOTIFICATIONOVERFLOW] x\r\n", "condition NO [NOTIFICATIONOVERFLOW] text=\"x\"" },
	{ "* OK [XYZZY a \"b]\" (c {2}\r\n]]) d] x\r\n", "condition OK [other 5] text=\"x\"" },
	{ "* OK [] x\r\n* OK [(a)] x\r\n* OK [\"ALERT\"] x\r\n",
		"condition OK [other] text=\"x\"\ncondition OK [other] text=\"x\"\n"
		"condition OK [other 5] text=\"x\"" },
	{ "* OK [CAPABILITY IMAP4rev1 IDLE] x\r\n",
		"condition OK [CAPABILITY] text=\"x\" capabilities=8" },
	{ "* OK [CAPABILITY] x\r\n", "condition OK [CAPABILITY] text=\"x\"" },
	/* P-06: a code that is none does not make an OK less of an OK */
	{ "A1 OK [CAPABILITY IDLE \"x\r\n", "tagged tag=\"A1\" OK [other]" },
	{ "A1 OK [UIDNEXT {5] y\r\n", "tagged tag=\"A1\" OK [other] text=\"y\"" },
	{ "A1 OK [ALERT )] x\r\n", "tagged tag=\"A1\" OK [other] text=\"x\"" },
};

static void test_conditions(void **state) {
	check(condition_cases, ARRAY_SIZE(condition_cases));
}

static const struct reply_case data_cases[] = {
	{ "* 5 EXISTS\r\n* 0 EXISTS\r\n* 4294967295 exists\r\n",
		"exists n=5\nexists n=0\nexists n=4294967295" },
	{ "* 2 RECENT\r\n* 3 EXPUNGE\r\n", "recent n=2\nexpunge n=3" },
	{ "* 0 EXPUNGE\r\n* 4294967296 EXISTS\r\n* -1 EXISTS\r\n* 5\r\n* 5 \r\n* 5 FOO\r\n* 5 "
	  "\"EXISTS\"\r\n",
		"malformed\nmalformed\nunknown\nmalformed\nmalformed\nmalformed\nmalformed" },
	{ "* CAPABILITY IMAP4rev1 sasl-ir AUTH=PLAIN\r\n* CAPABILITY\r\n",
		"capability capabilities=1 mechanisms=2\ncapability" },
	{ "* FLAGS (\\Seen)\r\n* ENABLED X\r\n* ID NIL\r\n* NAMESPACE NIL NIL NIL\r\n",
		"flags\nenabled\nid\nnamespace kind=0" },
	{ "* XYZZY {3}\r\n\r\n* \"a\" (b))\r\n* XYZZY (\"a\" {3}\r\n* 5)\r\n",
		"malformed\nunknown" },
	/* LIST */
	{ "* LIST (\\Noselect) \"/\" a\r\n* LIST () NIL \"a b\"\r\n* LIST () \"/\" {3}\r\na\"b "
	  "(\"X\" (c))\r\n",
		"list mailbox=\"a\" delimiter=\"/\" attributes=512\nlist mailbox=\"a b\"\n"
		"list mailbox=\"a\"b\" delimiter=\"/\"" },
	{ "* LIST (\\HasChildren \\sent \\Marked) \".\" INBOX.Sent\r\n"
	  "* LIST (\\Subscribed \\NonExistent) \"\\\\\" x\r\n* LIST \"/\" x\r\n",
		"list mailbox=\"INBOX.Sent\" delimiter=\".\" attributes=128\n"
		"list mailbox=\"x\" delimiter=\"\\\" attributes=1024\n"
		"list mailbox=\"x\" delimiter=\"/\"" },
	{ "* LIST () \"/\" New2 (\"OLDNAME\" (New))\r\n* LIST () \"/\" b (X (OLDNAME) OLDNAME "
	  "(\"a b\" c) Y z)\r\n* LIST () \"/\" b (OLDNAME a)\r\n",
		"list mailbox=\"New2\" old=\"New\" delimiter=\"/\"\n"
		"list mailbox=\"b\" old=\"a b\" delimiter=\"/\"\n"
		"list mailbox=\"b\" delimiter=\"/\"" },
	/* NAMESPACE */
	{ "* NAMESPACE ((\"\" \"/\")) ((\"~\" \"/\") (\"#u.\" \".\" \"X\" (\"y\"))) NIL\r\n",
		"namespace kind=0 delimiter=\"/\"\nnamespace prefix=\"~\" kind=1 delimiter=\"/\"\n"
		"namespace prefix=\"#u.\" kind=1 delimiter=\".\"" },
	{ "* NAMESPACE NIL NIL ((\"Public/\" \"/\")(\"x\" NIL))\r\n* 1 EXISTS\r\n",
		"namespace prefix=\"Public/\" kind=2 delimiter=\"/\"\n"
		"namespace prefix=\"x\" kind=2\nexists n=1" },
	{ "* NAMESPACE x\r\n* NAMESPACE ((\"a\" \"/\")) x\r\n* NAMESPACE NIL NIL NIL NIL NIL\r\n",
		"malformed\nnamespace prefix=\"a\" kind=0 delimiter=\"/\"\nmalformed\nmalformed" },
	{ "* LIST\r\n* LIST ()\r\n* LIST () \"/\"\r\n", "malformed\nmalformed\nmalformed" },
	/* STATUS */
	{ "* STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3 UNSEEN 4 HIGHESTMODSEQ 5)\r\n",
		"status mailbox=\"INBOX\" messages=1 uidnext=2 uidvalidity=3 unseen=4 modseq=5" },
	{ "* STATUS \"a b\" ()\r\n* STATUS {1}\r\nx (MESSAGES 0)\r\n* STATUS x\r\n",
		"status mailbox=\"a b\"\nstatus mailbox=\"x\" messages=0\nstatus mailbox=\"x\"" },
	{ "* STATUS x NIL\r\n* STATUS NIL (MESSAGES 1)\r\n",
		"status mailbox=\"x\"\nstatus mailbox=\"NIL\" messages=1" },
	{ "* STATUS x (MAILBOXID (M1) SIZE 9 messages 1 RECENT)\r\n",
		"status mailbox=\"x\" messages=1" },
	{ "* STATUS x (MESSAGES NIL UIDNEXT \"2\" UNSEEN UIDVALIDITY 3)\r\n",
		"status mailbox=\"x\" uidvalidity=3" },
	{ "* STATUS x (MESSAGES 4294967296 UIDNEXT 18446744073709551616 HIGHESTMODSEQ "
	  "9223372036854775808)\r\n",
		"status mailbox=\"x\"" },
	{ "* STATUS\r\n* STATUS (MESSAGES 1)\r\n", "malformed\nmalformed" },
	/* SEARCH */
	{ "* SEARCH\r\n* SEARCH 1 2 3\r\n* SEARCH 4294967295 0 x 4294967296 (MODSEQ 9)\r\n",
		"search count=0\nsearch count=3\nsearch count=1" },
	{ "* ESEARCH (TAG \"a\") UID COUNT 5\r\n* ESEARCH\r\n* ESEARCH UID ALL 1,3:9 MIN 1 COUNT "
	  "7\r\n",
		"esearch count=5\nesearch count=0\nesearch count=7" },
	{ "* ESEARCH (COUNT 9) UID\r\n* ESEARCH COUNT x\r\n* ESEARCH COUNT 4294967296\r\n",
		"esearch count=0\nesearch count=0\nesearch count=0" },
	/* VANISHED, range by range */
	{ "* VANISHED 1,3:5,9:7\r\n",
		"vanished first=1 last=1\nvanished first=3 last=5\nvanished first=7 last=9" },
	{ "* VANISHED (EARLIER) 2\r\n* 1 EXISTS\r\n",
		"vanished first=2 last=2 earlier\nexists n=1" },
	{ "* VANISHED 1,x,3\r\n* VANISHED\r\n* VANISHED 0\r\n* VANISHED 1:2:3\r\n* VANISHED "
	  "1:*\r\n",
		"vanished first=1 last=1\nmalformed\nmalformed\nmalformed\nmalformed\nmalformed" },
	{ "* VANISHED 1:4294967295\r\n", "vanished first=1 last=4294967295" },
	/* neither tag nor star */
	{ "\r\n*\r\n* \r\n(\r\n\"*\" 5 EXISTS\r\nhello\r\nhello world\r\n",
		"malformed\nmalformed\nmalformed\nmalformed\nmalformed\nmalformed\nmalformed" },
	{ "* 1 FETCH\r\n* [UIDNEXT 4]\r\n", "malformed\nunknown" }, /* P-16 */
};

static void test_data(void **state) {
	check(data_cases, ARRAY_SIZE(data_cases));
}

/* FETCH as servers write it, not only as the grammar does. Items: 1 UID, 2 FLAGS, 8 RFC822.SIZE, 32
 * header, 64 EMAILID, 128 THREADID, 256 any other, 512 X-GM-MSGID, 1024 X-GM-THRID, 2048 X-GM-LABELS,
 * 4096 PREVIEW. */
static const struct reply_case fetch_cases[] = {
	/* a header in all its spellings */
	{ "* 5 FETCH (UID 5 BODY[HEADER.FIELDS (LIST-ID PRECEDENCE)] {32}\r\nList-Id: "
	  "<a.b>\r\nPrecedence: bulk)\r\n",
		"fetch n=5 items=33 uid=5 size=0 received=0 list-id=\"<a.b>\" "
		"precedence=\"bulk\"" },
	{ "* 5 FETCH (BODY[HEADER.FIELDS (\"List-Id\" \"Precedence\")] \"List-Id: <a>\" UID 5)\r\n",
		"fetch n=5 items=33 uid=5 size=0 received=0 list-id=\"<a>\"" },
	{ "* 5 fetch (body[header.fields (list-id)] \"LIST-ID:<a>\" uid 5)\r\n",
		"fetch n=5 items=33 uid=5 size=0 received=0 list-id=\"<a>\"" },
	{ "* 5 FETCH (UID 5 BODY.PEEK[HEADER.FIELDS (LIST-ID)] \"List-Id: <a>\")\r\n",
		"fetch n=5 items=33 uid=5 size=0 received=0 list-id=\"<a>\"" },
	{ "* 5 FETCH (UID 5 BODY[HEADER.FIELDS (LIST-ID)]<0> ~{12}\r\nList-Id: <a>)\r\n",
		"fetch n=5 items=33 uid=5 size=0 received=0 list-id=\"<a>\"" },
	{ "* 5 FETCH (UID 5 BODY[HEADER] {27}\r\nFrom: a@b\r\nList-Id: <a>\r\n\r\n)\r\n",
		"fetch n=5 items=33 uid=5 size=0 received=0 list-id=\"<a>\" from=\"a@b\"" },
	{ "* 5 FETCH (UID 5 RFC822.HEADER \"From: =?utf-8?q?a?= <a@b>\")\r\n",
		"fetch n=5 items=33 uid=5 size=0 received=0 from=\"=?utf-8?q?a?= <a@b>\"" },
	/* RFC 8970 and its drafts */
	{ "* 5 FETCH (UID 5 PREVIEW \"Hello\")\r\n* 5 FETCH (UID 5 PREVIEW NIL)\r\n* 5 FETCH (UID "
	  "5 PREVIEW {2}\r\nHi)\r\n* 5 FETCH (UID 5 PREVIEW \"\")\r\n",
		"fetch n=5 items=4097 uid=5 size=0 received=0 preview=\"Hello\"\n"
		"fetch n=5 items=4097 uid=5 size=0 received=0\n"
		"fetch n=5 items=4097 uid=5 size=0 received=0 preview=\"Hi\"\n"
		"fetch n=5 items=4097 uid=5 size=0 received=0" },
	{ "* 5 FETCH (PREVIEW (FUZZY \"Hello\") UID 5)\r\n* 5 FETCH (PREVIEW (LAZY) \"Hello\" UID "
	  "5)\r\n* 5 FETCH (PREVIEW (LAZY) NIL UID 5)\r\n",
		"fetch n=5 items=4097 uid=5 size=0 received=0 preview=\"Hello\"\n"
		"fetch n=5 items=4097 uid=5 size=0 received=0 preview=\"Hello\"\n"
		"fetch n=5 items=4097 uid=5 size=0 received=0" },
	/* RFC 8474, Gmail */
	{ "* 5 FETCH (UID 5 EMAILID (M1) THREADID (T1))\r\n* 5 FETCH (UID 5 EMAILID (M1) THREADID "
	  "NIL)\r\n* 5 FETCH (UID 5 EMAILID M1 THREADID \"T1\")\r\n",
		"fetch n=5 items=193 uid=5 size=0 received=0 email-id=\"M1\" thread-id=\"T1\"\n"
		"fetch n=5 items=193 uid=5 size=0 received=0 email-id=\"M1\"\n"
		"fetch n=5 items=193 uid=5 size=0 received=0 email-id=\"M1\" thread-id=\"T1\"" },
	{ "* 5 FETCH (X-GM-THRID 1266894439832287888 X-GM-MSGID 1278455344230334865 X-GM-LABELS "
	  "(\"\\\\Inbox\" \\Sent Important \"Muy Importante\" {8}\r\n&AOk-t\"x NIL 7) UID 5)\r\n",
		"fetch n=5 items=3585 uid=5 size=0 received=0 email-id=\"1278455344230334865\" "
		"thread-id=\"1266894439832287888\" label=\"\\Inbox\" label=\"\\Sent\" "
		"label=\"Important\" label=\"Muy Importante\" label=\"&AOk-t\"x\" label=\"NIL\" "
		"label=\"7\"" },
	{ "* 5 FETCH (UID 5 X-GM-LABELS () X-GM-MSGID NIL)\r\n* 5 FETCH (UID 5 X-GM-LABELS "
	  "NIL)\r\n",
		"fetch n=5 items=2561 uid=5 size=0 received=0\n"
		"fetch n=5 items=2049 uid=5 size=0 received=0" },
	{ "* 5 FETCH (UID 5 X-GM-MSGID 1 EMAILID (M) THREADID NIL X-GM-THRID 2)\r\n",
		"fetch n=5 items=1729 uid=5 size=0 received=0 email-id=\"M\" thread-id=\"2\"" },
	/* unknown items: any value, two, none */
	{ "* 5 FETCH (X-A (1 (\"b\" {1}\r\n) NIL)) X-B NIL X-C {0}\r\n X-D a]b[c UID 5)\r\n",
		"fetch n=5 items=257 uid=5 size=0 received=0" },
	{ "* 5 FETCH (X-A 1 \"2\" (3) UID 5)\r\n* 5 FETCH (X-A UID 5)\r\n* 5 FETCH (UID 5 X-A)\r\n",
		"fetch n=5 items=257 uid=5 size=0 received=0\n"
		"fetch n=5 items=257 uid=5 size=0 received=0\n"
		"fetch n=5 items=257 uid=5 size=0 received=0" },
	{ "* 5 FETCH (X-A X-B UID 5)\r\n", "fetch n=5 items=257 uid=5 size=0 received=0" },
	{ "* 5 FETCH (UID 5 6)\r\n* 5 FETCH (UID)\r\n* 5 FETCH (UID NIL)\r\n* 5 FETCH (7 UID "
	  "5)\r\n",
		"malformed\nmalformed\nmalformed\nmalformed" },
	/* parentheses and blanks */
	{ "* 5 FETCH ((UID 5 FLAGS (\\Seen)))\r\n* 5 FETCH (((UID 5)))\r\n* 5 FETCH ((UID 5) "
	  "FLAGS ())\r\n* 5 FETCH ((UID 5)\r\n* 5 FETCH (())\r\n",
		"fetch n=5 items=3 uid=5 size=0 received=0 flag=\"\\Seen\"\n"
		"fetch n=5 items=1 uid=5 size=0 received=0\nmalformed\nmalformed\n"
		"fetch n=5 items=0 uid=0 size=0 received=0" },
	{ "*  5  FETCH( UID  5\tFLAGS(\\Seen)RFC822.SIZE 1 )\t\r\r\n",
		"fetch n=5 items=11 uid=5 size=1 received=0 flag=\"\\Seen\"" },
};

static void test_fetch(void **state) {
	check(fetch_cases, ARRAY_SIZE(fetch_cases));
}

static const struct reply_case id_cases[] = {
	{ "* ID (\"name\" \"GImap\" \"vendor\" \"Google, Inc.\" \"version\" \"gmail_imap_1\")\r\n",
		"id quirk=\"gmail\"" },
	{ "* ID (\"version\" \"0.9.4\" \"name\" \"Stalwart IMAP\")\r\n",
		"id quirk=\"stalwart-0.9\"" },
	{ "* ID (\"NAME\" \"Stalwart IMAP\" \"name\" \"GImap\" \"VERSION\" \"0.11\")\r\n", "id" },
	{ "* ID (\"vendor\" \"name\" \"GImap\" \"x\" \"name\" {5}\r\nGImap)\r\n",
		"id quirk=\"gmail\"" },
	{ "* ID (\"a\" NIL \"name\" GImap)\r\n", "id quirk=\"gmail\"" },
	{ "* ID \"name\" \"GImap\"\r\n", "id quirk=\"gmail\"" },
	{ "* ID NIL\r\n* ID ()\r\n* ID\r\n* ID (\"name\")\r\n* ID (\"name\" NIL)\r\n* ID "
	  "(((\"name\" "
	  "\"GImap\")))\r\n* ID (\"x\" (\"name\" \"GImap\") \"name\" ())\r\n",
		"id\nid\nid\nid\nid\nid\nid" },
	{ "* CAPABILITY IMAP4rev1 X-GM-EXT-1\r\n* OK [CAPABILITY X-CM-EXT-1] x\r\n",
		"capability capabilities=256 quirk=\"gmail\"\n"
		"condition OK [CAPABILITY] text=\"x\" capabilities=0 quirk=\"coremail\"" },
};

static void test_id(void **state) {
	check(id_cases, ARRAY_SIZE(id_cases));
}

/* More than a reader looks at, or keeps. */
static void test_long_lists(void **state) {
	struct buffer in;
	buffer_init(&in, (size_t)8 * 1024 * 1024);
	(void)buffer_append_text(&in, "* CAPABILITY");
	for (int i = 0; i < 200; i++)
		(void)buffer_append_format(&in, " X%d", i);
	(void)buffer_append_text(&in, " IDLE\r\n* SEARCH");
	for (int i = 1; i <= 100000; i++)
		(void)buffer_append_format(&in, " %d", i);
	(void)buffer_append_text(&in, "\r\n* STATUS ");
	for (int i = 0; i < 9000; i++)
		(void)buffer_append_text(&in, "x");
	(void)buffer_append_text(&in, " (MESSAGES 1)\r\n");
	CLEANUP_TEXT char *found = replies(buffer_bytes(&in), in.n, 5000);
	assert_string_equal(found, "capability capabilities=0\nsearch count=100000\nmalformed");
	buffer_deinit(&in);
}

/* P-25: a hundred thousand addresses; the message is there, and the memory is not. */
static void test_addresses(void **state) {
	enum {
		N = 100000
	};
	struct buffer in;
	buffer_init(&in, (size_t)8 * 1024 * 1024);
	(void)buffer_append_text(&in, "* 5 FETCH (ENVELOPE (\"d\" \"s\" (");
	for (int i = 0; i < N; i++)
		(void)buffer_append_format(&in, "(NIL NIL \"u%d\" \"h\")", i);
	(void)buffer_append_text(&in, ") (");
	for (int i = 0; i < N; i++)
		(void)buffer_append_text(&in, "(NIL NIL \"u\" \"h\")");
	(void)buffer_append_text(&in, ") NIL NIL NIL NIL NIL \"<m>\") UID 9)\r\n");

	struct imap_reply_reader r;
	struct imap_reply reply = { .kind = IMAP_REPLY_UNKNOWN };
	imap_reply_init(&r);
	for (size_t at = 0; at < in.n; at += 1000) {
		struct imap_input part = { buffer_bytes(&in) + at, MIN(in.n - at, (size_t)1000) };
		(void)imap_reply_next(&r, &part, &reply);
		assert_true(r.arena.allocated + r.lexer.token.allocated <= 4096);
	}
	assert_int_equal(reply.kind, IMAP_REPLY_FETCH);
	const struct imap_message *m = imap_fetch_message(reply.fetch);
	assert_int_equal(m->uid, 9);
	assert_string_equal(m->from.mailbox, "u0");
	assert_string_equal(m->message_id, "<m>");
	imap_reply_deinit(&r);
	buffer_deinit(&in);
}

/* A sender cannot hide who he is behind a subject, a name or groups without end. */
static void test_long_texts(void **state) {
	char *big = memory_zalloc((size_t)100 * 1024 + 1, 1);
	memset(big, 'b', (size_t)100 * 1024);
	CLEANUP_TEXT char *input =
		memory_format("* 5 FETCH (FLAGS (%s \\Seen) ENVELOPE ({102400}\r\n%s "
			      "{102400}\r\n%s (({102400}\r\n%s NIL NIL NIL)({102400}\r\n%s NIL "
			      "\"bob\" \"x\")) NIL NIL NIL NIL NIL NIL \"<m>\") UID 9)\r\n",
			big, big, big, big, big);
	free(big);
	struct imap_reply_reader r;
	struct imap_reply reply;
	imap_reply_init(&r);
	struct imap_input in = { (const uint8_t *)input, strlen(input) };
	assert_int_equal(imap_reply_next(&r, &in, &reply), 1);
	assert_int_equal(reply.kind, IMAP_REPLY_FETCH);
	const struct imap_message *m = imap_fetch_message(reply.fetch);
	assert_int_equal(m->uid, 9);
	assert_int_equal(strlen(m->subject), IMAP_TOKEN_MAX);
	assert_int_equal(strlen(m->from.name), IMAP_TOKEN_MAX);
	assert_string_equal(m->from.mailbox, "bob");
	assert_string_equal(m->from.host, "x");
	assert_string_equal(m->message_id, "<m>");
	assert_string_equal(m->flags[0], "\\Seen");
	assert_true(imap_fetch_is_seen(reply.fetch));
	imap_reply_deinit(&r);
}

/* Nothing is held between replies, and nothing is lost by giving back in the middle of one. */
static void test_release(void **state) {
	struct imap_reply_reader r;
	struct imap_reply reply;
	imap_reply_init(&r);
	struct imap_input in = {
		(const uint8_t *)"A1 OK [ALERT] x\r\n* 5 FETCH (UID 9 ENVELOPE (\"d\" \"su", 51
	};
	assert_int_equal(imap_reply_next(&r, &in, &reply), 1);
	assert_int_equal(imap_reply_next(&r, &in, &reply), 0);
	imap_reply_release(&r);
	in = (struct imap_input){ (const uint8_t *)"b\"))\r\n", 6 };
	assert_int_equal(imap_reply_next(&r, &in, &reply), 1);
	assert_string_equal(imap_fetch_message(reply.fetch)->subject, "sub");
	imap_reply_release(&r);
	assert_null(r.fetch);
	assert_int_equal(r.arena.allocated + r.lexer.token.allocated, 0);
	imap_reply_deinit(&r);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_data),
		cmocka_unit_test(test_fetch),
		cmocka_unit_test(test_id),
		cmocka_unit_test(test_long_lists),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_long_texts),
		cmocka_unit_test(test_release),
	};
	return cmocka_run_group_tests_name("imap-reply", tests, NULL, NULL);
}

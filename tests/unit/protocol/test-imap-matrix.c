/* P-04: everything that a server may say, at every place of a session. What must not happen is an
 * event that no rule allows, a crash, or a clock that stands still. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "imap-driver.h"
#include "imap-event-text.h"

#define AT(place) (1u << IMAP_DRIVER_##place)
#define CLEAR AT(STARTTLS)
#define LOGGING_IN (AT(CAPABILITY) | AT(AUTHENTICATE) | AT(LOGIN))
#define ASKING (AT(FETCHING) | AT(ENDING_IDLE))
#define PUSHED (AT(TOLD) | AT(AWAITING))
#define WATCHING                                                                          \
	(ASKING | PUSHED | AT(IDLE_STARTING) | AT(IDLING) | AT(COUNTING) | AT(RETRYING) | \
		AT(POLLING) | AT(NOTIFYING))
#define OPEN (AT(OPENING) | AT(VISITING) | WATCHING | AT(LEAVING))
#define ANYWHERE (~0u)

/* $ is the tag of the last command. */
static const char *const data[] = {
	"* 5 EXISTS",
	"* 4 EXISTS",
	"* 3 EXISTS",
	"* 0 EXISTS",
	"* 4294967295 EXISTS",
	"* EXISTS",
	"* 1 RECENT",
	"* 1 EXPUNGE",
	"* 4 EXPUNGE",
	"* 99 EXPUNGE",
	"* 0 EXPUNGE",
	"* 1 FETCH (FLAGS (\\Seen))",
	"* 1 FETCH (UID 1 FLAGS ())",
	"* 99 FETCH (FLAGS ())",
	"* 4 FETCH (UID 4 FLAGS () RFC822.SIZE 1 ENVELOPE NIL)",
	"* 1 FETCH",
	"* 1 FETCH ()",
	"* 1 FETCH (RFC822.SIZE 1)",
	"* 1 FETCH (UID 0)",
	"* VANISHED 1",
	"* VANISHED 1:4294967295",
	"* VANISHED (EARLIER) 1:3",
	"* VANISHED x",
	"* NO NOTIFY error, some events may have got lost",
	"* LIST (\\NonExistent) \"/\" Work",
	"* LIST () \"/\" New (\"OLDNAME\" (Work))",
	"* LIST () \"/\" INBOX",
	"* LSUB () \"/\" INBOX",
	"* XLIST () \"/\" INBOX",
	"* FLAGS (\\Seen)",
	"* SEARCH",
	"* SEARCH 1 2 3",
	"* ESEARCH (TAG \"x\") UID COUNT 3",
	"* SORT 1 2",
	"* THREAD (1 2)",
	"* ENABLED QRESYNC",
	"* ID (\"name\" \"x\")",
	"* ID NIL",
	"* NAMESPACE NIL NIL NIL",
	"* QUOTA \"\" (STORAGE 1 2)",
	"* ACL INBOX a b",
	"* STATUS Work (MESSAGES 9 UIDNEXT 99)",
	"* STATUS Work (MESSAGES 6 UIDNEXT 7 UIDVALIDITY 7 UNSEEN 2)",
	"* STATUS INBOX ()",
	"* STATUS INBOX (MESSAGES 4 UIDNEXT 5 UIDVALIDITY 7 UNSEEN 1)",
	"* STATUS INBOX (MESSAGES 5 UIDNEXT 6)",
	"* STATUS INBOX (UIDNEXT 2)",
	"* STATUS INBOX (UIDVALIDITY 8)",
	"* STATUS INBOX (UIDVALIDITY 0)",
	"* METADATA INBOX /x",
	"* XYZZY (a {3}\r\n\r\n* \"b\")",
	"* LANGUAGE (EN)",
	"* CONVERSIONS",
	"*",
	"* ",
	"",
	" ",
	"* (",
	"* \"x",
	"* 5",
	"* 5 5",
	"* [UIDNEXT 4]",
	"hello world",
	"(",
	")",
	"\"",
	"{",
};

static const char *const new_message = "* 5 FETCH (UID 5 FLAGS () RFC822.SIZE 1 ENVELOPE (NIL "
				       "\"s\" NIL NIL NIL NIL NIL NIL NIL NIL))";

static const char *const codes[] = {
	"",
	"[ALERT] ",
	"[APPENDUID 7 9] ",
	"[AUTHENTICATIONFAILED] ",
	"[AUTHORIZATIONFAILED] ",
	"[BADCHARSET (X)] ",
	"[BADEVENT] ",
	"[CAPABILITY IMAP4rev1 IDLE] ",
	"[CLIENTBUG] ",
	"[CLOSED] ",
	"[COMPRESSIONACTIVE] ",
	"[CONTACTADMIN] ",
	"[COPYUID 7 1 2] ",
	"[EXPIRED] ",
	"[HIGHESTMODSEQ 5] ",
	"[INUSE] ",
	"[LIMIT] ",
	"[MAILBOXID (x)] ",
	"[MODIFIED 1] ",
	"[NOMODSEQ] ",
	"[NONEXISTENT] ",
	"[NOTIFICATIONOVERFLOW] ",
	"[OVERQUOTA] ",
	"[PARSE] ",
	"[PERMANENTFLAGS (\\*)] ",
	"[PRIVACYREQUIRED] ",
	"[READ-ONLY] ",
	"[READ-WRITE] ",
	"[REFERRAL imap://evil/] ",
	"[SERVERBUG] ",
	"[TRYCREATE] ",
	"[UIDNEXT 5] ",
	"[UIDNEXT 9] ",
	"[UIDNEXT 0] ",
	"[UIDNOTSTICKY] ",
	"[UIDVALIDITY 7] ",
	"[UIDVALIDITY 8] ",
	"[UIDVALIDITY 0] ",
	"[UNAVAILABLE] ",
	"[UNKNOWN-CTE] ",
	"[UNSEEN 1] ",
	"[XYZZY] ",
	"[",
	"[UIDNEXT ",
	"[] ",
};

/* The first rule that fits says which events may come, by their first words, parted by |; after a !
 * one must. */
static const struct rule {
	const char *said; /* its beginning */
	const char *code; /* what it holds, or NULL */
	unsigned places;
	const char *events;
} rules[] = {
	{ "", NULL, AT(CLOSED), "" },

	/* in the clear, and before anything */
	{ "$ OK", NULL, CLEAR, "!want-tls" },
	{ "$ ", NULL, CLEAR, "!closed starttls-refused" },
	{ "+", NULL, CLEAR, "!closed starttls-refused" },
	{ "* BYE", NULL, CLEAR, "!closed server-closed" },
	{ "* CAPABILITY", NULL, CLEAR, "" },
	{ "* OK", NULL, AT(GREETING), "" },
	{ "* NO", NULL, AT(GREETING), "!closed protocol-error" },
	{ "* BAD", NULL, AT(GREETING), "!closed protocol-error" },
	{ "* PREAUTH", NULL, AT(GREETING), "!closed unexpected-preauth" },
	{ "A1 ", NULL, CLEAR | AT(GREETING), "!closed unexpected-tag" },
	{ "* BYE", "[LIMIT]", AT(GREETING), "!closed limit" },
	{ "", NULL, CLEAR, "!closed unexpected-untagged|closed protocol-error" },

	/* BYE ends everything, for the reason it gives */
	{ "* BYE", NULL, AT(LEAVING), "!closed none" },
	/* which may be that of the mailbox that is opened just now */
	{ "* BYE", NULL, AT(VISITING), "!mailbox Work watched here|closed" },
	{ "* BYE", "[UNAVAILABLE]", ANYWHERE, "!closed unavailable" },
	{ "* BYE", "[INUSE]", ANYWHERE, "!closed unavailable" },
	{ "* BYE", "[SERVERBUG]", ANYWHERE, "!closed unavailable" },
	{ "* BYE", "[CONTACTADMIN]", ANYWHERE, "!closed unavailable" },
	{ "* BYE", "[LIMIT]", ANYWHERE, "!closed limit" },
	{ "* BYE", "[AUTH", ANYWHERE, "!closed auth-failed" },
	{ "* BYE", "[EXPIRED]", ANYWHERE, "!closed auth-failed" },
	{ "* BYE", "[PRIVACYREQUIRED]", ANYWHERE, "!closed no-mechanism" },
	{ "* BYE", NULL, ANYWHERE, "!closed server-closed" },
	{ "", NULL, AT(GREETING), "!closed" },

	/* tags */
	{ "A1 ", NULL, ANYWHERE, "!closed unexpected-tag" },
	{ "$ ", NULL, AT(RETRYING) | AT(POLLING), "!closed unexpected-tag" },
	{ "$ OK", "[CAPABILITY", AT(CAPABILITY), "" },
	{ "$ ", NULL, AT(CAPABILITY), "!closed protocol-error" },
	{ "$ OK", "[ALERT]", AT(AUTHENTICATE) | AT(LOGIN), "!alert" },
	{ "$ OK", NULL, AT(AUTHENTICATE) | AT(LOGIN), "" },
	{ "$ NO", NULL, AT(AUTHENTICATE) | AT(LOGIN),
		"!closed auth-failed|closed unavailable|closed limit|closed no-mechanism" },
	{ "$ ", NULL, AT(AUTHENTICATE) | AT(LOGIN),
		"!closed protocol-error|closed auth-failed|closed unavailable|closed limit|closed "
		"no-mech" },
	{ "$ ", "[ALERT]", AT(VISITING) | AT(NOTIFYING), "!alert|mailbox Work watched gone" },
	{ "$ NO", NULL, AT(VISITING), "mailbox Work watched gone" },
	{ "$ ", NULL, AT(VISITING) | AT(NOTIFYING), "" },
	{ "$ OK", "[ALERT]", WATCHING | AT(OPENING), "!alert|cursor|counts" },
	{ "$ OK", NULL, AT(OPENING), "" },
	{ "$ ", NULL, AT(OPENING),
		"!mailbox INBOX watched gone|closed no-mailbox|closed auth-failed|closed "
		"unavailable|closed limit|closed "
		"no-mech" },
	{ "$ OK", NULL, AT(FETCHING), "!cursor" },
	{ "$ OK", NULL, WATCHING, "counts" },
	{ "$ ", NULL, AT(LEAVING), "!closed none" },
	{ "$ ", NULL, AT(COUNTING), "alert|counts" },
	{ "$ ", "[ALERT]", WATCHING, "!alert|online poll|closed push-refused" },
	/* back from NOTIFY there is no way on this connection */
	{ "$ ", NULL, PUSHED,
		"closed push-refused|closed auth-failed|closed limit|closed no-mech|closed "
		"unavailable" },
	{ "* ", "[NOTIFICATIONOVERFLOW]", PUSHED, "!closed push-refused" },
	/* the codes that end a session wherever they stand; others make IDLE a poll */
	{ "$ ", NULL, ASKING, "closed auth-failed|closed limit|closed no-mechanism" },
	{ "$ ", NULL, AT(IDLE_STARTING) | AT(IDLING),
		"online poll|closed auth-failed|closed limit|closed no-mech|closed unavailable" },

	{ "* OK", "[ALERT]", OPEN, "!alert" },
	{ "* NO", "[ALERT]", OPEN, "!alert" },
	{ "* BAD", "[ALERT]", OPEN, "!alert" },
	{ "* PREAUTH", "[ALERT]", OPEN, "!alert" },
	{ "* 5 FETCH (UID 5", NULL, ASKING, "!message" },
	{ "* 5 FETCH (UID 5", NULL, PUSHED, "!message|cursor" },
	{ "* LIST ", "Work", AT(VISITING), "mailbox Work watched gone" },
	/* numbered anew: it is opened anew, and its counts are told before */
	{ "* ", "UIDVALIDITY 8", AT(AWAITING), "counts" },
	{ "+", NULL, AT(IDLE_STARTING), "!online idle" },
	{ "", NULL, ANYWHERE, "" },
};

static const struct rule *rule_for(const char *said, enum imap_driver_place place) {
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (strncmp(said, rules[i].said, strlen(rules[i].said)) == 0 &&
			(rules[i].places & 1u << place) &&
			(!rules[i].code || strstr(said, rules[i].code)))
			return &rules[i];
	return NULL;
}

static bool is_allowed(const char *event, const char *allowed) {
	for (const char *p = *allowed == '!' ? allowed + 1 : allowed; *p;) {
		size_t n = strcspn(p, "|");
		if (strncmp(event, p, n) == 0)
			return true;
		p += n + (p[n] == '|' ? 1 : 0);
	}
	return false;
}

/* Takes the events that are there; whether one came that had to. */
static bool take_events(struct imap_driver *d, const struct rule *rule, const char *what) {
	struct imap_event event;
	bool came = *rule->events != '!';
	while (imap_session_next(d->session, &event) > 0) {
		struct buffer out;
		buffer_init(&out, (size_t)1024 * 1024);
		imap_event_text_append(&out, &event);
		CLEANUP_TEXT char *text = buffer_take_text(&out);
		if (!is_allowed(text, rule->events))
			fail_msg("%s: %s, not %s", what, text, rule->events);
		came = true;
	}
	imap_driver_send(d);
	return came;
}

/* Time goes on without a word of the server: the session ends, or waits, but does not spin. */
static void pass_an_hour(struct imap_driver *d, const char *what) {
	struct imap_event event;
	uint64_t end = d->now_usec + USEC_PER_HOUR;
	for (int i = 0; imap_session_deadline(d->session) <= end; i++) {
		if (i > 100)
			fail_msg("%s: a clock that stands still", what);
		d->now_usec = MAX(d->now_usec, imap_session_deadline(d->session));
		imap_session_tick(d->session, d->now_usec);
		while (imap_session_next(d->session, &event) > 0)
			assert_true(event.kind == IMAP_EVENT_CLOSED ||
				    event.kind == IMAP_EVENT_COUNTS ||
				    event.kind == IMAP_EVENT_ONLINE);
		imap_driver_send(d);
	}
}

static void say_at(const char *said, enum imap_driver_place place) {
	struct imap_driver d;
	CLEANUP_TEXT char *what =
		memory_format("\"%s\" at %s", said, imap_driver_place_name(place));
	const struct rule *rule = rule_for(said, place);
	imap_driver_lead(&d, place);
	if (*said == '$' && d.n_tags == 0) {
		imap_session_free(d.session);
		return;
	}
	if (*said == '$')
		imap_driver_say(&d, "%s%s", d.tags[d.n_tags - 1], said + 1);
	else
		imap_driver_say(&d, "%s", said);
	if (!take_events(&d, rule, what))
		fail_msg("%s: nothing, not %s", what, rule->events);
	pass_an_hour(&d, what);
	imap_session_free(d.session);
}

static void say_everywhere(const char *said) {
	for (unsigned place = 0; place < IMAP_DRIVER_COUNT_; place++)
		say_at(said, place);
}

static void test_data(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(data); i++)
		say_everywhere(data[i]);
	say_everywhere(new_message);
}

static void test_codes(void **state) {
	static const char *const heads[] = { "* OK", "* NO", "* BAD", "* BYE", "* PREAUTH", "+",
		"A1 OK", "A1 NO", "$ OK", "$ NO", "$ BAD" };
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		for (size_t j = 0; j < ARRAY_SIZE(codes); j++) {
			CLEANUP_TEXT char *said = memory_format("%s %swords", heads[i], codes[j]);
			say_everywhere(said);
		}
	say_everywhere("* CAPABILITY IMAP4rev1 IDLE");
	say_everywhere("+");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_data),
		cmocka_unit_test(test_codes),
	};
	return cmocka_run_group_tests_name("imap-matrix", tests, NULL, NULL);
}

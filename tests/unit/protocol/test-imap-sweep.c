/* Servers that promise to tell of new mail and do not, over days: every message is found within a
 * quarter of an hour, once, and the server is believed less and less; a day later it gets another
 * chance. The server here does all that it is asked, but talks by itself only as far as it is not
 * deaf. */
#include "protocol/imap-session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"

#define BOXES_MAX 2
#define MESSAGES_MAX 1000

struct box {
	const char *name;
	bool is_deaf; /* nothing is told of it */
	uint32_t n; /* messages; UIDs are numbers */
	uint64_t came_usec[MESSAGES_MAX];
	uint32_t n_heard; /* by events */
	struct imap_cursor cursor;
};

struct server {
	const char *capabilities;
	bool is_noop_deaf;
	struct box boxes[BOXES_MAX];
	unsigned n_boxes;
	struct box *selected;
	bool is_armed;
	char idle[8]; /* the tag of an IDLE that runs */
	struct imap_session *session;
	struct imap_proof proof;
	uint64_t now_usec;
	struct buffer story; /* what the session says of its means, a word each */
	unsigned n_logins;
};

static void say(struct server *s, const char *format, ...) PRINTF_LIKE(2, 3);
static void say(struct server *s, const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	CLEANUP_TEXT char *line = memory_vformat(format, arguments);
	va_end(arguments);
	imap_session_tick(s->session, s->now_usec);
	imap_session_feed(s->session, line, strlen(line));
	imap_session_feed(s->session, "\r\n", 2);
}

static void say_status(struct server *s, const struct box *box) {
	say(s, "* STATUS %s (MESSAGES %u UIDNEXT %u UIDVALIDITY 7 UNSEEN %u)", box->name, box->n,
		box->n + 1, box->n);
}

static void say_message(struct server *s, uint32_t uid) {
	say(s,
		"* %u FETCH (UID %u FLAGS () RFC822.SIZE 1 ENVELOPE (NIL \"s\" NIL NIL NIL NIL NIL "
		"NIL NIL NIL))",
		uid, uid);
}

static void say_exists(struct server *s) {
	say(s, "* %u EXISTS", s->selected->n);
}

static struct box *find_box(struct server *s, const char *rest) {
	for (unsigned i = 0; i < s->n_boxes; i++)
		if (strncmp(rest, s->boxes[i].name, strlen(s->boxes[i].name)) == 0)
			return &s->boxes[i];
	return NULL;
}

static void on_examine(struct server *s, const char *rest) {
	s->selected = find_box(s, rest);
	assert_non_null(s->selected);
	say_exists(s);
	say(s, "* 0 RECENT");
	say(s, "* OK [UIDVALIDITY 7] ok");
	say(s, "* OK [UIDNEXT %u] ok", s->selected->n + 1);
}

static void on_notify(struct server *s, const char *rest) {
	s->is_armed = text_starts_nocase(rest, "SET");
	for (unsigned i = 0; s->is_armed && i < s->n_boxes; i++)
		if (&s->boxes[i] != s->selected)
			say_status(s, &s->boxes[i]);
}

static void on_uid(struct server *s, const char *rest) {
	uint32_t first = 0, last = s->selected->n;
	if (text_starts_nocase(rest, "SEARCH")) {
		say(s, "* ESEARCH UID COUNT %u", s->selected->n);
		return;
	}
	if (text_starts_nocase(rest, "FETCH * ")) {
		say(s, "* %u FETCH (UID %u)", last, last);
		return;
	}
	if (sscanf(rest, "FETCH %u:%u ", &first, &last) < 1)
		return;
	if (strstr(rest, " (UID FLAGS)"))
		return; /* of announced ones: all gone, for all that it matters here */
	for (uint32_t uid = MIN(first, s->selected->n); uid <= MIN(last, s->selected->n); uid++)
		say_message(s, uid);
}

static void on_command(struct server *s, const char *line) {
	char tag[8] = "";
	const char *rest = line + 7;
	memcpy(tag, line, 6);
	if (text_starts_nocase(line, "DONE")) {
		say(s, "%s OK done", s->idle);
		s->idle[0] = '\0';
		return;
	}
	if (text_starts_nocase(rest, "AUTHENTICATE")) {
		say(s, "%s OK [CAPABILITY %s] in", tag, s->capabilities);
		return;
	}
	if (text_starts_nocase(rest, "IDLE")) {
		say(s, "+ idling");
		memcpy(s->idle, tag, sizeof(s->idle));
		return;
	}
	if (text_starts_nocase(rest, "STATUS"))
		say_status(s, find_box(s, rest + 7));
	else if (text_starts_nocase(rest, "EXAMINE"))
		on_examine(s, rest + 8);
	else if (text_starts_nocase(rest, "NOTIFY"))
		on_notify(s, rest + 7);
	else if (text_starts_nocase(rest, "UID"))
		on_uid(s, rest + 4);
	else if (text_starts_nocase(rest, "NOOP") && !s->is_noop_deaf)
		say_exists(s);
	say(s, "%s OK done", tag);
}

static void note(struct server *s, const char *word, enum reason reason) {
	(void)buffer_append_format(&s->story, "%s%s%s ", word, reason == REASON_NONE ? "" : ":",
		reason_to_string(reason));
}

static void on_message(struct server *s, const struct imap_event *event) {
	struct box *box = find_box(s, event->mailbox);
	uint32_t uid = event->message->uid;
	assert_int_equal(uid, box->n_heard + 1);
	box->n_heard = uid;
	assert_true(s->now_usec - box->came_usec[uid] <= IMAP_SWEEP_USEC);
}

static void begin_session(struct server *s) {
	s->n_logins++;
	s->is_armed = false;
	s->idle[0] = '\0';
	s->session = imap_session_new(&(struct imap_login){
		.login = { .host = "imap.example.org", .user = "alice", .secret = "alice-pw" },
		.security = IMAP_SECURITY_TLS,
		.tag_seed = s->n_logins,
		.proof = &s->proof,
	});
	for (unsigned i = 0; i < s->n_boxes; i++) {
		struct imap_memory memory = { .cursor = s->boxes[i].cursor };
		imap_session_watch(s->session, s->boxes[i].name);
		if (memory.cursor.uidvalidity != 0)
			imap_session_remember(s->session, s->boxes[i].name, &memory);
	}
	imap_session_tick(s->session, s->now_usec);
	say(s, "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready");
}

/* True: the session goes on. */
static bool on_event(struct server *s, const struct imap_event *event) {
	switch (event->kind) {
	case IMAP_EVENT_ONLINE:
		note(s, event->strategy, event->reason);
		break;
	case IMAP_EVENT_MESSAGE:
		on_message(s, event);
		break;
	case IMAP_EVENT_BASELINE:
	case IMAP_EVENT_CURSOR:
		find_box(s, event->mailbox)->cursor = event->cursor;
		break;
	case IMAP_EVENT_CLOSED:
		note(s, "closed", event->reason);
		s->proof = imap_session_proof(s->session);
		s->session = imap_session_free(s->session);
		return false;
	default:
		break;
	}
	return true;
}

/* What the session says, line by line, to its server. */
static bool listen(struct server *s) {
	const uint8_t *bytes;
	size_t n = imap_session_output(s->session, &bytes);
	CLEANUP_TEXT char *said = memory_strndup((const char *)bytes, n);
	imap_session_sent(s->session, n);
	for (char *line = said, *end; (end = strstr(line, "\r\n")); line = end + 2) {
		*end = '\0';
		on_command(s, line);
	}
	return n > 0;
}

static void settle(struct server *s) {
	struct imap_event event;
	do {
		while (imap_session_next(s->session, &event) > 0) {
			if (on_event(s, &event))
				continue;
			s->now_usec += 10 * USEC_PER_SEC;
			begin_session(s);
		}
	} while (listen(s));
}

static void deliver(struct server *s, struct box *box) {
	box->came_usec[++box->n] = s->now_usec;
	if (box->is_deaf || !s->idle[0])
		return;
	if (box == s->selected) {
		say_exists(s);
		if (s->is_armed)
			say_message(s, box->n);
	} else if (s->is_armed) {
		say_status(s, box);
	}
	settle(s);
}

/* A message for each mailbox every seventeen minutes. */
static void live(struct server *s, uint64_t usec) {
	uint64_t end = s->now_usec + usec, mail_usec = s->now_usec;
	while (s->now_usec < end) {
		mail_usec += 17 * USEC_PER_MINUTE;
		for (uint64_t next; (next = imap_session_deadline(s->session)) < mail_usec;) {
			s->now_usec = MAX(s->now_usec, next);
			imap_session_tick(s->session, s->now_usec);
			settle(s);
		}
		s->now_usec = MAX(s->now_usec, mail_usec);
		for (unsigned i = 0; i < s->n_boxes; i++)
			deliver(s, &s->boxes[i]);
	}
}

/* What is said of the means, from the beginning, after so much time. */
static void check(struct server *s, uint64_t usec, const char *story) {
	buffer_init(&s->story, (size_t)64 * 1024);
	s->now_usec = USEC_PER_HOUR;
	begin_session(s);
	settle(s);
	live(s, usec);
	CLEANUP_TEXT char *text = buffer_take_text(&s->story);
	assert_string_equal(text, story);
	for (unsigned i = 0; i < s->n_boxes; i++) {
		assert_true(s->boxes[i].n > 50);
		assert_true(s->boxes[i].n_heard >= s->boxes[i].n - 1);
	}
	imap_session_free(s->session);
}

#define NOTIFY "IMAP4rev1 IDLE ESEARCH NOTIFY"
#define IDLE "IMAP4rev1 IDLE ESEARCH"
#define DAY (24 * USEC_PER_HOUR)

static void test_good(void **state) {
	struct server s = {
		.capabilities = NOTIFY,
		.boxes = { { .name = "INBOX" }, { .name = "Work" } },
		.n_boxes = 2,
	};
	check(&s, DAY, "notify ");
	assert_int_equal(s.n_logins, 1);
}

static void test_good_idle(void **state) {
	struct server s = { .capabilities = IDLE, .boxes = { { .name = "INBOX" } }, .n_boxes = 1 };
	check(&s, DAY, "idle ");
}

/* It takes everything and tells nothing. A day later IDLE is tried again, and missed once. */
static void test_deaf(void **state) {
	struct server s = {
		.capabilities = NOTIFY,
		.boxes = { { .name = "INBOX", .is_deaf = true } },
		.n_boxes = 1,
	};
	check(&s, DAY, "notify closed:push-silent idle:push-silent poll:push-silent ");
	assert_int_equal(s.n_logins, 2);
}

static void test_retest(void **state) {
	struct server s = {
		.capabilities = IDLE,
		.boxes = { { .name = "INBOX", .is_deaf = true } },
		.n_boxes = 1,
	};
	check(&s, 2 * DAY, "idle poll:push-silent idle poll:push-silent ");
}

/* Not even NOOP tells; only what is asked by UID. */
static void test_deaf_noop(void **state) {
	struct server s = {
		.capabilities = NOTIFY,
		.is_noop_deaf = true,
		.boxes = { { .name = "INBOX", .is_deaf = true } },
		.n_boxes = 1,
	};
	check(&s, DAY, "notify closed:push-silent idle:push-silent poll:push-silent ");
}

/* INBOX is told of, and the others are not: IDLE promises no more than that. */
static void test_deaf_for_others(void **state) {
	struct server s = {
		.capabilities = NOTIFY,
		.boxes = { { .name = "INBOX" }, { .name = "Work", .is_deaf = true } },
		.n_boxes = 2,
	};
	check(&s, DAY, "notify closed:push-silent idle:push-silent ");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_good_idle),
		cmocka_unit_test(test_deaf),
		cmocka_unit_test(test_retest),
		cmocka_unit_test(test_deaf_noop),
		cmocka_unit_test(test_deaf_for_others),
	};
	return cmocka_run_group_tests_name("imap-sweep", tests, NULL, NULL);
}

/* P-28: no loop of commands and answers. A server that answers everything at once, and always the
 * same, however contradictory, gets a bounded number of commands before time must pass; then only so
 * many in a while. */
#include "protocol/imap-session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/memory.h"

/* Login, opening, a fetch given up step by step, IDLE tried in vain, and some visits of two mailboxes
 * until it is clear that they lead nowhere. */
#define AT_ONCE_MAX 96
/* A server that says in each IDLE that flags have changed is asked which every second; a mailbox that
 * contradicts itself is opened some times in a minute. */
#define IN_A_WHILE_MAX 2500
#define A_WHILE (10 * USEC_PER_MINUTE)

#define SERVERS 1500
#define A_PRIME 7919

static const char *const capabilities[] = { "IMAP4rev1", "IMAP4rev1 IDLE",
	"IMAP4rev1 IDLE ID ENABLE CONDSTORE QRESYNC ESEARCH OBJECTID PREVIEW LIST-STATUS" };

/* What the server says to each command before its tagged answer. */
static const char *const statuses[] = {
	"",
	"* STATUS INBOX (MESSAGES 4 UIDNEXT 5 UIDVALIDITY 7 UNSEEN 1)\r\n",
	("* STATUS INBOX (MESSAGES 9 UIDNEXT 50 UIDVALIDITY 7 UNSEEN 1)\r\n"
	 "* STATUS Work (MESSAGES 9 UIDNEXT 50 UIDVALIDITY 7 UNSEEN 8)\r\n"),
	"* STATUS INBOX (MESSAGES 9)\r\n* STATUS Work (MESSAGES 9)\r\n",
	"* STATUS INBOX (UIDVALIDITY 8)\r\n* STATUS Work (UIDNEXT 2 UNSEEN 3)\r\n",
};
static const char *const examined[] = {
	"* 4 EXISTS\r\n* OK [UIDVALIDITY 7]\r\n* OK [UIDNEXT 5]\r\n",
	"* 9 EXISTS\r\n* OK [UIDVALIDITY 7]\r\n* OK [UIDNEXT 50]\r\n",
	"* 9 EXISTS\r\n* OK [UIDVALIDITY 7]\r\n",
	"* 0 EXISTS\r\n* OK [UIDVALIDITY 7]\r\n* OK [UIDNEXT 9]\r\n* 1 EXISTS\r\n",
};
static const char *const fetched[] = {
	"",
	"* 4 FETCH (UID 4 FLAGS (\\Seen) RFC822.SIZE 1)\r\n",
	"* 9 FETCH (UID 49 FLAGS () RFC822.SIZE 1)\r\n* 9 EXISTS\r\n",
	"* 1 EXPUNGE\r\n* 9 EXISTS\r\n* 2 FETCH (FLAGS ())\r\n",
};
static const char *const idles[] = { "+ idling\r\n", "+ idling\r\n* 9 EXISTS\r\n",
	"! OK at once\r\n", "! NO\r\n", "! BAD\r\n", "+\r\n! OK at once\r\n",
	"+\r\n* 1 FETCH (FLAGS ())\r\n" };
static const char *const ends[] = { "OK", "NO no", "BAD what?" };

struct habits {
	size_t capability, status, examine, fetch, idle, fetch_end, other_end;
};

struct world {
	struct imap_session *session;
	struct habits habits;
	uint64_t now_usec;
	char idle[8]; /* the tag of the IDLE that runs */
	unsigned n_commands;
	bool is_closed;
};

static void say(struct world *w, const char *text, const char *tag) {
	for (const char *p = text; *p; p++)
		if (*p == '!')
			imap_session_feed(w->session, tag, strlen(tag));
		else
			imap_session_feed(w->session, p, 1);
}

static void end(struct world *w, const char *tag, const char *how) {
	CLEANUP_TEXT char *line = memory_format("%s %s\r\n", tag, how);
	imap_session_feed(w->session, line, strlen(line));
}

static bool begins(const char *line, const char *with) {
	return strncmp(line, with, strlen(with)) == 0;
}

static void answer(struct world *w, const char *tag, const char *command) {
	const struct habits *h = &w->habits;
	const char *how = ends[h->other_end];
	if (begins(command, "AUTHENTICATE") || begins(command, "LOGIN")) {
		CLEANUP_TEXT char *in =
			memory_format("OK [CAPABILITY %s] in", capabilities[h->capability]);
		end(w, tag, in);
	} else if (begins(command, "IDLE")) {
		memcpy(w->idle, tag, 7);
		if (strchr(idles[h->idle], '!'))
			w->idle[0] = '\0';
		say(w, idles[h->idle], tag);
	} else if (begins(command, "UID FETCH")) {
		say(w, fetched[h->fetch], tag);
		end(w, tag, ends[h->fetch_end]);
	} else if (begins(command, "EXAMINE")) {
		say(w, examined[h->examine], tag);
		end(w, tag, "OK");
	} else {
		if (begins(command, "STATUS"))
			say(w, statuses[h->status], tag);
		end(w, tag, how);
	}
}

static void take_line(struct world *w, char *line) {
	if (strcmp(line, "DONE") == 0) {
		if (*w->idle)
			end(w, w->idle, "OK done");
		return;
	}
	w->n_commands++;
	line[6] = '\0';
	answer(w, line, line + 7);
}

/* Until the client has nothing more to say. */
static void play(struct world *w, unsigned max) {
	for (;;) {
		struct imap_event event;
		while (imap_session_next(w->session, &event) > 0)
			w->is_closed |= event.kind == IMAP_EVENT_CLOSED;
		const uint8_t *bytes;
		size_t n = imap_session_output(w->session, &bytes);
		if (n == 0)
			return;
		CLEANUP_TEXT char *said = memory_strndup((const char *)bytes, n);
		imap_session_sent(w->session, n);
		char *rest = NULL;
		for (char *p = strtok_r(said, "\r\n", &rest); p; p = strtok_r(NULL, "\r\n", &rest))
			take_line(w, p);
		if (w->n_commands > max)
			fail_msg("%u commands: capabilities %zu status %zu examine %zu fetch %zu "
				 "idle %zu fetch ends %zu others %zu",
				w->n_commands, w->habits.capability, w->habits.status,
				w->habits.examine, w->habits.fetch, w->habits.idle,
				w->habits.fetch_end, w->habits.other_end);
	}
}

static void pass_a_while(struct world *w) {
	uint64_t until = w->now_usec + A_WHILE;
	unsigned n_ticks = 0;
	w->n_commands = 0;
	while (!w->is_closed && imap_session_deadline(w->session) <= until) {
		assert_true(++n_ticks < IN_A_WHILE_MAX);
		w->now_usec = MAX(imap_session_deadline(w->session), w->now_usec);
		imap_session_tick(w->session, w->now_usec);
		play(w, IN_A_WHILE_MAX);
	}
}

static void live(const struct habits *habits, const char *host) {
	static const struct imap_memory memory = {
		.cursor = { .uidvalidity = 7, .next_uid = 5, .messages = 4, .unseen = 1 },
	};
	struct world w = { .habits = *habits, .now_usec = USEC_PER_HOUR };
	w.session = imap_session_new(&(struct imap_login){
		.login.host = host,
		.login.user = "alice",
		.login.secret = "alice-pw",
		.wants_preview = true,
	});
	imap_session_watch(w.session, "INBOX");
	imap_session_watch(w.session, "Work");
	imap_session_remember(w.session, "INBOX", &memory);
	imap_session_remember(w.session, "Work", &memory);
	imap_session_tick(w.session, w.now_usec);
	say(&w, "* OK [CAPABILITY IMAP4rev1] ready\r\n", "");
	play(&w, AT_ONCE_MAX);
	pass_a_while(&w);
	imap_session_free(w.session);
}

static size_t take_digit(size_t *number, size_t base) {
	size_t digit = *number % base;
	*number /= base;
	return digit;
}

/* A sample of all habits together, each time the same one. */
static void live_all(const char *host) {
	for (size_t i = 0; i < SERVERS; i++) {
		size_t number = i * A_PRIME;
		struct habits h = {
			.capability = take_digit(&number, ARRAY_SIZE(capabilities)),
			.status = take_digit(&number, ARRAY_SIZE(statuses)),
			.examine = take_digit(&number, ARRAY_SIZE(examined)),
			.fetch = take_digit(&number, ARRAY_SIZE(fetched)),
			.idle = take_digit(&number, ARRAY_SIZE(idles)),
			.fetch_end = take_digit(&number, ARRAY_SIZE(ends)),
			.other_end = take_digit(&number, ARRAY_SIZE(ends)),
		};
		live(&h, host);
	}
}

static void test_any_server(void **state) {
	live_all("imap.example.org");
}

/* Polls by STATUS every 55 s. */
static void test_coremail(void **state) {
	live_all("imap.163.com");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_server),
		cmocka_unit_test(test_coremail),
	};
	return cmocka_run_group_tests_name("imap-progress", tests, NULL, NULL);
}

/* Plays transcripts against the IMAP session. Arguments: files. */
#include "base/memory.h"
#include "base/number.h"
#include "imap-event-text.h"
#include "login-words.h"
#include "player.h"
#include "protocol/imap-session.h"
#include "transcript.h"

#include <stdlib.h>
#include <string.h>

static enum imap_security security_from_word(const char *word) {
	if (word && strcmp(word, "starttls") == 0)
		return IMAP_SECURITY_STARTTLS;
	return word && strcmp(word, "none") == 0 ? IMAP_SECURITY_NONE : IMAP_SECURITY_TLS;
}

static enum imap_rung rung_from_word(const char *word) {
	if (word && strcmp(word, "idle") == 0)
		return IMAP_RUNG_IDLE;
	return word && strcmp(word, "poll") == 0 ? IMAP_RUNG_POLL : IMAP_RUNG_NOTIFY;
}

static void *session_new(const char *settings) {
	struct login_words words;
	CLEANUP_TEXT char *host = transcript_value(settings, "host");
	CLEANUP_TEXT char *preview = transcript_value(settings, "preview");
	CLEANUP_TEXT char *security = transcript_value(settings, "security");
	CLEANUP_TEXT char *strategy = transcript_value(settings, "strategy");
	login_words_init(&words, host ? host : "imap.example.org", settings);
	struct imap_session *s = imap_session_new(&(struct imap_login){
		.login = words.settings,
		.security = security_from_word(security),
		.wants_preview = preview != NULL,
		.tag_seed = 42,
		.ceiling = rung_from_word(strategy),
	});
	imap_session_bind(s, &words.bindings);
	login_words_deinit(&words);
	return s;
}

static uint64_t number_value(const char *settings, const char *key) {
	CLEANUP_TEXT char *value = transcript_value(settings, key);
	uint64_t number = 0;
	if (value)
		(void)number_parse_u64(value, strlen(value), &number);
	return number;
}

/* "5,7,9" */
static void read_announced(struct imap_announced *announced, const char *settings) {
	CLEANUP_TEXT char *text = transcript_value(settings, "announced");
	char *rest = text, *word;
	while (rest && (word = strsep(&rest, ",")) != NULL)
		(void)imap_announced_add(announced, (uint32_t)strtoul(word, NULL, 10));
}

/* watch [mailbox=NAME] CURSOR...   by name, with what is remembered of it
 * watch pattern=PATTERN            also a special use
 * watch ignore=PATTERN
 * watch remembered=NAME CURSOR...  known from before, watched or not */
static void session_watch(void *session, const char *settings) {
	CLEANUP_TEXT char *given = transcript_value(settings, "mailbox");
	CLEANUP_TEXT char *pattern = transcript_value(settings, "pattern");
	CLEANUP_TEXT char *ignored = transcript_value(settings, "ignore");
	CLEANUP_TEXT char *remembered = transcript_value(settings, "remembered");
	const char *mailbox = remembered ? remembered : given ? given : "INBOX";
	struct imap_announced announced = { 0 };
	read_announced(&announced, settings);
	const struct imap_memory memory = {
		.announced = &announced,
		.cursor = {
			.uidvalidity = (uint32_t)number_value(settings, "uidvalidity"),
			.next_uid = (uint32_t)number_value(settings, "next"),
			.messages = (uint32_t)number_value(settings, "messages"),
			.unseen = (uint32_t)number_value(settings, "unseen"),
			.highestmodseq = number_value(settings, "modseq"),
		},
		.standing = {
			.n_refusals = (uint8_t)number_value(settings, "refusals"),
			.parked_usec = number_value(settings, "parked") * USEC_PER_SEC,
			.refused_uidnext = (uint32_t)number_value(settings, "refused"),
			.n_resets = (uint8_t)number_value(settings, "resets"),
			.resets_usec = number_value(settings, "resets") > 0 ? PLAYER_BEGIN_USEC : 0,
		},
	};
	if (ignored)
		imap_session_ignore(session, ignored);
	else if (pattern)
		imap_session_watch(session, pattern);
	else if (!remembered)
		imap_session_watch(session, mailbox);
	if (memory.cursor.uidvalidity != 0)
		imap_session_remember(session, mailbox, &memory);
	imap_announced_deinit(&announced);
}

static int session_next(void *session, struct buffer *out) {
	struct imap_event event;
	int r = imap_session_next(session, &event);
	if (r > 0)
		imap_event_text_append(out, &event);
	return r;
}

static void *session_free(void *session) {
	return imap_session_free(session);
}

static void session_feed(void *session, const void *bytes, size_t n) {
	imap_session_feed(session, bytes, n);
}

static size_t session_output(void *session, const uint8_t **ret_bytes) {
	return imap_session_output(session, ret_bytes);
}

static void session_sent(void *session, size_t n) {
	imap_session_sent(session, n);
}

static uint64_t session_deadline(const void *session) {
	return imap_session_deadline(session);
}

static void session_tick(void *session, uint64_t now_usec) {
	imap_session_tick(session, now_usec);
}

static void session_secured(void *session) {
	imap_session_secured(session);
}

static void session_check(void *session) {
	imap_session_check(session);
}

/* A message that the session knows nothing of is the transcript's fault. */
static void session_mark(void *session, const char *settings) {
	CLEANUP_TEXT char *given = transcript_value(settings, "mailbox");
	if (imap_session_mark_seen(session, given ? given : "INBOX",
		    (uint32_t)number_value(settings, "uidvalidity"),
		    (uint32_t)number_value(settings, "uid")) < 0)
		abort();
}

static void session_logout(void *session) {
	imap_session_logout(session);
}

static const struct player_engine engine = {
	.new = session_new,
	.watch = session_watch,
	.free = session_free,
	.next = session_next,
	.feed = session_feed,
	.output = session_output,
	.sent = session_sent,
	.deadline = session_deadline,
	.tick = session_tick,
	.secured = session_secured,
	.check = session_check,
	.logout = session_logout,
	.mark = session_mark,
};

int main(int argc, char **argv) {
	return player_main(&engine, argc, argv);
}

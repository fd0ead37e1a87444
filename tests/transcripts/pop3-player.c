/* Plays transcripts against the POP3 session. Each "watch" is a poll, with the state that the polls
 * before it have stored: only the parts that they said had changed. Arguments: files. */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "login-words.h"
#include "player.h"
#include "protocol/pop3-session.h"
#include "transcript.h"

#define IDS_MAX 2000

struct stored_part {
	uint32_t number;
	char *bytes;
	size_t n;
};

struct polls {
	char *settings;
	struct pop3_session *session;
	struct pop3_state state;
	uint64_t now_usec;
	struct stored_part *parts;
	size_t n_parts;
	uint64_t ids[IDS_MAX]; /* hashes in the order in which they were told: m1, m2 ... */
	bool was_refused;
};

static const uint8_t key[KEYED_HASH_KEY_SIZE] = "a key for tests";

static void *polls_new(const char *settings) {
	struct polls *p = MEMORY_NEW(struct polls);
	p->settings = memory_strdup(settings);
	p->now_usec = PLAYER_BEGIN_USEC;
	pop3_state_init(&p->state, key);
	return p;
}

static void forget_parts(struct polls *p, uint32_t from_number) {
	size_t n = 0;
	for (size_t i = 0; i < p->n_parts; i++)
		if (p->parts[i].number < from_number)
			p->parts[n++] = p->parts[i];
		else
			free(p->parts[i].bytes);
	p->n_parts = n;
}

static void *polls_free(void *session) {
	struct polls *p = session;
	if (!p)
		return NULL;
	pop3_session_free(p->session);
	pop3_state_deinit(&p->state);
	forget_parts(p, 0);
	free(p->parts);
	free(p->settings);
	return memory_free(p);
}

static char *copy_bytes(const struct pop3_part *part) {
	char *bytes = memory_resize(NULL, part->n + 1, 1);
	memcpy(bytes, part->bytes, part->n);
	return bytes;
}

static void save_part(struct polls *p, const struct pop3_part *part) {
	size_t i = 0;
	while (i < p->n_parts && p->parts[i].number < part->number)
		i++;
	if (i == p->n_parts || p->parts[i].number != part->number) {
		p->parts = memory_resize(p->parts, p->n_parts + 1, sizeof(*p->parts));
		memmove(&p->parts[i + 1], &p->parts[i], (p->n_parts++ - i) * sizeof(*p->parts));
		p->parts[i].bytes = NULL;
	}
	free(p->parts[i].bytes);
	p->parts[i] = (struct stored_part){
		.number = part->number,
		.bytes = copy_bytes(part),
		.n = part->n,
	};
}

static void save(struct polls *p) {
	struct pop3_state_writer writer;
	struct pop3_part part;
	forget_parts(p, pop3_state_write_begin(&p->state, &writer));
	while (pop3_state_write_next(&writer, &part) > 0)
		save_part(p, &part);
	pop3_state_clean(&p->state);
}

/* As after a restart, but for the capabilities. */
static void load(struct polls *p) {
	struct pop3_capabilities capabilities = p->state.capabilities;
	pop3_state_deinit(&p->state);
	pop3_state_init(&p->state, key);
	for (size_t i = 0; i < p->n_parts; i++) {
		const struct stored_part *stored = &p->parts[i];
		const struct pop3_part part = { stored->number, stored->bytes, stored->n };
		if (pop3_state_read(&p->state, &part) < 0)
			abort();
	}
	if (pop3_state_read_end(&p->state) < 0)
		abort();
	if (!p->was_refused)
		p->state.capabilities = capabilities;
}

static enum pop3_security security_from_word(const char *word) {
	if (word && strcmp(word, "stls") == 0)
		return POP3_SECURITY_STLS;
	return word && strcmp(word, "none") == 0 ? POP3_SECURITY_NONE : POP3_SECURITY_TLS;
}

static void polls_watch(void *session, const char *settings) {
	struct polls *p = session;
	struct login_words words;
	CLEANUP_TEXT char *security = transcript_value(p->settings, "security");
	login_words_init(&words, "pop.example.org", p->settings);
	const struct pop3_login login = {
		.login = words.settings,
		.security = security_from_word(security),
	};
	p->session = pop3_session_free(p->session);
	load(p);
	p->session = pop3_session_new(&login, &p->state, p->now_usec);
	pop3_session_bind(p->session, &words.bindings);
	login_words_deinit(&words);
}

static unsigned ordinal(struct polls *p, uint64_t hash) {
	for (unsigned i = 0; i < IDS_MAX; i++) {
		if (p->ids[i] == 0)
			p->ids[i] = hash;
		if (p->ids[i] == hash)
			return i + 1;
	}
	return 0;
}

static void append_text(struct buffer *out, const char *name, const char *text) {
	CLEANUP_TEXT char *printable = text_printable(text);
	if (text)
		(void)buffer_append_format(out, " %s=\"%s\"", name, printable);
}

static void append_message(struct polls *p, struct buffer *out, const struct pop3_message *m) {
	(void)buffer_append_format(out, "message %u id=m%u", m->number, ordinal(p, m->hash));
	append_text(out, "from", m->from);
	append_text(out, "subject", m->subject);
	append_text(out, "date", m->date);
	append_text(out, "message-id", m->message_id);
	append_text(out, "list-id", m->list_id);
	append_text(out, "auto-submitted", m->auto_submitted);
}

static void append_state(struct polls *p, struct buffer *out, const char *word) {
	const struct pop3_state *state = &p->state;
	save(p);
	(void)buffer_append_format(out, "%s messages=%u octets=%llu known=%zu unseen=%zu%s", word,
		state->messages, (unsigned long long)state->octets, state->set.n,
		state->set.n_announced, state->is_partial ? " partial" : "");
}

static void append_closed(struct polls *p, struct buffer *out, const struct pop3_event *event) {
	p->was_refused = event->reason != REASON_NONE;
	(void)buffer_append_format(out, "closed %s",
		event->reason == REASON_NONE ? "none" : reason_to_string(event->reason));
	append_text(out, "text", event->text);
	if (event->retry_after_usec != 0)
		(void)buffer_append_format(out, " retry-after=%llus",
			(unsigned long long)(event->retry_after_usec / USEC_PER_SEC));
}

static int polls_next(void *session, struct buffer *out) {
	struct polls *p = session;
	struct pop3_event event;
	if (!p->session || pop3_session_next(p->session, &event) == 0)
		return 0;
	switch (event.kind) {
	case POP3_EVENT_WANT_TLS:
		(void)buffer_append_text(out, "want-tls");
		break;
	case POP3_EVENT_BASELINE:
		append_state(p, out, event.reset ? event.reset : "baseline");
		break;
	case POP3_EVENT_MESSAGE:
		append_message(p, out, event.message);
		break;
	case POP3_EVENT_RETIRED:
		(void)buffer_append_format(out, "retired id=m%u", ordinal(p, event.hash));
		break;
	case POP3_EVENT_CURSOR:
		append_state(p, out, "cursor");
		break;
	case POP3_EVENT_COUNTS:
		append_state(p, out, "counts");
		break;
	case POP3_EVENT_CLOSED:
		append_closed(p, out, &event);
		break;
	}
	return 1;
}

static void polls_feed(void *session, const void *bytes, size_t n) {
	pop3_session_feed(((struct polls *)session)->session, bytes, n);
}

static size_t polls_output(void *session, const uint8_t **ret_bytes) {
	struct polls *p = session;
	return p->session ? pop3_session_output(p->session, ret_bytes) : 0;
}

static void polls_sent(void *session, size_t n) {
	pop3_session_sent(((struct polls *)session)->session, n);
}

static uint64_t polls_deadline(const void *session) {
	return pop3_session_deadline(((const struct polls *)session)->session);
}

static void polls_tick(void *session, uint64_t now_usec) {
	struct polls *p = session;
	p->now_usec = now_usec;
	pop3_session_tick(p->session, now_usec);
}

static void polls_secured(void *session) {
	pop3_session_secured(((struct polls *)session)->session);
}

static void polls_check(void *session) {
	/* a poll is a check */
}

static void polls_logout(void *session) {
	pop3_session_logout(((struct polls *)session)->session);
}

static const struct player_engine engine = {
	.new = polls_new,
	.watch = polls_watch,
	.free = polls_free,
	.next = polls_next,
	.feed = polls_feed,
	.output = polls_output,
	.sent = polls_sent,
	.deadline = polls_deadline,
	.tick = polls_tick,
	.secured = polls_secured,
	.check = polls_check,
	.logout = polls_logout,
};

int main(int argc, char **argv) {
	return player_main(&engine, argc, argv);
}

/* A whole IMAP session against a server that says anything. The first byte chooses the account's
 * settings, the rest is what the server sends, with three marks in it:
 *
 *   0x01 N   something happens: N % 4 is TLS, check (or, N large, a message to be marked), logout
 *            or, else, N * N milliseconds
 *   0x02 N   the tag of the Nth command stands here
 *   0x00     the bytes before and behind it come apart
 *
 * Invariants: the same events and output whether the bytes come at once or one by one (but for what
 * an end takes back), each message once and past the cursor, each
 * announced one retired at most once, nothing after the end, memory within
 * bounds. */
#include <string.h>

#include "base/memory.h"
#include "fuzz.h"
#include "imap-event-text.h"
#include "protocol/imap-conversation.h"
#include "protocol/imap-session.h"
#include "protocol/keyed-hash.h"

#define DUMP_MAX ((size_t)64 * 1024 * 1024)
#define TAGS_MAX 64
/* The mailbox beside the first one. */
#define OTHER "Work"
#define TAG_LENGTH (IMAP_TAG_SIZE - 1)

/* A mailbox, as the events told of it. */
struct known {
	struct imap_cursor cursor;
	struct imap_announced announced;
	bool has_retired; /* since the last CURSOR */
};

struct run {
	struct imap_session *session;
	bool bytewise;
	uint64_t now_usec;
	struct buffer events; /* as text */
	struct buffer output;
	char tags[TAGS_MAX][IMAP_TAG_SIZE];
	size_t n_tags;
	bool wants_tls;
	bool is_closed;
	unsigned n_marks; /* asked for, and not told of */
	struct known home;
	struct known other;
};

static void check_message(struct known *known, const struct imap_event *event) {
	const struct imap_message *m = event->message;
	FUZZ_CHECK(known->cursor.uidvalidity != 0);
	FUZZ_CHECK(m->uid >= known->cursor.next_uid);
	(void)imap_announced_add(&known->announced, m->uid);
	for (size_t i = 0; m->flags[i]; i++)
		FUZZ_CHECK(strcasecmp(m->flags[i], "\\Seen") != 0);
}

/* Only what was announced is retired, and once. */
static void check_retired(struct known *known, const struct imap_event *event) {
	FUZZ_CHECK(event->retirement != IMAP_RETIREMENT_NONE);
	FUZZ_CHECK(imap_announced_remove(&known->announced, event->uid));
	known->has_retired = true;
}

/* What is to be stored is what was told. */
static void check_announced(struct known *known, const struct imap_event *event) {
	const struct imap_announced *told = event->announced;
	if (event->kind == IMAP_EVENT_BASELINE)
		imap_announced_deinit(&known->announced);
	for (uint32_t i = 0; told && i < told->n; i++)
		FUZZ_CHECK(imap_announced_has(&known->announced, told->uids[i]));
	FUZZ_CHECK(!told || told->n == known->announced.n);
}

/* An event about one mailbox, after what was told of it before. */
static void check_place(struct known *known, const struct imap_event *event) {
	const struct imap_cursor *cursor = &event->cursor;
	FUZZ_CHECK(cursor->uidvalidity != 0 && cursor->next_uid != 0);
	if (event->kind != IMAP_EVENT_BASELINE)
		FUZZ_CHECK(cursor->uidvalidity == known->cursor.uidvalidity);
	if (event->kind == IMAP_EVENT_MESSAGE) {
		check_message(known, event);
		return;
	}
	if (event->kind == IMAP_EVENT_RETIRED) {
		check_retired(known, event);
		return;
	}
	if (event->kind == IMAP_EVENT_CURSOR) {
		FUZZ_CHECK(cursor->next_uid > known->cursor.next_uid || known->has_retired);
		known->has_retired = false;
	}
	if (event->kind == IMAP_EVENT_COUNTS)
		FUZZ_CHECK(cursor->next_uid == known->cursor.next_uid);
	check_announced(known, event);
	known->cursor = *cursor;
}

static void check_event(struct run *r, const struct imap_event *event) {
	FUZZ_CHECK(!r->is_closed);
	FUZZ_CHECK(!event->text || strlen(event->text) <= IMAP_TEXT_MAX);
	switch (event->kind) {
	case IMAP_EVENT_WANT_TLS:
		/* not said where the bytes behind it are there already */
		r->wants_tls = true;
		return;
	case IMAP_EVENT_ONLINE:
		FUZZ_CHECK(r->home.cursor.uidvalidity != 0 && event->strategy);
		break;
	case IMAP_EVENT_MAILBOX:
		FUZZ_CHECK(strlen(event->mailbox) > 0 && event->listed.special_use);
		break;
	case IMAP_EVENT_SWEPT:
		break;
	case IMAP_EVENT_BASELINE:
	case IMAP_EVENT_MESSAGE:
	case IMAP_EVENT_RETIRED:
	case IMAP_EVENT_CURSOR:
	case IMAP_EVENT_COUNTS:
		check_place(strcmp(event->mailbox, OTHER) == 0 ? &r->other : &r->home, event);
		break;
	case IMAP_EVENT_MARKED:
		FUZZ_CHECK(r->n_marks-- > 0);
		break;
	case IMAP_EVENT_ALERT:
		FUZZ_CHECK(event->text);
		break;
	case IMAP_EVENT_CLOSED:
		r->is_closed = true;
		break;
	}
	imap_event_text_append(&r->events, event);
	(void)buffer_append(&r->events, "\n", 1);
}

/* Notes the tags that stand at the beginning of lines. */
static void note_tags(struct run *r, const uint8_t *bytes, size_t n) {
	bool begins = true;
	for (size_t i = 0; i + TAG_LENGTH < n; i++) {
		if (begins && bytes[i + TAG_LENGTH] == ' ' && r->n_tags < TAGS_MAX) {
			memcpy(r->tags[r->n_tags], bytes + i, TAG_LENGTH);
			r->tags[r->n_tags++][TAG_LENGTH] = '\0';
		}
		begins = bytes[i] == '\n';
	}
}

static void check_memory(const struct imap_session *s) {
	FUZZ_CHECK(s->reader.lexer.token.allocated <= 2 * IMAP_LITERAL_KEPT_MAX);
	FUZZ_CHECK(s->reader.arena.allocated <= 4 * IMAP_TOKEN_MAX);
	FUZZ_CHECK(s->wire.input.allocated == 0 && s->pending.text == NULL);
}

static void drain(struct run *r) {
	struct imap_event event;
	const uint8_t *bytes;
	while (imap_session_next(r->session, &event) > 0)
		check_event(r, &event);
	if (!r->wants_tls)
		check_memory(r->session);
	size_t n = imap_session_output(r->session, &bytes);
	FUZZ_CHECK(n == 0 || !r->is_closed);
	note_tags(r, bytes, n);
	(void)buffer_append(&r->output, bytes, n);
	imap_session_sent(r->session, n);
}

static void feed(struct run *r, const uint8_t *bytes, size_t n) {
	size_t step = r->bytewise ? 1 : n;
	for (size_t at = 0; at < n; at += step) {
		imap_session_tick(r->session, r->now_usec);
		imap_session_feed(r->session, bytes + at, step);
		drain(r);
	}
}

static void mark(struct run *r, uint32_t uid) {
	const struct known *known = uid & 4 ? &r->other : &r->home;
	const char *mailbox = uid & 4 ? OTHER : "INBOX";
	uint32_t uidvalidity = known->cursor.uidvalidity;
	if (imap_session_mark_seen(r->session, mailbox, uidvalidity, uid + 1) == 0)
		r->n_marks++;
}

static void happen(struct run *r, uint8_t what) {
	uint64_t usec = (uint64_t)what * what * USEC_PER_MSEC;
	switch (what % 4) {
	case 0:
		if (r->wants_tls && !r->is_closed)
			imap_session_secured(r->session);
		r->wants_tls = false;
		break;
	case 1:
		if (what & 0x80)
			mark(r, what >> 2 & 7);
		else
			imap_session_check(r->session);
		break;
	case 2:
		imap_session_logout(r->session);
		break;
	default:
		r->now_usec += MIN(usec, imap_session_deadline(r->session) - r->now_usec);
		imap_session_tick(r->session, r->now_usec);
		break;
	}
	drain(r);
}

/* The bytes up to the next mark that parts them, with tags put in. */
static size_t take_part(const struct run *r, const uint8_t *bytes, size_t n, struct buffer *part) {
	size_t i = 0;
	for (; i < n && bytes[i] > 1; i++) {
		size_t tag = bytes[i] == 2 && i + 1 < n ? bytes[++i] : 0;
		if (tag >= 1 && tag <= r->n_tags)
			(void)buffer_append(part, r->tags[tag - 1], TAG_LENGTH);
		else
			(void)buffer_append(part, bytes + i, 1);
	}
	return i;
}

static void play(struct run *r, const uint8_t *bytes, size_t n) {
	while (n > 0) {
		struct buffer part;
		buffer_init(&part, n * TAG_LENGTH);
		size_t used = take_part(r, bytes, n, &part);
		feed(r, buffer_bytes(&part), part.n);
		buffer_deinit(&part);
		bytes += used;
		n -= used;
		if (n > 1 && *bytes == 1)
			happen(r, bytes[1]);
		used = n > 0 && *bytes == 1 ? MIN(n, (size_t)2) : MIN(n, (size_t)1);
		bytes += used;
		n -= used;
	}
}

static void run(struct run *r, const uint8_t *bytes, size_t n) {
	static uint32_t uids[] = { 2, 4 };
	static const struct imap_announced announced = { uids, ARRAY_SIZE(uids) };
	static const struct imap_memory seen = {
		.cursor = { .uidvalidity = 7,
			.next_uid = 5,
			.messages = 4,
			.unseen = 2,
			.highestmodseq = 20 },
		.announced = &announced,
	};
	uint8_t settings = bytes[0];
	buffer_init(&r->events, DUMP_MAX);
	buffer_init(&r->output, DUMP_MAX);
	r->now_usec = USEC_PER_HOUR;
	r->session = imap_session_new(&(struct imap_login){
		.login = { .host = "imap.example.org",
			.user = settings & 0x40 ? "j\xc3\xbcrgen" : "alice",
			.secret = "alice-pw",
			.auth = (settings >> 2) % 3,
			.nonce = "fyko+d2lbbFgONRv9qkxdawL" },
		.security = settings % 3,
		/* a tag that an input has learned is not the tag that it gets */
		.tag_seed = keyed_hash((const uint8_t *)"imap session tag", bytes, n),
	});
	if (settings & 0x20) {
		r->home.cursor = r->other.cursor = seen.cursor;
		imap_announced_copy(&r->home.announced, &announced);
		imap_announced_copy(&r->other.announced, &announced);
	}
	const char *home = settings & 0x80 ? "Entw\xc3\xbcrfe" : "INBOX";
	imap_session_watch(r->session, home);
	if (settings & 0x10)
		imap_session_watch(r->session, OTHER);
	if (settings & 0x20) {
		imap_session_remember(r->session, home, &seen);
		imap_session_remember(r->session, OTHER, &seen);
	}
	imap_session_tick(r->session, r->now_usec);
	play(r, bytes + 1, n - 1);
	imap_session_free(r->session);
	imap_announced_deinit(&r->home.announced);
	imap_announced_deinit(&r->other.announced);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
	if (n == 0)
		return 0;
	struct run whole = { .bytewise = false }, single = { .bytewise = true };
	run(&whole, bytes, n);
	run(&single, bytes, n);
	CLEANUP_TEXT char *events = buffer_take_text(&whole.events);
	CLEANUP_TEXT char *same_events = buffer_take_text(&single.events);
	FUZZ_CHECK(strcmp(events, same_events) == 0);
	CLEANUP_TEXT char *output = buffer_take_text(&whole.output);
	CLEANUP_TEXT char *same_output = buffer_take_text(&single.output);
	if (whole.is_closed)
		same_output[MIN(strlen(output), strlen(same_output))] = '\0';
	FUZZ_CHECK(strcmp(output, same_output) == 0);
	return 0;
}

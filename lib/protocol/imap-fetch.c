#include "protocol/imap-fetch.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "protocol/imap-date.h"

/* A flag longer than that is no flag. */
#define FLAG_LENGTH_MAX 255
/* Parentheses around the list that are overlooked. */
#define OUTER_MAX 3

enum text {
	TEXT_DATE,
	TEXT_SUBJECT,
	TEXT_FROM_NAME,
	TEXT_FROM_MAILBOX,
	TEXT_FROM_HOST,
	TEXT_MESSAGE_ID,
	TEXT_LIST_ID,
	TEXT_AUTO_SUBMITTED,
	TEXT_PRECEDENCE,
	TEXT_FROM_FIELD,
	TEXT_EMAIL_ID,
	TEXT_THREAD_ID,
	TEXT_GM_MSGID,
	TEXT_GM_THRID,
	TEXT_PREVIEW,
	TEXT_COUNT_
};

/* envelope = "(" env-date SP env-subject SP env-from SP env-sender SP env-reply-to SP env-to SP
 * env-cc SP env-bcc SP env-in-reply-to SP env-message-id ")" */
enum {
	ENVELOPE_DATE = 0,
	ENVELOPE_SUBJECT = 1,
	ENVELOPE_FROM = 2,
	ENVELOPE_MESSAGE_ID = 9
};
/* address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")" */
enum {
	ADDRESS_NAME = 0,
	ADDRESS_MAILBOX = 2,
	ADDRESS_HOST = 3
};

/* Texts lie in one arena that may move: until the end they are offsets, 0 for none. */
struct imap_fetch {
	struct imap_message message;
	struct buffer arena;
	uint32_t texts[TEXT_COUNT_];
	uint32_t flags[IMAP_FLAGS_MAX];
	unsigned n_flags;
	uint32_t labels[IMAP_LABELS_MAX];
	unsigned n_labels;
	unsigned items;
	enum imap_fetch_item item; /* whose value is being read; 0: a name comes */
	enum imap_fetch_item last; /* whose value was read last; 0: none yet */
	uint32_t n_outer; /* parentheses around the list that should not be there */
	uint32_t depth; /* inside those */
	unsigned field; /* of the envelope */
	unsigned n_addresses;
	unsigned part; /* of the address */
	size_t address_at; /* where its texts begin in the arena */
	bool has_from;
	bool is_of_epoch; /* INTERNALDATE is 1970, by the server's own word */
	bool has_no_size; /* RFC822.SIZE likewise */
	bool is_seen;
	bool is_deleted;
	bool is_broken;
	bool is_ending; /* the list is closed */
	bool is_whole; /* and all around it */
};

struct imap_fetch *imap_fetch_new(void) {
	struct imap_fetch *f = MEMORY_NEW(struct imap_fetch);
	buffer_init(&f->arena, IMAP_RESPONSE_KEPT_MAX);
	return f;
}

struct imap_fetch *imap_fetch_free(struct imap_fetch *f) {
	if (!f)
		return NULL;
	buffer_deinit(&f->arena);
	return memory_free(f);
}

void imap_fetch_reset(struct imap_fetch *f) {
	struct buffer arena = f->arena;
	buffer_clear(&arena);
	*f = (struct imap_fetch){ .arena = arena };
}

/* What has no room left in the response is kept as far as it goes: the message counts more than
 * the end of its subject. */
static uint32_t keep(struct imap_fetch *f, const char *bytes, size_t n) {
	if (f->arena.n == 0)
		(void)buffer_append(&f->arena, "", 1);
	size_t room = f->arena.max - f->arena.n;
	if (room == 0)
		return 0;
	uint32_t offset = (uint32_t)f->arena.n;
	size_t max = MIN(room - 1, IMAP_TOKEN_MAX);
	(void)buffer_append(&f->arena, bytes, MIN(n, max));
	(void)buffer_append(&f->arena, "", 1);
	return offset;
}

static void keep_text(struct imap_fetch *f, enum text text, const struct imap_token *t) {
	if (t->kind != IMAP_TOKEN_NIL && t->kind != IMAP_TOKEN_OPEN && t->kind != IMAP_TOKEN_CLOSE)
		f->texts[text] = keep(f, t->bytes, t->n);
}

static const struct {
	const char *name;
	enum imap_fetch_item item;
} item_names[] = {
	{ "UID", IMAP_FETCH_UID },
	{ "FLAGS", IMAP_FETCH_FLAGS },
	{ "INTERNALDATE", IMAP_FETCH_INTERNALDATE },
	{ "RFC822.SIZE", IMAP_FETCH_SIZE },
	{ "ENVELOPE", IMAP_FETCH_ENVELOPE },
	{ "EMAILID", IMAP_FETCH_EMAILID },
	{ "THREADID", IMAP_FETCH_THREADID },
	{ "X-GM-MSGID", IMAP_FETCH_GM_MSGID },
	{ "X-GM-THRID", IMAP_FETCH_GM_THRID },
	{ "X-GM-LABELS", IMAP_FETCH_GM_LABELS },
	{ "PREVIEW", IMAP_FETCH_PREVIEW },
};

/* However the section is written: Dovecot puts the fields in upper case, Courier in quotes, others
 * repeat what was asked to the letter, or give the whole header. */
static const char *const header_names[] = { "BODY[HEADER", "BODY.PEEK[HEADER", "RFC822.HEADER" };

static enum imap_fetch_item item_from_name(const struct imap_token *t) {
	for (size_t i = 0; i < ARRAY_SIZE(item_names); i++)
		if (text_equal_nocase_n(t->bytes, t->n, item_names[i].name))
			return item_names[i].item;
	for (size_t i = 0; i < ARRAY_SIZE(header_names); i++)
		if (text_starts_nocase(t->bytes, header_names[i]))
			return IMAP_FETCH_HEADER;
	return IMAP_FETCH_OTHER;
}

static void take_flag(struct imap_fetch *f, const struct imap_token *t) {
	bool is_none = t->kind == IMAP_TOKEN_NIL && f->depth == 1;
	if (is_none || t->cut || t->n == 0 || t->n > FLAG_LENGTH_MAX)
		return;
	if (text_equal_nocase_n(t->bytes, t->n, "\\Seen"))
		f->is_seen = true;
	if (text_equal_nocase_n(t->bytes, t->n, "\\Deleted"))
		f->is_deleted = true;
	if (f->n_flags < IMAP_FLAGS_MAX) {
		uint32_t offset = keep(f, t->bytes, t->n);
		if (offset != 0)
			f->flags[f->n_flags++] = offset;
	}
}

static void take_label(struct imap_fetch *f, const struct imap_token *t) {
	bool is_none = t->kind == IMAP_TOKEN_NIL && f->depth == 1;
	if (is_none || t->cut || t->n == 0 || f->n_labels == IMAP_LABELS_MAX)
		return;
	uint32_t offset = keep(f, t->bytes, t->n);
	if (offset != 0)
		f->labels[f->n_labels++] = offset;
}

/* The body of the header field `name`: unfolded, without the blanks around it. */
static void keep_header_field(
	struct imap_fetch *f, enum text text, const char *name, const struct imap_token *t) {
	const char *p = t->bytes, *end = t->bytes + t->n;
	size_t n_name = strlen(name);
	while (end - p > (ptrdiff_t)n_name &&
		!(text_equal_nocase_n(p, n_name, name) && p[n_name] == ':')) {
		const char *line_end = memchr(p, '\n', (size_t)(end - p));
		if (!line_end)
			return;
		p = line_end + 1;
	}
	if (end - p <= (ptrdiff_t)n_name)
		return;

	char body[IMAP_TOKEN_MAX];
	size_t n = 0;
	for (p += n_name + 1; p < end && n < sizeof(body); p++) {
		bool folded = p + 1 < end && (p[1] == ' ' || p[1] == '\t');
		if (*p == '\n' && !folded)
			break;
		/* RFC 5322 2.2.3: unfolding takes away the line end alone */
		bool is_blank = *p == ' ' || *p == '\t';
		if (*p != '\r' && *p != '\n' && !(is_blank && n == 0))
			body[n++] = *p;
	}
	while (n > 0 && (body[n - 1] == ' ' || body[n - 1] == '\t'))
		n--;
	f->texts[text] = keep(f, body, n);
}

static void take_header(struct imap_fetch *f, const struct imap_token *t) {
	keep_header_field(f, TEXT_LIST_ID, "List-Id", t);
	keep_header_field(f, TEXT_AUTO_SUBMITTED, "Auto-Submitted", t);
	keep_header_field(f, TEXT_PRECEDENCE, "Precedence", t);
	keep_header_field(f, TEXT_FROM_FIELD, "From", t);
}

/* A group is an address without a host before its members, and one without both behind them. */
static void end_address(struct imap_fetch *f) {
	f->n_addresses++;
	f->has_from = f->texts[TEXT_FROM_HOST] != 0 && f->texts[TEXT_FROM_MAILBOX] != 0;
	if (f->has_from)
		return;
	f->texts[TEXT_FROM_NAME] = f->texts[TEXT_FROM_MAILBOX] = f->texts[TEXT_FROM_HOST] = 0;
	f->arena.n = f->address_at;
}

static void take_address_part(struct imap_fetch *f, const struct imap_token *t) {
	static const enum text texts[] = { TEXT_FROM_NAME, TEXT_COUNT_, TEXT_FROM_MAILBOX,
		TEXT_FROM_HOST };
	if (f->part < ARRAY_SIZE(texts) && texts[f->part] != TEXT_COUNT_)
		keep_text(f, texts[f->part], t);
	f->part++;
}

static bool looks_at_addresses(const struct imap_fetch *f) {
	return f->field == ENVELOPE_FROM && !f->has_from && f->n_addresses < IMAP_ADDRESSES_MAX;
}

/* Depth 2: fields; 3: a list of addresses; 4: the parts of one. */
static void take_envelope(struct imap_fetch *f, const struct imap_token *t) {
	if (t->kind == IMAP_TOKEN_OPEN) {
		if (f->depth == 4) {
			f->part = 0;
			f->address_at = f->arena.n;
		}
		return;
	}
	if (t->kind == IMAP_TOKEN_CLOSE) {
		if (f->depth == 3 && looks_at_addresses(f))
			end_address(f);
		if (f->depth == 2)
			f->field++;
		return;
	}
	if (f->depth == 4 && looks_at_addresses(f))
		take_address_part(f, t);
	if (f->depth != 2)
		return;
	if (f->field == ENVELOPE_DATE)
		keep_text(f, TEXT_DATE, t);
	else if (f->field == ENVELOPE_SUBJECT)
		keep_text(f, TEXT_SUBJECT, t);
	else if (f->field == ENVELOPE_MESSAGE_ID)
		keep_text(f, TEXT_MESSAGE_ID, t);
	f->field++;
}

static void take_uid(struct imap_fetch *f, const struct imap_token *t) {
	if (t->kind == IMAP_TOKEN_NUMBER && t->number >= 1 && t->number <= UINT32_MAX)
		f->message.uid = (uint32_t)t->number;
	else
		f->is_broken = true;
}

/* One token of the value of f->item; a list's parentheses are tokens too. Only a UID must be
 * right: the rest is worth less than the news that there is a message. */
static void take_value(struct imap_fetch *f, const struct imap_token *t) {
	switch (f->item) {
	case IMAP_FETCH_UID:
		take_uid(f, t);
		break;
	case IMAP_FETCH_FLAGS:
		if (t->kind != IMAP_TOKEN_OPEN && t->kind != IMAP_TOKEN_CLOSE)
			take_flag(f, t);
		break;
	case IMAP_FETCH_INTERNALDATE:
		if (imap_date_parse(t->bytes, t->n, &f->message.internal_date_usec) == 0)
			f->is_of_epoch = f->message.internal_date_usec == 0;
		break;
	case IMAP_FETCH_SIZE:
		f->message.size = t->number;
		f->has_no_size = t->kind == IMAP_TOKEN_NUMBER && t->number == 0;
		break;
	case IMAP_FETCH_ENVELOPE:
		take_envelope(f, t);
		break;
	case IMAP_FETCH_HEADER:
		if (t->kind == IMAP_TOKEN_STRING)
			take_header(f, t);
		break;
	case IMAP_FETCH_EMAILID:
		keep_text(f, TEXT_EMAIL_ID, t);
		break;
	case IMAP_FETCH_THREADID:
		keep_text(f, TEXT_THREAD_ID, t);
		break;
	case IMAP_FETCH_GM_MSGID:
		keep_text(f, TEXT_GM_MSGID, t);
		break;
	case IMAP_FETCH_GM_THRID:
		keep_text(f, TEXT_GM_THRID, t);
		break;
	case IMAP_FETCH_GM_LABELS:
		if (t->kind != IMAP_TOKEN_OPEN && t->kind != IMAP_TOKEN_CLOSE)
			take_label(f, t);
		break;
	case IMAP_FETCH_PREVIEW:
		/* drafts of RFC 8970 had a list: PREVIEW (FUZZY "text") */
		if (t->kind == IMAP_TOKEN_STRING)
			keep_text(f, TEXT_PREVIEW, t);
		break;
	case IMAP_FETCH_OTHER:
		break;
	}
}

/* Items of whose shape nothing is known: they may have a second value. */
static bool is_shapeless(enum imap_fetch_item item) {
	return item == IMAP_FETCH_OTHER || item == IMAP_FETCH_PREVIEW;
}

static void take_item_value(struct imap_fetch *f, const struct imap_token *t) {
	take_value(f, t);
	if (f->depth > 1)
		return;
	f->last = f->item;
	f->item = 0;
}

static void take_name(struct imap_fetch *f, const struct imap_token *t) {
	if (t->kind == IMAP_TOKEN_ATOM) {
		f->item = item_from_name(t);
		f->items |= f->item;
		f->field = f->n_addresses = f->part = 0;
	} else if (is_shapeless(f->last)) {
		f->item = f->last;
		take_item_value(f, t);
	} else {
		f->is_broken = true;
	}
}

/* An unknown item without a value, before a known one. */
static bool is_name_after_all(const struct imap_fetch *f, const struct imap_token *t) {
	return f->item == IMAP_FETCH_OTHER && f->depth == 1 && t->kind == IMAP_TOKEN_ATOM &&
	       !t->cut && item_from_name(t) != IMAP_FETCH_OTHER;
}

static void take_inside(struct imap_fetch *f, const struct imap_token *t) {
	if (is_name_after_all(f, t))
		f->item = 0;
	if (f->item)
		take_item_value(f, t);
	else
		take_name(f, t);
}

/* The last parenthesis of the list, then of those around it. */
static void close_list(struct imap_fetch *f) {
	/* the name of an unknown item may stand alone */
	if (f->item && f->item != IMAP_FETCH_OTHER)
		f->is_broken = true;
	f->is_ending = true;
	f->is_whole = f->n_outer == 0 && !f->is_broken;
	f->n_outer -= f->n_outer > 0 ? 1 : 0;
}

static bool is_outer(const struct imap_fetch *f, const struct imap_token *t) {
	return t->kind == IMAP_TOKEN_OPEN && f->depth == 1 && !f->item && !f->last &&
	       f->n_outer < OUTER_MAX;
}

void imap_fetch_take(struct imap_fetch *f, const struct imap_token *t) {
	if (f->is_broken || f->is_whole || (f->is_ending && t->kind != IMAP_TOKEN_CLOSE)) {
		f->is_broken = true;
		return;
	}
	if (is_outer(f, t)) {
		f->n_outer++;
		return;
	}
	bool begins = f->depth == 0 && t->kind == IMAP_TOKEN_OPEN;
	if (t->kind == IMAP_TOKEN_OPEN)
		f->depth++;
	if (t->kind == IMAP_TOKEN_CLOSE && f->depth > 0)
		f->depth--;
	if (f->depth > 0 && !begins)
		take_inside(f, t);
	else if (t->kind == IMAP_TOKEN_CLOSE)
		close_list(f);
	else
		f->is_broken |= !begins;
}

bool imap_fetch_wants_next(const struct imap_fetch *f) {
	if (f->is_broken)
		return false;
	/* what stands behind an unknown name may be a name again */
	if (f->item == IMAP_FETCH_OTHER)
		return f->depth < 2;
	if (f->item != IMAP_FETCH_ENVELOPE || f->depth < 2)
		return true;
	if (f->depth > 2)
		return looks_at_addresses(f) && f->part != 1;
	return f->field == ENVELOPE_DATE || f->field == ENVELOPE_SUBJECT ||
	       f->field == ENVELOPE_MESSAGE_ID;
}

static const char *text_at(const struct imap_fetch *f, uint32_t offset) {
	return offset ? (const char *)buffer_bytes(&f->arena) + offset : NULL;
}

static const char *first_text(const struct imap_fetch *f, enum text a, enum text b) {
	return text_at(f, f->texts[a] ? f->texts[a] : f->texts[b]);
}

bool imap_fetch_finish(struct imap_fetch *f) {
	struct imap_message *m = &f->message;
	m->date = text_at(f, f->texts[TEXT_DATE]);
	m->subject = text_at(f, f->texts[TEXT_SUBJECT]);
	m->from.name = text_at(f, f->texts[TEXT_FROM_NAME]);
	m->from.mailbox = text_at(f, f->texts[TEXT_FROM_MAILBOX]);
	m->from.host = text_at(f, f->texts[TEXT_FROM_HOST]);
	m->message_id = text_at(f, f->texts[TEXT_MESSAGE_ID]);
	m->list_id = text_at(f, f->texts[TEXT_LIST_ID]);
	m->auto_submitted = text_at(f, f->texts[TEXT_AUTO_SUBMITTED]);
	m->precedence = text_at(f, f->texts[TEXT_PRECEDENCE]);
	m->from_field = text_at(f, f->texts[TEXT_FROM_FIELD]);
	m->email_id = first_text(f, TEXT_EMAIL_ID, TEXT_GM_MSGID);
	m->thread_id = first_text(f, TEXT_THREAD_ID, TEXT_GM_THRID);
	m->preview = text_at(f, f->texts[TEXT_PREVIEW]);
	for (unsigned i = 0; i < f->n_labels; i++)
		m->labels[i] = text_at(f, f->labels[i]);
	for (unsigned i = 0; i < f->n_flags; i++)
		m->flags[i] = text_at(f, f->flags[i]);
	return f->is_whole && !f->is_broken;
}

unsigned imap_fetch_items(const struct imap_fetch *f) {
	return f->items;
}

const struct imap_message *imap_fetch_message(const struct imap_fetch *f) {
	return &f->message;
}

bool imap_fetch_is_seen(const struct imap_fetch *f) {
	return f->is_seen;
}

bool imap_fetch_is_deleted(const struct imap_fetch *f) {
	return f->is_deleted;
}

bool imap_fetch_is_stand_in(const struct imap_fetch *f) {
	const struct imap_message *m = &f->message;
	return (f->items & IMAP_FETCH_ENVELOPE) && f->has_no_size && f->is_of_epoch && !m->date &&
	       !m->subject && !m->message_id && !f->has_from;
}

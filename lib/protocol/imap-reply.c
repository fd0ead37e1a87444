#include "protocol/imap-reply.h"

#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "protocol/imap-capability.h"
#include "protocol/imap-quirk.h"
#include "protocol/limits.h"

/* A tag or two mailbox names, and a text, of IMAP_TOKEN_MAX each. */
#define ARENA_MAX (3 * IMAP_TOKEN_MAX + 64)
/* RFC 7162 3.1.1: 63 bits */
#define MODSEQ_MAX ((uint64_t)INT64_MAX)

static uint32_t keep(struct imap_reply_reader *r, const struct imap_token *t) {
	if (r->arena.n == 0)
		(void)buffer_append(&r->arena, "", 1);
	uint32_t offset = (uint32_t)r->arena.n;
	size_t room = r->arena.max - r->arena.n;
	if (t->n + 1 > room)
		return 0;
	(void)buffer_append(&r->arena, t->bytes, t->n);
	(void)buffer_append(&r->arena, "", 1);
	return offset;
}

static bool is_word(const struct imap_token *t, const char *word) {
	return t->kind == IMAP_TOKEN_ATOM && !t->cut && text_equal_nocase_n(t->bytes, t->n, word);
}

static bool is_value(const struct imap_token *t) {
	return t->kind == IMAP_TOKEN_ATOM || t->kind == IMAP_TOKEN_NUMBER ||
	       t->kind == IMAP_TOKEN_NIL || t->kind == IMAP_TOKEN_STRING;
}

static bool is_uid(const struct imap_token *t) {
	return t->kind == IMAP_TOKEN_NUMBER && t->number >= 1 && t->number <= UINT32_MAX;
}

static void take_nothing(struct imap_reply_reader *r, const struct imap_token *t) {
}

/* The rest of the line is read for its form only. */
static void skip_rest(struct imap_reply_reader *r) {
	r->take = take_nothing;
	imap_lexer_set_keep(&r->lexer, false);
}

static void malformed(struct imap_reply_reader *r) {
	r->is_malformed = true;
	skip_rest(r);
}

static void begin(struct imap_reply_reader *r, enum imap_reply_kind kind,
	void (*take)(struct imap_reply_reader *, const struct imap_token *)) {
	r->reply.kind = kind;
	r->take = take;
}

/* capability-data = "CAPABILITY" *(SP capability) */
static void take_capability(struct imap_reply_reader *r, const struct imap_token *t) {
	r->reply.has_capabilities = true;
	if (t->kind != IMAP_TOKEN_ATOM || t->n > IMAP_CAPABILITY_LENGTH_MAX ||
		r->n_words++ >= IMAP_CAPABILITIES_MAX)
		return;
	r->reply.capabilities |= imap_capability_from_word(t->bytes, t->n);
	r->reply.mechanisms |= imap_capability_mechanism_from_word(t->bytes, t->n);
	r->reply.quirks |= imap_quirk_match(IMAP_QUIRK_KEY_CAPABILITY, t->bytes, NULL);
}

enum id_item {
	ID_NOTHING,
	ID_OTHER,
	ID_NAME,
	ID_VERSION,
};

/* id-response = "ID" SP ("(" *(string SP nstring) ")" / nil); the first of a name counts */
static void take_id(struct imap_reply_reader *r, const struct imap_token *t) {
	if (!is_value(t) || r->lexer.depth > 1)
		return;
	if (r->item == ID_NOTHING) {
		bool is_name = text_equal_nocase_n(t->bytes, t->n, "name");
		bool is_version = text_equal_nocase_n(t->bytes, t->n, "version");
		r->item = is_name ? ID_NAME : is_version ? ID_VERSION : ID_OTHER;
		return;
	}
	if (r->item == ID_NAME && r->id_name == 0)
		r->id_name = keep(r, t);
	if (r->item == ID_VERSION && r->id_version == 0)
		r->id_version = keep(r, t);
	r->item = ID_NOTHING;
}

static const struct {
	const char *name;
	enum imap_code code;
} codes[] = {
	{ "ALERT", IMAP_CODE_ALERT },
	{ "AUTHENTICATIONFAILED", IMAP_CODE_AUTHENTICATIONFAILED },
	{ "AUTHORIZATIONFAILED", IMAP_CODE_AUTHORIZATIONFAILED },
	{ "BADEVENT", IMAP_CODE_BADEVENT },
	{ "CAPABILITY", IMAP_CODE_CAPABILITY },
	{ "CLOSED", IMAP_CODE_CLOSED },
	{ "CONTACTADMIN", IMAP_CODE_CONTACTADMIN },
	{ "EXPIRED", IMAP_CODE_EXPIRED },
	{ "HIGHESTMODSEQ", IMAP_CODE_HIGHESTMODSEQ },
	{ "INUSE", IMAP_CODE_INUSE },
	{ "LIMIT", IMAP_CODE_LIMIT },
	{ "NOMODSEQ", IMAP_CODE_NOMODSEQ },
	{ "NOTIFICATIONOVERFLOW", IMAP_CODE_NOTIFICATIONOVERFLOW },
	{ "PRIVACYREQUIRED", IMAP_CODE_PRIVACYREQUIRED },
	{ "READ-ONLY", IMAP_CODE_READ_ONLY },
	{ "REFERRAL", IMAP_CODE_REFERRAL },
	{ "SERVERBUG", IMAP_CODE_SERVERBUG },
	{ "UIDNEXT", IMAP_CODE_UIDNEXT },
	{ "UIDVALIDITY", IMAP_CODE_UIDVALIDITY },
	{ "UNAVAILABLE", IMAP_CODE_UNAVAILABLE },
	{ "UNSEEN", IMAP_CODE_UNSEEN },
};

static void take_text(struct imap_reply_reader *r, const struct imap_token *t) {
	if (t->kind != IMAP_TOKEN_TEXT)
		return;
	r->text = keep(r, t);
	r->reply.is_cut = t->cut;
}

static void take_code_end(struct imap_reply_reader *r, const struct imap_token *t) {
	if (t->kind != IMAP_TOKEN_CODE_CLOSE)
		return;
	imap_lexer_set_keep(&r->lexer, true);
	r->take = take_text;
}

static void take_code_number(struct imap_reply_reader *r, const struct imap_token *t) {
	uint64_t max = r->reply.code == IMAP_CODE_HIGHESTMODSEQ ? MODSEQ_MAX : UINT32_MAX;
	if (t->kind == IMAP_TOKEN_NUMBER && t->number <= max)
		r->reply.code_number = t->number;
	r->take = take_code_end;
	take_code_end(r, t);
}

static void take_code_capability(struct imap_reply_reader *r, const struct imap_token *t) {
	if (t->kind == IMAP_TOKEN_CODE_CLOSE)
		take_code_end(r, t);
	else
		take_capability(r, t);
}

static void take_code_name(struct imap_reply_reader *r, const struct imap_token *t) {
	r->reply.code = IMAP_CODE_OTHER;
	r->reply.code_number = t->n;
	r->take = take_code_end;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (is_word(t, codes[i].name)) {
			r->reply.code = codes[i].code;
			r->reply.code_number = 0;
		}

	switch (r->reply.code) {
	case IMAP_CODE_HIGHESTMODSEQ:
	case IMAP_CODE_UIDNEXT:
	case IMAP_CODE_UIDVALIDITY:
	case IMAP_CODE_UNSEEN:
		r->take = take_code_number;
		break;
	case IMAP_CODE_CAPABILITY:
		r->take = take_code_capability;
		break;
	case IMAP_CODE_NONE:
	case IMAP_CODE_OTHER:
	case IMAP_CODE_ALERT:
	case IMAP_CODE_AUTHENTICATIONFAILED:
	case IMAP_CODE_AUTHORIZATIONFAILED:
	case IMAP_CODE_BADEVENT:
	case IMAP_CODE_CLOSED:
	case IMAP_CODE_CONTACTADMIN:
	case IMAP_CODE_EXPIRED:
	case IMAP_CODE_INUSE:
	case IMAP_CODE_LIMIT:
	case IMAP_CODE_NOMODSEQ:
	case IMAP_CODE_NOTIFICATIONOVERFLOW:
	case IMAP_CODE_PRIVACYREQUIRED:
	case IMAP_CODE_READ_ONLY:
	case IMAP_CODE_REFERRAL:
	case IMAP_CODE_SERVERBUG:
	case IMAP_CODE_UNAVAILABLE:
		imap_lexer_set_keep(&r->lexer, false);
		take_code_end(r, t);
		break;
	}
}

/* resp-text = ["[" resp-text-code "]" SP] text */
static void take_resp_text(struct imap_reply_reader *r, const struct imap_token *t) {
	if (t->kind == IMAP_TOKEN_CODE_OPEN)
		r->take = take_code_name;
	else
		take_text(r, t);
}

static const struct {
	const char *word;
	enum imap_condition condition;
	bool tagged; /* may stand behind a tag */
} conditions[] = {
	{ "OK", IMAP_CONDITION_OK, true },
	{ "NO", IMAP_CONDITION_NO, true },
	{ "BAD", IMAP_CONDITION_BAD, true },
	{ "BYE", IMAP_CONDITION_BYE, false },
	{ "PREAUTH", IMAP_CONDITION_PREAUTH, false },
};

static bool begin_condition(
	struct imap_reply_reader *r, const struct imap_token *t, enum imap_reply_kind kind) {
	for (size_t i = 0; i < ARRAY_SIZE(conditions); i++) {
		if (!is_word(t, conditions[i].word))
			continue;
		if (kind == IMAP_REPLY_TAGGED && !conditions[i].tagged)
			return false;
		r->reply.condition = conditions[i].condition;
		begin(r, kind, take_resp_text);
		imap_lexer_expect_text(&r->lexer, true);
		return true;
	}
	return false;
}

static void take_condition(struct imap_reply_reader *r, const struct imap_token *t) {
	if (!begin_condition(r, t, IMAP_REPLY_TAGGED))
		malformed(r);
}

/* status-att-list = status-att SP number *(SP status-att SP number) */
static const struct {
	const char *name;
	enum imap_status_known known;
} status_items[] = {
	{ "MESSAGES", IMAP_STATUS_MESSAGES },
	{ "UIDNEXT", IMAP_STATUS_UIDNEXT },
	{ "UIDVALIDITY", IMAP_STATUS_UIDVALIDITY },
	{ "UNSEEN", IMAP_STATUS_UNSEEN },
	{ "HIGHESTMODSEQ", IMAP_STATUS_HIGHESTMODSEQ },
};

static void take_status_number(struct imap_status *s, enum imap_status_known item, uint64_t n) {
	if (item == IMAP_STATUS_HIGHESTMODSEQ ? n > MODSEQ_MAX : n > UINT32_MAX)
		return;
	switch (item) {
	case IMAP_STATUS_UIDVALIDITY:
		s->uidvalidity = (uint32_t)n;
		break;
	case IMAP_STATUS_UIDNEXT:
		s->uidnext = (uint32_t)n;
		break;
	case IMAP_STATUS_MESSAGES:
		s->messages = (uint32_t)n;
		break;
	case IMAP_STATUS_UNSEEN:
		s->unseen = (uint32_t)n;
		break;
	case IMAP_STATUS_HIGHESTMODSEQ:
		s->highestmodseq = n;
		break;
	}
	s->known |= item;
}

/* Looser than the grammar: a name sets what the next number is, all else changes nothing. */
static void take_status_item(struct imap_reply_reader *r, const struct imap_token *t) {
	if (t->kind == IMAP_TOKEN_NUMBER && r->item)
		take_status_number(&r->reply.status, r->item, t->number);
	r->item = 0;
	if (t->kind != IMAP_TOKEN_ATOM)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(status_items); i++)
		if (is_word(t, status_items[i].name))
			r->item = status_items[i].known;
}

static void take_mailbox(struct imap_reply_reader *r, const struct imap_token *t) {
	r->mailbox = keep(r, t);
	if (!is_value(t) || t->cut)
		malformed(r);
}

static void take_status_mailbox(struct imap_reply_reader *r, const struct imap_token *t) {
	r->take = take_status_item;
	take_mailbox(r, t);
}

static void take_list(struct imap_reply_reader *r, const struct imap_token *t) {
	switch (imap_list_take(&r->list, t, r->lexer.depth)) {
	case IMAP_LIST_PART_NONE:
		break;
	case IMAP_LIST_PART_NAME:
		take_mailbox(r, t);
		break;
	case IMAP_LIST_PART_OLD_NAME:
		r->old_mailbox = keep(r, t);
		break;
	case IMAP_LIST_PART_BAD:
		malformed(r);
		break;
	}
	r->reply.attributes = r->list.attributes;
	r->reply.delimiter = r->list.delimiter;
}

/* Prefixes pass one by one, the text of each in the place of the one before. */
static void take_namespace(struct imap_reply_reader *r, const struct imap_token *t) {
	switch (imap_namespace_take(&r->namespace, t, r->lexer.depth)) {
	case IMAP_NAMESPACE_PART_NONE:
		break;
	case IMAP_NAMESPACE_PART_PREFIX:
		buffer_clear(&r->arena);
		take_mailbox(r, t);
		break;
	case IMAP_NAMESPACE_PART_END:
		r->reply.namespace = imap_namespace_kind(&r->namespace);
		r->reply.delimiter = r->namespace.delimiter;
		r->is_given = true;
		r->n_words++;
		break;
	case IMAP_NAMESPACE_PART_BAD:
		malformed(r);
		break;
	}
}

/* Numbers are counted as they pass. (MODSEQ 917162500) may follow (RFC 7162 3.1.5). */
static void take_search(struct imap_reply_reader *r, const struct imap_token *t) {
	if (is_uid(t) && r->lexer.depth == 0 && r->reply.count < UINT32_MAX)
		r->reply.count++;
}

/* esearch-response = "ESEARCH" [search-correlator] [SP "UID"] *(SP search-return-data) */
static void take_esearch(struct imap_reply_reader *r, const struct imap_token *t) {
	if (r->item && t->kind == IMAP_TOKEN_NUMBER && t->number <= UINT32_MAX) {
		r->reply.count = (uint32_t)t->number;
		r->reply.has_count = true;
	}
	r->item = r->lexer.depth == 0 && is_word(t, "COUNT");
}

static bool parse_range(const struct imap_token *t, uint32_t *ret_first, uint32_t *ret_last) {
	const char *colon = memchr(t->bytes, ':', t->n);
	size_t n = colon ? (size_t)(colon - t->bytes) : t->n;
	uint32_t a, b;
	if (t->cut || number_parse_u32(t->bytes, n, &a) < 0)
		return false;
	b = a;
	if (colon && number_parse_u32(colon + 1, t->n - n - 1, &b) < 0)
		return false;
	*ret_first = MIN(a, b);
	*ret_last = MAX(a, b);
	return *ret_first > 0;
}

/* expunged-resp = "VANISHED" [SP "(EARLIER)"] SP known-uids: never expanded, ranges pass one by
 * one. */
static void take_vanished(struct imap_reply_reader *r, const struct imap_token *t) {
	if (r->lexer.depth == 1 && is_word(t, "EARLIER"))
		r->reply.is_earlier = true;
	if (r->lexer.depth > 0 || t->kind == IMAP_TOKEN_CLOSE)
		return;
	r->is_given = is_value(t) && parse_range(t, &r->reply.first, &r->reply.last);
	if (r->is_given)
		r->n_words++;
	else
		malformed(r);
}

static void take_fetch(struct imap_reply_reader *r, const struct imap_token *t) {
	imap_fetch_take(r->fetch, t);
	imap_lexer_set_keep(&r->lexer, imap_fetch_wants_next(r->fetch));
}

/* message-data = nz-number SP ("EXPUNGE" / ("FETCH" SP msg-att)); EXISTS and RECENT may be 0 */
static void take_numbered_word(struct imap_reply_reader *r, const struct imap_token *t) {
	if (is_word(t, "EXISTS")) {
		begin(r, IMAP_REPLY_EXISTS, take_nothing);
	} else if (is_word(t, "RECENT")) {
		begin(r, IMAP_REPLY_RECENT, take_nothing);
	} else if (r->reply.number > 0 && is_word(t, "EXPUNGE")) {
		begin(r, IMAP_REPLY_EXPUNGE, take_nothing);
	} else if (r->reply.number > 0 && is_word(t, "FETCH")) {
		begin(r, IMAP_REPLY_FETCH, take_fetch);
		if (!r->fetch)
			r->fetch = imap_fetch_new();
		imap_fetch_reset(r->fetch);
	} else {
		malformed(r);
	}
}

static const struct {
	const char *word;
	enum imap_reply_kind kind;
	void (*take)(struct imap_reply_reader *, const struct imap_token *);
} words[] = {
	{ "CAPABILITY", IMAP_REPLY_CAPABILITY, take_capability },
	{ "STATUS", IMAP_REPLY_STATUS, take_status_mailbox },
	{ "LIST", IMAP_REPLY_LIST, take_list },
	{ "FLAGS", IMAP_REPLY_FLAGS, NULL },
	{ "SEARCH", IMAP_REPLY_SEARCH, take_search },
	{ "ESEARCH", IMAP_REPLY_ESEARCH, take_esearch },
	{ "VANISHED", IMAP_REPLY_VANISHED, take_vanished },
	{ "ENABLED", IMAP_REPLY_ENABLED, NULL },
	{ "ID", IMAP_REPLY_ID, take_id },
	{ "NAMESPACE", IMAP_REPLY_NAMESPACE, take_namespace },
};

static void take_untagged(struct imap_reply_reader *r, const struct imap_token *t) {
	if (t->kind == IMAP_TOKEN_NUMBER && t->number <= UINT32_MAX) {
		r->reply.number = (uint32_t)t->number;
		r->take = take_numbered_word;
		return;
	}
	if (t->kind != IMAP_TOKEN_ATOM) {
		malformed(r);
		return;
	}
	if (begin_condition(r, t, IMAP_REPLY_CONDITION))
		return;

	begin(r, IMAP_REPLY_UNKNOWN, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (is_word(t, words[i].word))
			begin(r, words[i].kind, words[i].take);
	if (!r->take)
		skip_rest(r);
	if (r->reply.kind == IMAP_REPLY_VANISHED)
		imap_lexer_expect_set(&r->lexer);
}

static void take_start(struct imap_reply_reader *r, const struct imap_token *t) {
	if (is_word(t, "*")) {
		r->take = take_untagged;
	} else if (is_word(t, "+")) {
		begin(r, IMAP_REPLY_CONTINUATION, take_text);
		imap_lexer_expect_text(&r->lexer, false);
	} else {
		r->reply.kind = IMAP_REPLY_TAGGED;
		r->tag = keep(r, t);
		r->take = take_condition;
		if (!is_value(t) || t->cut)
			malformed(r);
	}
}

static void start_over(struct imap_reply_reader *r) {
	r->reply = (struct imap_reply){ .tag = "", .text = "", .mailbox = "", .old_mailbox = "" };
	r->take = take_start;
	buffer_clear(&r->arena);
	r->tag = r->text = r->mailbox = r->old_mailbox = r->id_name = r->id_version = 0;
	r->list = (struct imap_list_reader){ 0 };
	r->namespace = (struct imap_namespace_reader){ 0 };
	r->n_words = 0;
	r->item = 0;
	r->is_malformed = r->is_given = r->is_done = false;
}

static const char *text_at(const struct imap_reply_reader *r, uint32_t offset) {
	return offset ? (const char *)buffer_bytes(&r->arena) + offset : "";
}

/* Were all the words there that make the reply what it is? */
static bool is_whole(struct imap_reply_reader *r) {
	if (r->is_malformed || r->take == take_start || r->take == take_untagged ||
		r->take == take_numbered_word || r->take == take_condition ||
		r->take == take_status_mailbox || r->take == take_vanished ||
		(r->reply.kind == IMAP_REPLY_LIST && r->list.n_values < 2))
		return false;
	return r->reply.kind != IMAP_REPLY_FETCH || imap_fetch_finish(r->fetch);
}

static bool is_condition(const struct imap_reply_reader *r) {
	return r->reply.kind == IMAP_REPLY_CONDITION ||
	       (r->reply.kind == IMAP_REPLY_TAGGED && !r->is_malformed &&
		       r->take != take_condition);
}

static int finish(struct imap_reply_reader *r, struct imap_reply *ret) {
	r->reply.tag = text_at(r, r->tag);
	r->reply.text = text_at(r, r->text);
	r->reply.mailbox = text_at(r, r->mailbox);
	r->reply.old_mailbox = text_at(r, r->old_mailbox);
	r->reply.fetch = r->fetch;
	if (r->reply.kind == IMAP_REPLY_ID)
		r->reply.quirks = imap_quirk_match(IMAP_QUIRK_KEY_ID, text_at(r, r->id_name),
			r->id_version ? text_at(r, r->id_version) : NULL);
	if (!is_condition(r) && !is_whole(r))
		r->reply.kind = IMAP_REPLY_MALFORMED;
	r->is_done = true;
	*ret = r->reply;
	return 1;
}

/* A response code that is none does not make an OK less of an OK. */
static void take_bad(struct imap_reply_reader *r) {
	if (!is_condition(r)) {
		malformed(r);
		return;
	}
	r->reply.code = IMAP_CODE_OTHER;
	r->reply.has_capabilities = false;
	r->take = take_code_end;
}

static bool is_given_in_parts(const struct imap_reply_reader *r) {
	return r->reply.kind == IMAP_REPLY_VANISHED || r->reply.kind == IMAP_REPLY_NAMESPACE;
}

int imap_reply_next(struct imap_reply_reader *r, struct imap_input *in, struct imap_reply *ret) {
	struct imap_token t;
	if (r->is_done)
		start_over(r);
	while (imap_lexer_next(&r->lexer, in, &t) > 0) {
		if (t.kind == IMAP_TOKEN_LIMIT) {
			start_over(r);
			*ret = r->reply;
			ret->kind = IMAP_REPLY_LIMIT;
			return 1;
		}
		if (t.kind == IMAP_TOKEN_BAD) {
			take_bad(r);
		} else if (t.kind != IMAP_TOKEN_EOL) {
			r->take(r, &t);
		} else if (is_given_in_parts(r) && r->n_words > 0 && !r->is_malformed) {
			start_over(r);
		} else {
			return finish(r, ret);
		}
		if (r->is_given) {
			r->is_given = false;
			r->reply.mailbox = text_at(r, r->mailbox);
			*ret = r->reply;
			return 1;
		}
	}
	return 0;
}

void imap_reply_init(struct imap_reply_reader *r) {
	*r = (struct imap_reply_reader){ .is_done = true };
	imap_lexer_init(&r->lexer);
	buffer_init(&r->arena, ARENA_MAX);
}

void imap_reply_deinit(struct imap_reply_reader *r) {
	imap_lexer_deinit(&r->lexer);
	buffer_deinit(&r->arena);
	r->fetch = imap_fetch_free(r->fetch);
}

void imap_reply_release(struct imap_reply_reader *r) {
	imap_lexer_release(&r->lexer);
	if (!imap_lexer_is_between(&r->lexer))
		return;
	buffer_clear(&r->arena);
	buffer_release(&r->arena);
	r->fetch = imap_fetch_free(r->fetch);
}

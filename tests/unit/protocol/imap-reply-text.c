#include "imap-reply-text.h"

#include "base/memory.h"
#include "base/text.h"
#include "protocol/imap-quirk.h"

static const char *const kinds[] = {
	[IMAP_REPLY_CONTINUATION] = "continuation",
	[IMAP_REPLY_TAGGED] = "tagged",
	[IMAP_REPLY_CONDITION] = "condition",
	[IMAP_REPLY_CAPABILITY] = "capability",
	[IMAP_REPLY_EXISTS] = "exists",
	[IMAP_REPLY_RECENT] = "recent",
	[IMAP_REPLY_EXPUNGE] = "expunge",
	[IMAP_REPLY_FETCH] = "fetch",
	[IMAP_REPLY_VANISHED] = "vanished",
	[IMAP_REPLY_STATUS] = "status",
	[IMAP_REPLY_LIST] = "list",
	[IMAP_REPLY_FLAGS] = "flags",
	[IMAP_REPLY_SEARCH] = "search",
	[IMAP_REPLY_ESEARCH] = "esearch",
	[IMAP_REPLY_ENABLED] = "enabled",
	[IMAP_REPLY_ID] = "id",
	[IMAP_REPLY_NAMESPACE] = "namespace",
	[IMAP_REPLY_UNKNOWN] = "unknown",
	[IMAP_REPLY_MALFORMED] = "malformed",
	[IMAP_REPLY_LIMIT] = "limit",
};

static const char *const conditions[] = {
	[IMAP_CONDITION_OK] = "OK",
	[IMAP_CONDITION_NO] = "NO",
	[IMAP_CONDITION_BAD] = "BAD",
	[IMAP_CONDITION_BYE] = "BYE",
	[IMAP_CONDITION_PREAUTH] = "PREAUTH",
};

static const char *const codes[] = {
	[IMAP_CODE_NONE] = NULL,
	[IMAP_CODE_OTHER] = "other",
	[IMAP_CODE_ALERT] = "ALERT",
	[IMAP_CODE_AUTHENTICATIONFAILED] = "AUTHENTICATIONFAILED",
	[IMAP_CODE_AUTHORIZATIONFAILED] = "AUTHORIZATIONFAILED",
	[IMAP_CODE_BADEVENT] = "BADEVENT",
	[IMAP_CODE_CAPABILITY] = "CAPABILITY",
	[IMAP_CODE_CLOSED] = "CLOSED",
	[IMAP_CODE_CONTACTADMIN] = "CONTACTADMIN",
	[IMAP_CODE_EXPIRED] = "EXPIRED",
	[IMAP_CODE_HIGHESTMODSEQ] = "HIGHESTMODSEQ",
	[IMAP_CODE_INUSE] = "INUSE",
	[IMAP_CODE_LIMIT] = "LIMIT",
	[IMAP_CODE_NOMODSEQ] = "NOMODSEQ",
	[IMAP_CODE_NOTIFICATIONOVERFLOW] = "NOTIFICATIONOVERFLOW",
	[IMAP_CODE_PRIVACYREQUIRED] = "PRIVACYREQUIRED",
	[IMAP_CODE_READ_ONLY] = "READ-ONLY",
	[IMAP_CODE_REFERRAL] = "REFERRAL",
	[IMAP_CODE_SERVERBUG] = "SERVERBUG",
	[IMAP_CODE_UIDNEXT] = "UIDNEXT",
	[IMAP_CODE_UIDVALIDITY] = "UIDVALIDITY",
	[IMAP_CODE_UNAVAILABLE] = "UNAVAILABLE",
	[IMAP_CODE_UNSEEN] = "UNSEEN",
};

static void append_number(struct buffer *out, const char *key, uint64_t value) {
	(void)buffer_append_format(out, " %s=%llu", key, (unsigned long long)value);
}

static void append_text(struct buffer *out, const char *key, const char *text) {
	CLEANUP_TEXT char *printable = text_printable(text);
	if (!text_is_empty(text))
		(void)buffer_append_format(out, " %s=\"%s\"", key, printable);
}

static void append_status(struct buffer *out, const struct imap_status *s) {
	if (s->known & IMAP_STATUS_MESSAGES)
		append_number(out, "messages", s->messages);
	if (s->known & IMAP_STATUS_UIDNEXT)
		append_number(out, "uidnext", s->uidnext);
	if (s->known & IMAP_STATUS_UIDVALIDITY)
		append_number(out, "uidvalidity", s->uidvalidity);
	if (s->known & IMAP_STATUS_UNSEEN)
		append_number(out, "unseen", s->unseen);
	if (s->known & IMAP_STATUS_HIGHESTMODSEQ)
		append_number(out, "modseq", s->highestmodseq);
}

static void append_fetch(struct buffer *out, const struct imap_fetch *fetch) {
	const struct imap_message *m = imap_fetch_message(fetch);
	append_number(out, "items", imap_fetch_items(fetch));
	append_number(out, "uid", m->uid);
	append_number(out, "size", m->size);
	append_number(out, "received", m->internal_date_usec / USEC_PER_SEC);
	for (size_t i = 0; m->flags[i]; i++)
		append_text(out, "flag", m->flags[i]);
	append_text(out, "date", m->date);
	append_text(out, "subject", m->subject);
	append_text(out, "name", m->from.name);
	append_text(out, "mailbox", m->from.mailbox);
	append_text(out, "host", m->from.host);
	append_text(out, "message-id", m->message_id);
	append_text(out, "list-id", m->list_id);
	append_text(out, "auto-submitted", m->auto_submitted);
	append_text(out, "precedence", m->precedence);
	append_text(out, "from", m->from_field);
	append_text(out, "email-id", m->email_id);
	append_text(out, "thread-id", m->thread_id);
	for (size_t i = 0; m->labels[i]; i++)
		append_text(out, "label", m->labels[i]);
	append_text(out, "preview", m->preview);
}

static void append_condition(struct buffer *out, const struct imap_reply *r) {
	append_text(out, "tag", r->tag);
	(void)buffer_append_format(out, " %s", conditions[r->condition]);
	if (codes[r->code])
		(void)buffer_append_format(out, " [%s", codes[r->code]);
	if (r->code_number != 0)
		(void)buffer_append_format(out, " %llu", (unsigned long long)r->code_number);
	if (codes[r->code])
		(void)buffer_append_text(out, "]");
	append_text(out, "text", r->text);
}

static void append_listed(struct buffer *out, const struct imap_reply *r) {
	char delimiter[] = { r->delimiter, '\0' };
	append_text(out, "delimiter", delimiter);
	if (r->attributes != 0)
		append_number(out, "attributes", r->attributes);
}

static void append_range(struct buffer *out, const struct imap_reply *r) {
	append_number(out, "first", r->first);
	append_number(out, "last", r->last);
	if (r->is_earlier)
		(void)buffer_append_text(out, " earlier");
}

void imap_reply_text_append(struct buffer *out, const struct imap_reply *r) {
	(void)buffer_append_text(out, kinds[r->kind]);
	switch (r->kind) {
	case IMAP_REPLY_CONTINUATION:
		append_text(out, "text", r->text);
		break;
	case IMAP_REPLY_TAGGED:
	case IMAP_REPLY_CONDITION:
		append_condition(out, r);
		break;
	case IMAP_REPLY_EXISTS:
	case IMAP_REPLY_RECENT:
	case IMAP_REPLY_EXPUNGE:
		append_number(out, "n", r->number);
		break;
	case IMAP_REPLY_FETCH:
		append_number(out, "n", r->number);
		append_fetch(out, r->fetch);
		break;
	case IMAP_REPLY_VANISHED:
		append_range(out, r);
		break;
	case IMAP_REPLY_STATUS:
		append_text(out, "mailbox", r->mailbox);
		append_status(out, &r->status);
		break;
	case IMAP_REPLY_LIST:
		append_text(out, "mailbox", r->mailbox);
		append_text(out, "old", r->old_mailbox);
		append_listed(out, r);
		break;
	case IMAP_REPLY_NAMESPACE:
		append_text(out, "prefix", r->mailbox);
		append_number(out, "kind", r->namespace);
		append_listed(out, r);
		break;
	case IMAP_REPLY_SEARCH:
	case IMAP_REPLY_ESEARCH:
		append_number(out, "count", r->count);
		break;
	case IMAP_REPLY_CAPABILITY:
	case IMAP_REPLY_FLAGS:
	case IMAP_REPLY_ENABLED:
	case IMAP_REPLY_ID:
	case IMAP_REPLY_UNKNOWN:
	case IMAP_REPLY_MALFORMED:
	case IMAP_REPLY_LIMIT:
		break;
	}
	if (r->has_capabilities)
		append_number(out, "capabilities", r->capabilities);
	for (size_t i = 0; i < imap_quirk_count(); i++)
		if (r->quirks >> i & 1)
			append_text(out, "quirk", imap_quirk_at(i)->name);
	if (r->mechanisms)
		append_number(out, "mechanisms", r->mechanisms);
	if (r->is_cut)
		(void)buffer_append_text(out, " cut");
}

#include "imap-event-text.h"

#include "base/memory.h"
#include "base/text.h"
#include "protocol/imap-quirk.h"

static void append_text(struct buffer *out, const char *key, const char *text) {
	CLEANUP_TEXT char *printable = text_printable(text);
	if (text)
		(void)buffer_append_format(out, " %s=\"%s\"", key, printable);
}

static void append_number(struct buffer *out, const char *key, uint64_t value) {
	if (value != 0)
		(void)buffer_append_format(out, " %s=%llu", key, (unsigned long long)value);
}

static void append_flags(struct buffer *out, const char *const *flags) {
	(void)buffer_append_text(out, " flags=(");
	for (size_t i = 0; flags[i]; i++) {
		CLEANUP_TEXT char *printable = text_printable(flags[i]);
		(void)buffer_append_format(out, "%s%s", i > 0 ? " " : "", printable);
	}
	(void)buffer_append_text(out, ")");
}

static void append_message(struct buffer *out, const struct imap_event *event) {
	const struct imap_message *m = event->message;
	(void)buffer_append_format(out, "message %s", event->mailbox);
	append_number(out, "uidvalidity", event->cursor.uidvalidity);
	append_number(out, "uid", m->uid);
	append_number(out, "received", m->internal_date_usec / USEC_PER_SEC);
	append_number(out, "size", m->size);
	append_flags(out, m->flags);
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

static void append_cursor(struct buffer *out, const char *word, const struct imap_event *event) {
	const struct imap_cursor *c = &event->cursor;
	(void)buffer_append_format(out, "%s %s uidvalidity=%u next=%u messages=%u unseen=%u", word,
		event->mailbox, c->uidvalidity, c->next_uid, c->messages, c->unseen);
	append_number(out, "modseq", c->highestmodseq);
}

static void append_quirks(struct buffer *out, uint64_t rows) {
	for (size_t i = 0; i < imap_quirk_count(); i++)
		if (rows >> i & 1)
			(void)buffer_append_format(out, " quirk=%s", imap_quirk_at(i)->name);
}

static void append_marked(struct buffer *out, const struct imap_event *event) {
	static const char *const words[] = {
		[IMAP_MARKED_SEEN] = "seen",
		[IMAP_MARKED_GONE] = "gone",
		[IMAP_MARKED_REFUSED] = "refused",
	};
	(void)buffer_append_format(out, "marked %s", event->mailbox);
	append_number(out, "uidvalidity", event->cursor.uidvalidity);
	append_number(out, "uid", event->uid);
	(void)buffer_append_format(out, " %s", words[event->marked]);
	append_text(out, "text", event->text);
}

static void append_retired(struct buffer *out, const struct imap_event *event) {
	(void)buffer_append_format(out, "retired %s", event->mailbox);
	append_number(out, "uidvalidity", event->cursor.uidvalidity);
	append_number(out, "uid", event->uid);
	(void)buffer_append_text(
		out, event->retirement == IMAP_RETIREMENT_SEEN ? " seen" : " gone");
}

static void append_mailbox(struct buffer *out, const struct imap_event *event) {
	static const char *const states[] = {
		[IMAP_MAILBOX_HERE] = "here",
		[IMAP_MAILBOX_GONE] = "gone",
		[IMAP_MAILBOX_REFUSED] = "refused",
	};
	const struct imap_listed *l = &event->listed;
	(void)buffer_append_format(out, "mailbox %s %s %s", event->mailbox,
		l->is_watched ? "watched" : "unwatched", states[l->state]);
	if (l->is_named)
		(void)buffer_append_text(out, " named");
	if (*l->special_use)
		append_text(out, "use", l->special_use);
	append_text(out, "was", event->old_mailbox);
	append_number(out, "refusals", l->standing.n_refusals);
	append_number(out, "parked", l->standing.parked_usec / USEC_PER_SEC);
	append_number(out, "resets", l->standing.n_resets);
}

void imap_event_text_append(struct buffer *out, const struct imap_event *event) {
	switch (event->kind) {
	case IMAP_EVENT_WANT_TLS:
		(void)buffer_append_text(out, "want-tls");
		break;
	case IMAP_EVENT_ONLINE:
		(void)buffer_append_format(out, "online %s%s%s", event->strategy,
			event->reason == REASON_NONE ? "" : " ", reason_to_string(event->reason));
		append_quirks(out, event->quirks);
		break;
	case IMAP_EVENT_MAILBOX:
		append_mailbox(out, event);
		break;
	case IMAP_EVENT_SWEPT:
		(void)buffer_append_text(out, "swept");
		break;
	case IMAP_EVENT_BASELINE:
		append_cursor(out, event->reset ? "reset" : "baseline", event);
		break;
	case IMAP_EVENT_MESSAGE:
		append_message(out, event);
		break;
	case IMAP_EVENT_MARKED:
		append_marked(out, event);
		break;
	case IMAP_EVENT_RETIRED:
		append_retired(out, event);
		break;
	case IMAP_EVENT_CURSOR:
		append_cursor(out, "cursor", event);
		break;
	case IMAP_EVENT_COUNTS:
		append_cursor(out, "counts", event);
		break;
	case IMAP_EVENT_ALERT:
		(void)buffer_append_text(out, "alert");
		append_text(out, "text", event->text);
		break;
	case IMAP_EVENT_CLOSED:
		(void)buffer_append_format(out, "closed %s",
			event->reason == REASON_NONE ? "none" : reason_to_string(event->reason));
		append_text(out, "text", event->text);
		append_number(out, "retry-after", event->retry_after_usec / USEC_PER_MSEC);
		break;
	}
}

#include "daemon/announcement.h"

#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"
#include "daemon/account-config.h"
#include "mail/header-text.h"
#include "protocol/imap-mailbox-name.h"
#include "protocol/imap-session.h"
#include "protocol/pop3-session.h"

#define URL_MAX ((size_t)16 * 1024)
#define FLAGS_MAX ((size_t)1024)
#define LABELS_MAX ((size_t)8 * 1024)

/* RFC 3986 unreserved and what RFC 5092 bchar / achar let stand beside it, less ';', which ends
 * a mailbox there; the slash stays, since it is in most names a separator. */
static void url_append(struct buffer *url, const char *text, bool keep_slash) {
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$'()*+,&=";
	for (const char *p = text; *p; p++)
		if (strchr(plain, *p) || (keep_slash && *p == '/'))
			(void)buffer_append(url, p, 1);
		else
			(void)buffer_append_format(url, "%%%02X", (unsigned char)*p);
}

static void url_append_server(struct buffer *url, const struct account_config *config) {
	url_append(url, config->user, false);
	/* An IPv6 literal stands in brackets (RFC 3986 3.2.2). */
	(void)buffer_append_format(
		url, strchr(config->host, ':') ? "@[%s]/" : "@%s/", config->host);
}

char *announcement_imap_url(const struct account_config *config, const char *mailbox,
	uint32_t uidvalidity, uint32_t uid) {
	struct buffer url;
	buffer_init(&url, URL_MAX);
	(void)buffer_append_text(&url, "imap://");
	url_append_server(&url, config);
	url_append(&url, mailbox, true);
	(void)buffer_append_format(&url, ";UIDVALIDITY=%u/;UID=%u", uidvalidity, uid);
	char *text = buffer_take_text(&url);
	buffer_deinit(&url);
	return text;
}

/* \Recent belongs to the server's session, not to the message. */
static char *join_flags(const char *const *flags) {
	struct buffer joined;
	buffer_init(&joined, FLAGS_MAX);
	for (size_t i = 0; i < IMAP_FLAGS_MAX && flags[i]; i++) {
		if (text_equal_nocase(flags[i], "\\Recent"))
			continue;
		if (joined.n > 0)
			(void)buffer_append(&joined, " ", 1);
		(void)buffer_append_text(&joined, flags[i]);
	}
	char *text = buffer_take_text(&joined);
	buffer_deinit(&joined);
	return text;
}

/* Modified UTF-7 as mailboxes have it, line by line; NULL when there are none. */
static char *join_labels(const char *const *labels) {
	struct buffer joined;
	buffer_init(&joined, LABELS_MAX);
	for (size_t i = 0; i < IMAP_LABELS_MAX && labels[i]; i++) {
		CLEANUP_TEXT char *name = imap_mailbox_name_decode(labels[i], strlen(labels[i]));
		CLEANUP_TEXT char *label = header_text_plain(name ? name : labels[i]);
		if (*label)
			(void)buffer_append_format(
				&joined, "%s%s", joined.n > 0 ? "\n" : "", label);
	}
	char *text = joined.n > 0 ? buffer_take_text(&joined) : NULL;
	buffer_deinit(&joined);
	return text;
}

/* "no" is what every other message says by saying nothing (RFC 3834 5). */
static char *auto_submitted(const char *raw) {
	CLEANUP_TEXT char *keyword = header_text_keyword(raw);
	return keyword && strcmp(keyword, "no") != 0 ? TAKE_PTR(keyword) : NULL;
}

static char *text_or_null(const char *raw) {
	return raw ? text_utf8(raw, strlen(raw), HEADER_TEXT_MAX) : NULL;
}

/* Of servers whose ENVELOPE lacks addresses. */
static void take_from_field(struct announcement *a, const char *field) {
	CLEANUP_TEXT char *name = NULL;
	if (header_text_from(field, &name, &a->from_address) == 0)
		return;
	free(a->from_name);
	a->from_name = TAKE_PTR(name);
}

void announcement_init_imap(struct announcement *a, const struct account_config *config,
	const char *mailbox, uint32_t uidvalidity, const struct imap_message *message) {
	*a = (struct announcement){
		.id = announcement_imap_url(config, mailbox, uidvalidity, message->uid),
		.mailbox = memory_strdup(mailbox),
		.from_name = message->from.name ? header_text_name(message->from.name) : NULL,
		.from_address = header_text_address(message->from.mailbox, message->from.host),
		.subject = message->subject ? header_text_decode(message->subject) : NULL,
		.message_id = header_text_message_id(message->message_id),
		.thread_id = text_or_null(message->thread_id),
		.email_id = text_or_null(message->email_id),
		.list_id = header_text_list_id(message->list_id),
		.auto_submitted = auto_submitted(message->auto_submitted),
		.precedence = header_text_keyword(message->precedence),
		.flags = join_flags(message->flags),
		.labels = join_labels(message->labels),
		.preview = message->preview ? header_text_plain(message->preview) : NULL,
	};
	if (!a->from_address && message->from_field)
		take_from_field(a, message->from_field);
	a->event = (struct store_event){
		.type = STORE_EVENT_NEW,
		.id = a->id,
		.account = config->id,
		.mailbox = a->mailbox,
		.uid = message->uid,
		.uidvalidity = uidvalidity,
		.received_usec = message->internal_date_usec,
		.date_usec = header_text_date(message->date),
		.from_name = a->from_name,
		.from_address = a->from_address,
		.subject = a->subject,
		.message_id = a->message_id,
		.thread_id = a->thread_id,
		.email_id = a->email_id,
		.list_id = a->list_id,
		.auto_submitted = a->auto_submitted,
		.precedence = a->precedence,
		.flags = a->flags,
		.labels = a->labels,
		.size = message->size,
		.preview = a->preview,
	};
}

char *announcement_pop3_url(const struct account_config *config, uint64_t hash) {
	struct buffer url;
	buffer_init(&url, URL_MAX);
	(void)buffer_append_text(&url, "pop://");
	url_append_server(&url, config);
	(void)buffer_append_format(&url, "%016llx", (unsigned long long)hash);
	char *text = buffer_take_text(&url);
	buffer_deinit(&url);
	return text;
}

void announcement_init_pop3(struct announcement *a, const struct account_config *config,
	const char *mailbox, const struct pop3_message *message) {
	*a = (struct announcement){
		.id = announcement_pop3_url(config, message->hash),
		.mailbox = memory_strdup(mailbox),
		.subject = message->subject ? header_text_decode(message->subject) : NULL,
		.message_id = header_text_message_id(message->message_id),
		.list_id = header_text_list_id(message->list_id),
	};
	if (message->from)
		(void)header_text_from(message->from, &a->from_name, &a->from_address);
	a->event = (struct store_event){
		.type = STORE_EVENT_NEW,
		.id = a->id,
		.account = config->id,
		.mailbox = a->mailbox,
		.date_usec = header_text_date(message->date),
		.from_name = a->from_name,
		.from_address = a->from_address,
		.subject = a->subject,
		.message_id = a->message_id,
		.list_id = a->list_id,
	};
}

void announcement_init_pop3_gone(struct announcement *a, const struct account_config *config,
	const char *mailbox, uint64_t hash) {
	*a = (struct announcement){
		.id = announcement_pop3_url(config, hash),
		.mailbox = memory_strdup(mailbox),
	};
	a->event = (struct store_event){
		.type = STORE_EVENT_RETIRED,
		.id = a->id,
		.account = config->id,
		.mailbox = a->mailbox,
		.reason = "gone",
	};
}

void announcement_init_imap_retired(struct announcement *a, const struct account_config *config,
	const struct imap_event *retired) {
	uint32_t uidvalidity = retired->cursor.uidvalidity;
	*a = (struct announcement){
		.id = announcement_imap_url(config, retired->mailbox, uidvalidity, retired->uid),
		.mailbox = memory_strdup(retired->mailbox),
	};
	a->event = (struct store_event){
		.type = STORE_EVENT_RETIRED,
		.id = a->id,
		.account = config->id,
		.mailbox = a->mailbox,
		.uid = retired->uid,
		.uidvalidity = uidvalidity,
		.reason = retired->retirement == IMAP_RETIREMENT_SEEN ? "seen" : "gone",
	};
}

void announcement_deinit(struct announcement *a) {
	free(a->id);
	free(a->mailbox);
	free(a->from_name);
	free(a->from_address);
	free(a->subject);
	free(a->message_id);
	free(a->thread_id);
	free(a->email_id);
	free(a->list_id);
	free(a->auto_submitted);
	free(a->precedence);
	free(a->labels);
	free(a->flags);
	free(a->preview);
	*a = (struct announcement){ 0 };
}

#include "notify/news-mail.h"

#include "base/memory.h"
#include "base/text.h"

#include <string.h>

static const char *copy_text(const char *text, size_t max_bytes) {
	return text ? text_utf8(text, strlen(text), max_bytes) : NULL;
}

void news_mail_copy(const struct news_mail *mail, size_t max_bytes, struct news_mail *ret) {
	*ret = *mail;
	ret->id = memory_strdup(mail->id);
	ret->mailbox = copy_text(mail->mailbox, max_bytes);
	ret->from_name = copy_text(mail->from_name, max_bytes);
	ret->from_address = copy_text(mail->from_address, max_bytes);
	ret->subject = copy_text(mail->subject, max_bytes);
	ret->message_id = copy_text(mail->message_id, max_bytes);
}

/* Borrowed names of owned texts. */
static void clear(const char **text) {
	memory_free((char *)*text);
	*text = NULL;
}

void news_mail_clear_text(struct news_mail *mail) {
	clear(&mail->mailbox);
	clear(&mail->from_name);
	clear(&mail->from_address);
	clear(&mail->subject);
	clear(&mail->message_id);
}

void news_mail_clear(struct news_mail *mail) {
	news_mail_clear_text(mail);
	clear(&mail->id);
}

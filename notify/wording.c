#include "notify/wording.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"
#include "config/language.h"
#include "notify/line.h"

#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

/* Characters, as line.h counts them. The specification of notifications wants short summaries;
 * services wrap a body and show a few lines of it. */
#define SENDER_MAX 60
#define SUBJECT_MAX 160
#define LIST_SENDER_MAX 32
#define LIST_SUBJECT_MAX 80
#define ACCOUNT_MAX 40
#define MAILBOX_MAX 60
#define DETAIL_MAX 160

/* A cap for the texts built here, far above what the limits in characters allow. */
#define WORDING_BYTES_MAX (256 * 1024)

#define DASH " – "

/* "@" and its look-alikes: full width, small form. */
static bool holds_address(const char *name) {
	return strchr(name, '@') || strstr(name, "＠") || strstr(name, "﹫");
}

char *wording_sender(const struct news_mail *mail, size_t max_characters) {
	CLEANUP_TEXT char *name = line_from_text(mail->from_name, max_characters);

	if (*name && !holds_address(mail->from_name))
		return TAKE_PTR(name);
	CLEANUP_TEXT char *address = line_from_text(mail->from_address, max_characters);
	return *address ? TAKE_PTR(address) : memory_strdup(_("(unknown sender)"));
}

static char *subject_line(const struct news_mail *mail, size_t max_characters) {
	CLEANUP_TEXT char *subject = line_from_text(mail->subject, max_characters);

	return *subject ? TAKE_PTR(subject) : memory_strdup(_("(no subject)"));
}

/* "work – Lists/maths", "work", "Lists/maths", or "" */
static char *place_line(const struct news_mail *mail, const char *account_name) {
	CLEANUP_TEXT char *account = line_from_text(account_name, ACCOUNT_MAX);
	CLEANUP_TEXT char *mailbox = NULL;

	/* INBOX is INBOX in any case (RFC 9051 section 5.1), and is where mail is expected. */
	if (mail->mailbox && !text_equal_nocase(mail->mailbox, "INBOX"))
		mailbox = line_from_text(mail->mailbox, MAILBOX_MAX);
	if (text_is_empty(mailbox))
		return TAKE_PTR(account);
	if (!*account)
		return TAKE_PTR(mailbox);
	CLEANUP_TEXT char *account_part = language_isolate(account);
	CLEANUP_TEXT char *mailbox_part = language_isolate(mailbox);
	return memory_format("%s" DASH "%s", account_part, mailbox_part);
}

static void word_one(const struct news_mail *mail, const struct wording_style *style,
	struct buffer *body, char **ret) {
	CLEANUP_TEXT char *subject = subject_line(mail, SUBJECT_MAX);
	CLEANUP_TEXT char *place = place_line(mail, style->account_name);

	line_append(body, style->privacy == SETTINGS_PRIVACY_FULL ? subject : _("New message"));
	if (*place)
		line_append(body, place);
	*ret = wording_sender(mail, SENDER_MAX);
}

static void append_list(
	struct buffer *body, const struct news *n, const struct wording_style *style) {
	const struct news_mail *mail;

	for (unsigned i = 0; (mail = news_newest(n, i)); i++) {
		CLEANUP_TEXT char *sender_line = wording_sender(mail, LIST_SENDER_MAX);
		CLEANUP_TEXT char *sender = language_isolate(sender_line);
		CLEANUP_TEXT char *subject_text = subject_line(mail, LIST_SUBJECT_MAX);
		CLEANUP_TEXT char *subject = language_isolate(subject_text);
		/* translators: a sender and the subject of the message. */
		CLEANUP_TEXT char *line = memory_format(_("%s: %s"), sender, subject);

		line_append(body, style->privacy == SETTINGS_PRIVACY_FULL ? line : sender);
	}
}

/* Whole sentences: languages have other forms, and other orders. */
static char *count_line(uint64_t n_mails, const char *account_name) {
	CLEANUP_TEXT char *account_line = line_from_text(account_name, ACCOUNT_MAX);
	CLEANUP_TEXT char *account = language_isolate(account_line);

	if (!*account)
		return memory_format(language_plural("%" PRIu64 " new message",
					     "%" PRIu64 " new messages", n_mails),
			n_mails);
	/* translators: %s is the name of an account. */
	return memory_format(language_plural("%" PRIu64 " new message – %s",
				     "%" PRIu64 " new messages – %s", n_mails),
		n_mails, account);
}

void wording_of_news(const struct news *n, const struct wording_style *style, struct wording *ret) {
	struct buffer body;
	uint64_t n_mails = news_n_mails(n);
	const struct news_mail *newest = news_newest(n, 0);

	assert(n_mails > 0);
	buffer_init(&body, WORDING_BYTES_MAX);
	if (n_mails == 1 && newest && style->privacy != SETTINGS_PRIVACY_COUNT) {
		word_one(newest, style, &body, &ret->summary);
	} else {
		if (style->privacy != SETTINGS_PRIVACY_COUNT)
			append_list(&body, n, style);
		ret->summary = count_line(n_mails, style->account_name);
	}
	if (style->problem)
		line_append(&body, style->problem);
	ret->body = wording_finish_body(buffer_take_text(&body), style->markup);
}

void wording_clear(struct wording *w) {
	w->summary = memory_free(w->summary);
	w->body = memory_free(w->body);
}

char *wording_finish_body(char *body, bool markup) {
	if (!markup)
		return body;
	char *escaped = line_escape(body);

	memory_free(body);
	return escaped;
}

/* --- buttons --- */

const char *wording_other_accounts(void) {
	return _("other accounts");
}

const char *wording_open(void) {
	return _("Open");
}

const char *wording_mark(uint64_t n_mails) {
	return n_mails == 1 ? _("Mark as read") : _("Mark all as read");
}

const char *wording_mend(void) {
	return _("Find the cause");
}

char *wording_snooze(uint64_t usec) {
	uint64_t minutes = usec / USEC_PER_MINUTE, hours = usec / USEC_PER_HOUR, days = hours / 24;

	if (usec % (24 * USEC_PER_HOUR) == 0)
		return memory_format(language_plural("Again in %" PRIu64 " day",
					     "Again in %" PRIu64 " days", days),
			days);
	if (usec % USEC_PER_HOUR == 0)
		return memory_format(language_plural("Again in %" PRIu64 " hour",
					     "Again in %" PRIu64 " hours", hours),
			hours);
	return memory_format(language_plural("Again in %" PRIu64 " minute",
				     "Again in %" PRIu64 " minutes", minutes),
		minutes);
}

/* --- what went wrong --- */

char *wording_not_marked(const char *detail) {
	CLEANUP_TEXT char *line = line_from_text(detail, DETAIL_MAX);
	CLEANUP_TEXT char *isolated = language_isolate(line);

	return *line ? memory_format(_("Could not be marked as read: %s"), isolated)
		     : memory_strdup(_("Could not be marked as read."));
}

char *wording_not_opened(const char *detail) {
	CLEANUP_TEXT char *line = line_from_text(detail, DETAIL_MAX);
	CLEANUP_TEXT char *isolated = language_isolate(line);

	return *line ? memory_format(_("Could not be opened: %s"), isolated)
		     : memory_strdup(_("Could not be opened."));
}

const char *wording_no_mail_program(void) {
	return _("no mail program is set up; OpenCommand= names one.");
}

const char *wording_no_terminal(void) {
	return _("there is no xdg-terminal-exec.");
}

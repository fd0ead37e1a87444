#include "notify/tray-words.h"

#include "base/memory.h"
#include "config/language.h"
#include "notify/line.h"
#include "notify/wording.h"

#include <inttypes.h>
#include <string.h>

/* A menu is narrow. Characters, as line.h counts them. */
#define NAME_MAX_CHARACTERS 40
#define SENDER_MAX_CHARACTERS 24
#define SUBJECT_MAX_CHARACTERS 40
#define REASON_MAX_CHARACTERS 80

static char *detail_part(const char *detail) {
	CLEANUP_TEXT char *line = line_from_text(detail, REASON_MAX_CHARACTERS);

	return language_isolate(line);
}

char *tray_words_unread(uint64_t n) {
	return memory_format(
		language_plural("%" PRIu64 " unread message", "%" PRIu64 " unread messages", n), n);
}

/* NULL: it works. */
static char *word_state(const char *state, const char *name) {
	if (!strcmp(state, "failed"))
		/* translators: %s is the name of an account. */
		return memory_format(_("%s – does not work"), name);
	if (!strcmp(state, "offline"))
		return memory_format(_("%s – offline"), name);
	if (!strcmp(state, "connecting"))
		return memory_format(_("%s – connecting"), name);
	if (!strcmp(state, "paused"))
		return memory_format(_("%s – paused"), name);
	return NULL;
}

char *tray_words_account(const struct account *account) {
	CLEANUP_TEXT char *line = line_from_text(account->name, NAME_MAX_CHARACTERS);
	CLEANUP_TEXT char *name = language_isolate(*line ? line : account->id);
	CLEANUP_TEXT char *state = word_state(account->state, name);

	if (state)
		return TAKE_PTR(state);
	if (account->unseen == 0)
		return TAKE_PTR(name);
	/* translators: the name of an account, and the number of its unread messages. */
	return memory_format(language_plural("%s – %u unread", "%s – %u unread", account->unseen),
		name, account->unseen);
}

char *tray_words_reason(const struct account *account) {
	return line_from_text(account->reason_text, REASON_MAX_CHARACTERS);
}

char *tray_words_mail(const struct news_mail *mail, enum settings_privacy privacy) {
	CLEANUP_TEXT char *sender_line = wording_sender(mail, SENDER_MAX_CHARACTERS);
	CLEANUP_TEXT char *sender = language_isolate(sender_line);
	CLEANUP_TEXT char *subject_line = line_from_text(mail->subject, SUBJECT_MAX_CHARACTERS);
	CLEANUP_TEXT char *subject = language_isolate(subject_line);

	if (privacy != SETTINGS_PRIVACY_FULL || !*subject)
		return TAKE_PTR(sender);
	/* translators: a sender and the subject of the message. */
	return memory_format(_("%s: %s"), sender, subject);
}

char *tray_words_more(uint64_t n) {
	return memory_format(language_plural("and %" PRIu64 " more", "and %" PRIu64 " more", n), n);
}

const char *tray_words_away(void) {
	return _("The mail monitor is not running");
}

const char *tray_words_no_accounts(void) {
	return _("No account is set up");
}

const char *tray_words_check(void) {
	return _("Check now");
}

const char *tray_words_pause(void) {
	return _("Pause");
}

const char *tray_words_pause_hour(void) {
	return _("Pause for an hour");
}

const char *tray_words_resume(void) {
	return _("Resume");
}

const char *tray_words_resume_all(void) {
	return _("Resume all");
}

char *tray_words_not_checked(const char *detail) {
	CLEANUP_TEXT char *part = detail_part(detail);

	return *part ? memory_format(_("Mail could not be looked for: %s"), part)
		     : memory_strdup(_("Mail could not be looked for."));
}

char *tray_words_not_paused(const char *detail) {
	CLEANUP_TEXT char *part = detail_part(detail);

	return *part ? memory_format(_("Could not be paused: %s"), part)
		     : memory_strdup(_("Could not be paused."));
}

char *tray_words_not_resumed(const char *detail) {
	CLEANUP_TEXT char *part = detail_part(detail);

	return *part ? memory_format(_("Could not be resumed: %s"), part)
		     : memory_strdup(_("Could not be resumed."));
}

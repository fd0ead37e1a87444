#include "notify/wording-trouble.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "config/language.h"
#include "notify/line.h"
#include "notify/trouble.h"

#include <stddef.h>
#include <string.h>

#define NAME_MAX_CHARACTERS 40
#define TEXT_MAX_CHARACTERS 200
#define BYTES_MAX (64 * 1024)

struct sentences {
	const char *summary; /* of "%s", the account */
	const char *advice;
};

/* Each names the account within a sentence of its own, for translators. */
static const struct sentences login = {
	N_("%s: the login was refused"),
	N_("Perhaps the password has changed."),
};
static const struct sentences token = {
	N_("%s: the login has expired"),
	N_("Sign in again where this account gets its access from."),
};
static const struct sentences secret = {
	N_("%s: the password cannot be read"),
	N_("Look at where the account's file says it is."),
};
static const struct sentences locked = {
	N_("%s: the key ring is locked"),
	N_("It holds the password. Mail is told again once it is unlocked."),
};
static const struct sentences certificate = {
	N_("%s: the server's certificate is not to be trusted"),
	N_("Nothing was sent to it. If the server did not change, somebody may listen in."),
};
static const struct sentences encryption = {
	N_("%s: no safe connection"),
	N_("The server does not offer the encryption that the account asks for."),
};
static const struct sentences mailbox = {
	N_("%s: a mailbox cannot be watched"),
	N_("Perhaps it was renamed or deleted."),
};
static const struct sentences file = {
	N_("%s: an error in its settings"),
	N_("The account rests until its file is mended."),
};
static const struct sentences unreachable = {
	N_("%s: the mail server is out of reach"),
	N_("New mail is told as soon as it is back."),
};

static const struct sentences *sentences_of(enum trouble_sort sort) {
	switch (sort) {
	case TROUBLE_LOGIN:
		return &login;
	case TROUBLE_TOKEN:
		return &token;
	case TROUBLE_SECRET:
		return &secret;
	case TROUBLE_LOCKED:
		return &locked;
	case TROUBLE_CERTIFICATE:
		return &certificate;
	case TROUBLE_ENCRYPTION:
		return &encryption;
	case TROUBLE_MAILBOX:
		return &mailbox;
	case TROUBLE_FILE:
		return &file;
	case TROUBLE_NONE:
	case TROUBLE_UNREACHABLE:
		break;
	}
	return &unreachable;
}

/* The one place where a sentence of the table meets the name. */
static char *summary_of(const struct sentences *sentences, const char *name) {
	CLEANUP_TEXT char *line = line_from_text(name, NAME_MAX_CHARACTERS);
	CLEANUP_TEXT char *isolated = language_isolate(line);
	const char *sentence = _(sentences->summary), *at = strstr(sentence, "%s");

	if (!at)
		return memory_strdup(sentence);
	return memory_format("%.*s%s%s", (int)(at - sentence), sentence, isolated, at + 2);
}

void wording_trouble_words(
	const struct wording_trouble *trouble, bool markup, struct wording *ret) {
	const struct sentences *sentences = sentences_of(trouble_sort(trouble->reason));
	CLEANUP_TEXT char *said = line_from_text(trouble->reason_text, TEXT_MAX_CHARACTERS);
	CLEANUP_TEXT char *id = line_from_text(trouble->account, NAME_MAX_CHARACTERS);
	struct buffer body;

	buffer_init(&body, BYTES_MAX);
	if (*said)
		(void)buffer_append_format(&body, "%s\n", said);
	(void)buffer_append_format(&body, "%s\n", _(sentences->advice));
	/* translators: a command and the account it is for. */
	(void)buffer_append_format(&body, _("To find the cause: posthorn doctor %s"), id);
	ret->summary = summary_of(sentences, trouble->name ? trouble->name : trouble->account);
	ret->body = wording_finish_body(buffer_take_text(&body), markup);
}

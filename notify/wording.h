#pragma once
/* From the news of an account to the two texts of its notification, and what stands on its buttons.
 * Pure. Every sentence stands here whole, and where it depends on a number both forms do.
 *
 *     one mail:  "Ada Lovelace"                the sender
 *                "Notes on the engine"         the subject
 *                "work - Lists/maths"          account, where there are several; mailbox, if not INBOX
 *     several:   "17 new messages - work"
 *                "Ada Lovelace: Notes ..."     the newest three, newest first
 *
 * With the privacy of settings.h, "sender" leaves out subjects and "count" leaves out senders too. */
#include "notify/news.h"
#include "notify/settings.h"

#include <stdbool.h>

struct wording_style {
	const char *account_name; /* NULL where there is one account only */
	enum settings_privacy privacy;
	const char *problem; /* what could not be done with it; a sentence, NULL: nothing */
	bool markup; /* the service reads the body as markup: escape it */
};

/* Both owned. The summary is never markup, and never empty. */
struct wording {
	char *summary;
	char *body;
};

/* `n` has at least one mail. */
void wording_of_news(const struct news *n, const struct wording_style *style, struct wording *ret);

void wording_clear(struct wording *w);

/* Who wrote: the display name, but for one that holds an address (a sender may write any address
 * there, and it would be read as his own); then the address. Owned, one line. */
char *wording_sender(const struct news_mail *mail, size_t max_characters);

/* The body as the service wants it: escaped for one that reads markup. Takes and gives ownership. */
char *wording_finish_body(char *body, bool markup);

/* The name of what is told together. */
const char *wording_other_accounts(void);

/* What stands on a button. Owned where not const. */
const char *wording_open(void);
const char *wording_mark(uint64_t n_mails);
const char *wording_mend(void);
char *wording_snooze(uint64_t usec);

/* Why a click did nothing. `detail` is text of others, or NULL. Owned. */
char *wording_not_marked(const char *detail);
char *wording_not_opened(const char *detail);
const char *wording_no_mail_program(void);
const char *wording_no_terminal(void);

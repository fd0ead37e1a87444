#pragma once
/* From the news of an account to the two texts of its notification. Pure.
 *
 *     one mail:  "Ada Lovelace"                the sender
 *                "Notes on the engine"         the subject
 *                "work - Lists/maths"          account, where there are several; mailbox, if not INBOX
 *     several:   "17 new messages - work"
 *                "Ada Lovelace: Notes ..."     the newest three, newest first
 */
#include "notify/news.h"

#include <stdbool.h>

struct wording_style {
	const char *account_name; /* NULL where there is one account only */
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

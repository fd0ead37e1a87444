#pragma once
/* What the tray says: the labels of the menu, and the tip over the icon. Pure. Every text is a line of
 * its own; text of others went through line.h. Owned where not const. */
#include "notify/accounts.h"
#include "notify/news.h"
#include "notify/settings.h"

#include <stdint.h>

char *tray_words_unread(uint64_t n);

/* "work – 3 unread", "work – does not work". */
char *tray_words_account(const struct account *account);

/* Why it does not work; "" where nothing is known. */
char *tray_words_reason(const struct account *account);

/* "Ada Lovelace: Notes on the engine". */
char *tray_words_mail(const struct news_mail *mail, enum settings_privacy privacy);

/* "and 3 more" */
char *tray_words_more(uint64_t n);

const char *tray_words_away(void);
const char *tray_words_no_accounts(void);
const char *tray_words_check(void);
const char *tray_words_pause(void);
const char *tray_words_pause_hour(void);
const char *tray_words_resume(void);
const char *tray_words_resume_all(void);

/* What a click could not do, and why: `detail` is text of others, or NULL. */
char *tray_words_not_checked(const char *detail);
char *tray_words_not_paused(const char *detail);
char *tray_words_not_resumed(const char *detail);

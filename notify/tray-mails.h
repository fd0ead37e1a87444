#pragma once
/* The newest mails that nobody has read, of all accounts, for the menu of the tray. Bounded; what is
 * older than those is not known here. Pure. */
#include "base/macros.h"
#include "notify/news.h"

#include <stddef.h>

/* More than are shown: when some are read, others take their places. */
#define TRAY_MAILS_MAX 50

struct tray_mails;

struct tray_mails *tray_mails_new(void);
struct tray_mails *tray_mails_free(struct tray_mails *m);
DEFINE_CLEANUP(struct tray_mails, tray_mails_free);

/* Copies. One that is here already, or that has no id, is left out. */
void tray_mails_add(struct tray_mails *m, const char *account, const struct news_mail *mail);

/* It was read, or is gone. */
void tray_mails_retire(struct tray_mails *m, const char *id);

void tray_mails_clear(struct tray_mails *m);

/* The i-th newest; NULL: there are no more. Borrowed until the next call that is not const. */
const struct news_mail *tray_mails_newest(
	const struct tray_mails *m, size_t i, const char **ret_account);
const struct news_mail *tray_mails_find(
	const struct tray_mails *m, const char *id, const char **ret_account);

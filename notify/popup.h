#pragma once
/* Shows the news: one live notification for an account, replaced in place. Waits for a notification
 * service that is not there yet, survives its end, its restart and its silence, and holds no more
 * meanwhile than the news of each account, which are bounded.
 *
 *              appears, or is            says what
 *              asked to start            it can do
 *     ABSENT ------------------> ASKING -----------> READY ---> a card at a time
 *        ^                        |  ^                 |
 *        +--------- vanishes -----+  +---- a card failed: only who answers gets the next one
 */
#include "base/macros.h"
#include "notify/accounts.h"
#include "notify/news.h"

#include <gio/gio.h>
#include <stdint.h>

/* News of further accounts are told together. */
#define POPUP_ACCOUNTS_MAX 128

struct popup;

typedef void (*popup_told_fn)(void *userdata);

/* `accounts` is borrowed. `on_told`: popup_first_untold() may have changed. */
struct popup *popup_new(GDBusConnection *bus, const struct accounts *accounts,
	popup_told_fn on_told, void *userdata);
struct popup *popup_free(struct popup *p);
DEFINE_CLEANUP(struct popup, popup_free);

/* A mail has come; it is shown soon, together with others of its account. */
void popup_add(struct popup *p, const char *account, const struct news_mail *mail);

/* The lowest number of a mail that was not shown yet; 0 when all were. */
uint64_t popup_first_untold(const struct popup *p);

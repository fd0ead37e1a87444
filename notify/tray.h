#pragma once
/* The icon in the tray: how many messages are unread, and a menu of accounts, newest mails, looking
 * for mail and pausing. Where the desktop has no tray, or the settings want none, it holds nothing
 * but a watch on the name of one. */
#include "base/macros.h"
#include "notify/accounts.h"
#include "notify/agent-config.h"

#include <gio/gio.h>
#include <stdbool.h>
#include <stdint.h>

struct tray;

/* `accounts` is borrowed. Nothing is shown before tray_set_config(). */
struct tray *tray_new(GDBusConnection *bus, struct accounts *accounts);
struct tray *tray_free(struct tray *t);
DEFINE_CLEANUP(struct tray, tray_free);

/* Borrowed until the next one. */
void tray_set_config(struct tray *t, const struct agent_config *config);

/* Others may see the screen: the menu names no mail. */
void tray_set_locked(struct tray *t, bool is_locked);

/* Something about the accounts has changed. */
void tray_refresh(struct tray *t);

/* One that the rules do not ignore. */
void tray_add(struct tray *t, const char *account, const struct news_mail *mail);

void tray_retire(struct tray *t, const char *id);

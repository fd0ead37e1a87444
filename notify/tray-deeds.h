#pragma once
/* What a choice in the tray's menu does: opens a mail, marks it as read, has the daemon look for mail,
 * pause and resume. What cannot be done is said to the listener as a sentence for people. */
#include "base/macros.h"
#include "notify/accounts.h"
#include "notify/agent-config.h"
#include "notify/tray-rows.h"

#include <gio/gio.h>

struct tray_deeds;

/* Borrowed; text of others is one line in it. */
typedef void (*tray_deeds_failed_fn)(const char *problem, void *userdata);

struct tray_deeds *tray_deeds_new(GDBusConnection *bus, const struct accounts *accounts,
	tray_deeds_failed_fn on_failed, void *userdata);
struct tray_deeds *tray_deeds_free(struct tray_deeds *d);
DEFINE_CLEANUP(struct tray_deeds, tray_deeds_free);

/* `owner`: the daemon's unique name; NULL: it is away. */
void tray_deeds_set_owner(struct tray_deeds *d, const char *owner);

/* TRAY_CHECK, TRAY_PAUSE, TRAY_PAUSE_HOUR, TRAY_RESUME; `account` NULL: all of them. */
void tray_deeds_tell(struct tray_deeds *d, enum tray_deed deed, const char *account);

void tray_deeds_mark(struct tray_deeds *d, const char *account, const char *id);

/* `token`: for the window that it opens, or NULL. */
void tray_deeds_open(struct tray_deeds *d, const struct settings *settings, const char *account,
	const struct news_mail *mail, const char *token);

#pragma once
/* The menu of the tray as rows: accounts, newest mails, what can be done. Pure, so that two menus can
 * be compared: one that is open is not built anew for nothing. */
#include "base/macros.h"
#include "notify/accounts.h"
#include "notify/agent-config.h"
#include "notify/tray-mails.h"

#include <stdbool.h>
#include <stddef.h>

/* A menu is for looking over. */
#define TRAY_ROWS_ACCOUNTS_MAX 20
#define TRAY_ROWS_MAILS_MAX 5

enum tray_deed {
	TRAY_NOTHING, /* opens its submenu, or only says something */
	TRAY_SEPARATOR,
	TRAY_OPEN,
	TRAY_MARK,
	TRAY_CHECK,
	TRAY_PAUSE,
	TRAY_PAUSE_HOUR,
	TRAY_RESUME,
};

struct tray_row {
	enum tray_deed deed;
	unsigned level; /* 1: in the submenu of the last row of level 0 */
	bool is_enabled;
	char *label; /* NULL of a separator */
	char *account; /* NULL: all of them */
	char *mail; /* id; NULL: it is not about one */
};

struct tray_rows {
	struct tray_row *items;
	size_t n;
};

struct tray_facts {
	bool is_running; /* the daemon */
	bool is_locked; /* others may see the screen */
	const char *problem; /* what the last click could not do; NULL: nothing */
	const struct account *const *accounts; /* ordered as they are shown */
	size_t n_accounts;
	const struct tray_mails *mails;
	const struct agent_config *config;
};

struct tray_rows *tray_rows_new(const struct tray_facts *facts);
struct tray_rows *tray_rows_free(struct tray_rows *r);
DEFINE_CLEANUP(struct tray_rows, tray_rows_free);

/* Either may be NULL. */
bool tray_rows_equal(const struct tray_rows *a, const struct tray_rows *b);

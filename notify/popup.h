#pragma once
/* Shows the news, and the trouble: one live notification of each kind for an account, replaced in
 * place. Waits for a notification service that is not there yet, survives its end, its restart and
 * its silence, and holds no more meanwhile than the board, which is bounded. */
#include "base/macros.h"
#include "notify/accounts.h"
#include "notify/agent-config.h"
#include "notify/board.h"
#include "notify/ledger.h"
#include "notify/news.h"

#include <gio/gio.h>
#include <stdint.h>

/* A click. Borrowed. */
struct popup_click {
	enum board_kind kind;
	const char *account;
	const char *action; /* see card.h */
	const char *token; /* for the window that it opens; NULL: there is none */
};

struct popup_listener {
	void (*on_change)(void *userdata); /* popup_keep() has something else to say */
	void (*on_click)(const struct popup_click *click, void *userdata);
	void *userdata;
};

struct popup;

/* `accounts` and `config` are borrowed. */
struct popup *popup_new(GDBusConnection *bus, const struct accounts *accounts,
	const struct agent_config *config, const struct popup_listener *listener);
struct popup *popup_free(struct popup *p);
DEFINE_CLEANUP(struct popup, popup_free);

/* Other settings hold; what is on the screen follows. */
void popup_set_config(struct popup *p, const struct agent_config *config);

/* Others may see the screen: no names, no subjects. */
void popup_set_locked(struct popup *p, bool is_locked);

/* Nothing new is shown meanwhile: what is being read may be taken back. */
void popup_set_held(struct popup *p, bool is_held);

/* A mail has come; it is shown soon, together with others of its account. */
void popup_add(struct popup *p, const char *account, const struct news_mail *mail);

/* The same for one of which the ledger knows. */
void popup_restore(
	struct popup *p, const char *account, const struct news_mail *mail, enum news_state state);

/* It was read or is gone. */
void popup_retire(struct popup *p, const char *account, const char *id);

/* How the account is, by its words State and Reason. */
void popup_observe(struct popup *p, const struct account *account);
void popup_forget_trouble(struct popup *p, const char *account);

/* What came of a click. `problem` is shown in the notification, NULL takes it back; copied. */
void popup_set_problem(
	struct popup *p, enum board_kind kind, const char *account, const char *problem);

/* All that the notification tells of is dealt with, and not shown meanwhile: an owned vector of ids
 * (words_free()), NULL when there is none. Then each is done with, or is told again. */
char **popup_hold(struct popup *p, const char *account);
void popup_release(struct popup *p, const char *account, const char *id, bool is_done);

void popup_snooze(struct popup *p, const char *account, uint64_t usec);

/* The newest mail of which the account's notification tells; NULL: it tells of none. Borrowed. */
const struct news_mail *popup_newest(struct popup *p, const char *account);

/* Into the ledger of the next agent; out of that of the last one, before anything is added. */
void popup_keep(const struct popup *p, struct ledger *l);
void popup_inherit(struct popup *p, const struct ledger *l);

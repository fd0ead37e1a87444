#pragma once
/* What the agent remembers over a restart, as a small file: the last event it knows, the mails that
 * are told, untold or put off, and the notifications it left on the screen. Their text is not in it:
 * the daemon's log has that. Lines as in unit files. */
#include "base/macros.h"
#include "notify/news.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEDGER_ACCOUNTS_MAX 256

/* The id of accounts that are told together; none has it. */
#define LEDGER_OTHERS "*"

struct ledger_seqs {
	uint64_t *items; /* ascending */
	size_t n;
};

struct ledger_account {
	char *id;
	struct ledger_seqs seqs[NEWS_SNOOZED + 1]; /* by enum news_state */
	uint64_t snoozed_until; /* wall clock; 0: nothing is */
	uint64_t more_told, more_untold; /* older ones, a number only */
	uint32_t card; /* the service's number of the notification; 0: none is on the screen */
	char *trouble; /* the word of the reason that was told last; NULL: none was */
	uint64_t trouble_usec; /* when; wall clock */
	uint32_t trouble_card;
};

struct ledger {
	uint64_t position; /* everything up to here is known */
	char *service; /* unique name of the service whose numbers the cards are; NULL: none */
	struct ledger_account *accounts;
	size_t n_accounts;
};

struct ledger *ledger_new(void);
struct ledger *ledger_free(struct ledger *l);
DEFINE_CLEANUP(struct ledger, ledger_free);

/* Made where it is missing. NULL for an id that no account can have, or beyond the limit. Borrowed
 * until the next call. */
struct ledger_account *ledger_take_account(struct ledger *l, const char *id);
struct ledger_account *ledger_find_account(const struct ledger *l, const char *id);

void ledger_add(struct ledger_account *a, enum news_state state, uint64_t seq);

/* What is known of a mail up to the position; false: it needs nothing any more. */
bool ledger_state(const struct ledger *l, const char *account, uint64_t seq, enum news_state *ret);

/* The daemon's log is to be read behind this number, to have the text of what is kept. */
uint64_t ledger_read_after(const struct ledger *l);

/* -EBADMSG when the text is no ledger. */
int ledger_parse(const char *text, size_t n, struct ledger **ret);
char *ledger_format(const struct ledger *l);

/* $XDG_STATE_HOME/posthorn/notify-state, by default below ~/.local/state; owned. NULL when there is
 * no absolute path to build it from. */
char *ledger_default_path(void);

/* 1: read; 0: there is no file yet; -EBADMSG when it holds none, or another negative errno. */
int ledger_load(const char *path, struct ledger **ret);

/* The file is the old one or the new one at any moment, also after a power cut; its folder is made
 * where it is missing. 0 or a negative errno. */
int ledger_save(const char *path, const char *text);

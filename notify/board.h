#pragma once
/* What is, or is to be, on the screen: for each account its news and its trouble, and the notification
 * of each as far as the service has it. Bounded. Nothing here knows a bus or a clock. */
#include "base/macros.h"
#include "notify/ledger.h"
#include "notify/news.h"
#include "notify/trouble.h"

#include <stdbool.h>
#include <stdint.h>

/* News of further accounts are told together. */
#define BOARD_ACCOUNTS_MAX 128

/* The account of what has no place of its own; no id is empty. */
#define BOARD_OTHERS ""

enum board_kind {
	BOARD_MAIL,
	BOARD_TROUBLE,
	BOARD_KIND_COUNT_
};

/* A notification. */
struct board_face {
	uint64_t serial; /* of the newest card */
	uint32_t number; /* the service's; 0: none is on the screen */
	bool is_inherited; /* an earlier agent showed it */
	char *problem; /* what the last click could not do; NULL: nothing */
	bool is_problem_shown;
};

struct board_entry {
	struct news *news;
	struct trouble trouble;
	struct board_face faces[BOARD_KIND_COUNT_];
};

struct board {
	struct board_entry entries[BOARD_ACCOUNTS_MAX];
	unsigned n;
};

void board_deinit(struct board *b);

const char *board_account(const struct board_entry *entry);

struct board_entry *board_find(struct board *b, const char *account);

/* Made where it is missing; that of BOARD_OTHERS when there is no room. */
struct board_entry *board_take(struct board *b, const char *account, uint64_t wall_usec);

/* Keys of notifications: one for each account and kind. Owned. */
char *board_key(const struct board_entry *entry, enum board_kind kind);
struct board_entry *board_find_key(struct board *b, const char *key, enum board_kind *ret_kind);

/* The inherited notification that bears the service's number. */
struct board_entry *board_find_inherited(
	struct board *b, uint32_t number, enum board_kind *ret_kind);

/* It is not on the screen any more. */
void board_close(struct board_entry *entry, enum board_kind kind);

/* Nothing is: the service that showed it is gone. */
void board_lose(struct board *b, uint64_t now_usec);

/* All that is on the screen is to be shown anew. */
void board_touch(struct board *b, uint64_t now_usec);

/* What was put off until now is new again; the time of the wall's clock when the next is. */
uint64_t board_wake(struct board *b, uint64_t now_usec, uint64_t wall_usec);

/* Into the ledger of the next agent; out of that of the last one, without the mails. */
void board_keep(const struct board *b, struct ledger *l);
void board_inherit(struct board *b, const struct ledger *l, uint64_t now_usec);

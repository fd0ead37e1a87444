#pragma once
/* A text about an account itself, in the store: kept as a part of the mailbox without a name, which no
 * server has. It goes with the account. */
#include "store/store.h"

/* Numbers of the parts in every state file: none ever changes its meaning. */
enum account_note {
	ACCOUNT_NOTE_LOGIN = 1, /* login-memory.h */
	ACCOUNT_NOTE_REFUSAL = 2, /* refusal-memory.h */
};

/* 1, with an owned text; 0: there is none; or negative errno. */
int account_note_load(struct store *store, const char *account, enum account_note note, char **ret);
/* A part of the open transaction. 0 or negative errno. */
int account_note_save(
	struct store *store, const char *account, enum account_note note, const char *text);
/* The same, for this note and for those with larger numbers: they are forgotten. */
int account_note_cut(struct store *store, const char *account, enum account_note from);

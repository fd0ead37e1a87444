#pragma once
/* Accounts out of the configuration of another mailbox monitor: its text to drafts, and a draft to
 * the text of a configuration file. Runs nothing by itself, reads and writes no file. What stands in the text
 * is not trusted: a draft holds only what may stand in one line of a file. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/macros.h"

#define ACCOUNT_IMPORT_TEXT_MAX ((size_t)64 * 1024)
#define ACCOUNT_IMPORT_ACCOUNTS_MAX 64
#define ACCOUNT_IMPORT_MAILBOXES_MAX 100 /* that Watch= may be given */

struct account_import_draft {
	char *id; /* a file may have this name; no two are the same */
	char *host;
	char *user;
	char *port; /* NULL: the protocol's */
	char *command; /* a shell's line that prints the password; NULL: none */
	char *password; /* a secret; NULL: none */
	char *key_ring; /* where the other program keeps it, as PasswordKeyring= has it; NULL: not there */
	const char *security; /* the word of Security=, a constant */
	bool is_pop3;
	bool is_token; /* what the command prints is an access token */
	bool is_off; /* the other program did not watch it either */
	char *mailboxes[ACCOUNT_IMPORT_MAILBOXES_MAX];
	size_t n_mailboxes;
	struct buffer notes; /* what was not carried over, a line for each */
};

/* What the file has a command for may be asked of it: `run` gives the first line that it prints, owned,
 * or NULL when it is not to be run or prints none. `key` is the file's word for it. */
struct account_import_runner {
	char *(*run)(const char *key, const char *command, void *userdata);
	void *userdata;
};

struct account_import {
	const char *program; /* whose configuration it is, a constant */
	struct account_import_draft *drafts[ACCOUNT_IMPORT_ACCOUNTS_MAX];
	size_t n_drafts;
	char *problem; /* why there is nothing to import, for people; else NULL */
	const struct account_import_runner *runner; /* while it is read */
};

/* `text` is goimapnotify's (JSON or YAML) or Mailnag's (INI), as its content says. All of it is
 * taken or nothing: -EBADMSG with `problem`. To be deinitialised in both cases. `runner` may be NULL:
 * nothing is run, and who needs a command is refused. */
int account_import_read(struct account_import *import, const char *text, size_t n,
	const struct account_import_runner *runner);
void account_import_deinit(struct account_import *import);

/* The configuration file. `password_file`: where the password is, NULL: in the key ring; of no
 * matter where a command has it. Owned. */
char *account_import_text(const struct account_import *import,
	const struct account_import_draft *draft, const char *password_file);

/* --- for the readers of one format --- */

/* The next draft, empty; NULL when there are too many. */
struct account_import_draft *account_import_add(struct account_import *import);
void account_import_note(struct account_import_draft *draft, const char *note);
/* Always -EBADMSG; the first problem is the one that is kept. */
int account_import_fail(struct account_import *import, const char *format, ...) PRINTF_LIKE(2, 3);
/* Copies; -EBADMSG when there are too many. */
int account_import_watch(
	struct account_import *import, struct account_import_draft *draft, const char *mailbox);
/* The program spoke without encryption, or would have. Needs host and port. */
void account_import_open(struct account_import_draft *draft);

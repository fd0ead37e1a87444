#pragma once
/* The files by which accounts are configured, as far as the command line writes them: one
 * accounts.d/ID.conf in the user's own folder, or in the machine's. Reading them is the daemon's
 * business. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

/* What `account add` settles; texts are borrowed. */
struct account_draft {
	const char *id;
	const char *online_id; /* in GNOME Online Accounts, which knows the rest; NULL: not there */
	const char *host;
	uint16_t port; /* 0: the protocol's */
	bool is_pop3;
	bool is_starttls;
	const char *user;
	const char *password_file; /* NULL: the key ring */
};

/* The folder that is searched first: $XDG_CONFIG_HOME/posthorn, or /etc/posthorn. Owned; NULL after
 * a complaint. */
char *account_file_folder(bool is_system);
/* Owned. */
char *account_file_path(const char *folder, const char *id);

/* The ids of the files that are there, sorted; NULL-terminated, owned. */
char **account_file_list(const char *folder, size_t *ret_n);
void account_file_list_free(char **ids, size_t n);

/* A new file with mode 0600 and a name for `what`, whole or not at all; folders are made (0700).
 * -EEXIST: one is there and stays. Negative errno. */
int account_file_write(const char *path, const char *text);
/* What the draft says, as a configuration file. Owned. */
char *account_file_text(const struct account_draft *draft);

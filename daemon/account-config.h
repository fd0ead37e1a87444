#pragma once
/* What a user wrote about one account: one file accounts.d/ID.conf. Read strictly, kept as it is
 * until the next reload. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "daemon/config-messages.h"

#define ACCOUNT_ID_MAX 64
#define ACCOUNT_WATCH_MAX 100
#define ACCOUNT_INTERVAL_DEFAULT (5 * USEC_PER_MINUTE)
/* A poll of POP3 holds the mailbox' lock: not more often than this. */
#define ACCOUNT_INTERVAL_MIN USEC_PER_MINUTE
#define ACCOUNT_INTERVAL_MAX (24 * USEC_PER_HOUR)

enum account_protocol {
	ACCOUNT_PROTOCOL_IMAP,
	ACCOUNT_PROTOCOL_POP3,
};

enum account_security {
	ACCOUNT_SECURITY_TLS,
	ACCOUNT_SECURITY_STARTTLS,
	ACCOUNT_SECURITY_NONE,
};

enum account_auth {
	ACCOUNT_AUTH_AUTOMATIC,
	ACCOUNT_AUTH_PLAIN,
	ACCOUNT_AUTH_LOGIN,
};

struct account_config {
	char *id; /* the file's name without .conf; also the key of cursors in the store */
	char *file;
	char *name; /* for people; the id when not given */
	enum account_protocol protocol;
	char *host;
	uint16_t port; /* filled in by protocol and security when not given */
	enum account_security security;
	bool allow_cleartext;
	char *user;
	enum account_auth auth;
	char *password_file; /* exactly one of the three sources is set */
	char *password_credential;
	char **password_command; /* argv */
	uint64_t interval_usec; /* between two polls, where the server cannot push */
	char *ca_file; /* NULL: the system's authorities */
	char **watch; /* NULL-terminated mailbox names; INBOX when not given */
	size_t n_watch;
	char *assignments; /* all of them in order, to tell on reload whether anything changed */
	char *problem; /* why the account cannot run ("FILE:LINE: ..."), or NULL */
};

/* Reads the text of a file. Never fails as a whole: a bad account has `problem`, and every
 * complaint is in `messages`. */
struct account_config *account_config_parse(const char *id, const char *file, const char *text,
	size_t n, struct config_messages *messages);
struct account_config *account_config_free(struct account_config *config);
DEFINE_CLEANUP(struct account_config, account_config_free);

/* The same account to the letter: its connection may stay over a reload. */
bool account_config_is_equal(const struct account_config *a, const struct account_config *b);

/* A file's name (without .conf) that may be an account: 1-64 of A-Z a-z 0-9 . _ - @ +, no leading dot. */
bool account_config_is_id(const char *id);

const char *account_config_protocol(enum account_protocol protocol);

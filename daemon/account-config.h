#pragma once
/* What a user wrote about one account, in accounts.d/ID.conf and around it. Read strictly, kept
 * until the next reload. A new key: a field here, a row in account-keys.c, and its words in
 * posthorn.conf(5) and config/. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "config/config-assignments.h"
#include "protocol/sasl-mechanism.h"

#define ACCOUNT_WATCH_MAX 100
#define ACCOUNT_READERS_MAX 100
#define ACCOUNT_TRIGGERS_MAX 16
#define ACCOUNT_DEBOUNCE_MAX (24 * USEC_PER_HOUR)
/* Servers end somewhere between 10 and 20 for all devices of a user together. */
#define ACCOUNT_CONNECTIONS_MAX 20
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

enum account_tls_version {
	ACCOUNT_TLS_1_2,
	ACCOUNT_TLS_1_3,
};

/* The best means that is tried; the server decides about the rest. */
enum account_strategy {
	ACCOUNT_STRATEGY_AUTOMATIC,
	ACCOUNT_STRATEGY_IDLE,
	ACCOUNT_STRATEGY_POLL,
};

struct account_config {
	char *id; /* the file's name without .conf; also the key of cursors in the store */
	char *file;
	char *problem; /* why the account cannot run ("FILE:LINE: ..."), or NULL */

	/* The keys, see account-keys.c. */
	char *name; /* for people; the id when not given */
	enum account_protocol protocol;
	char *host;
	uint16_t port; /* filled in by protocol and security when not given */
	enum account_security security;
	bool allow_cleartext;
	bool read_only; /* nothing is changed on the server, not even when a user asks */
	char *user; /* whose mailbox */
	char *auth_user; /* whose secret, if that is somebody else; NULL: the same */
	enum sasl_mechanism auth; /* NONE: the best */
	char *password_file; /* one of the sources is set, or none: a certificate, Kerberos */
	char *password_credential;
	char **password_command; /* argv */
	char **password_keyring; /* "yes", or attributes "name=value" of an item */
	char *goa_account; /* its id in GNOME Online Accounts */
	char **token_command; /* argv; prints an OAuth 2.0 access token */
	enum account_strategy strategy; /* of IMAP */
	uint64_t connections; /* that may be used at once, at least 1 */
	uint64_t interval_usec; /* between two polls, where the server cannot push */
	char *ca_file; /* NULL: the system's authorities */
	bool preview; /* the first words of each message, where the server has them */
	char **pins; /* NULL-terminated; each as tls_pins_new() reads it; NULL: none */
	bool trust_pin_only;
	char *client_certificate; /* NULL: none */
	char *client_key; /* NULL: in the certificate's file */
	enum account_tls_version tls_min_version;
	bool alpn;
	char *proxy; /* as proxy_address_parse() reads it; NULL: none */
	char *proxy_password_file;
	char **readers; /* lines as readers.h has them, or NULL: who may see it on the system bus */
	/* NULL-terminated names, patterns and special uses of mailboxes; INBOX when not given */
	char **watch;
	size_t n_watch; /* of them */
	char **ignore; /* the same, or NULL: not watched although meant by `watch` */
	char **start_units; /* each as trigger-rule.h has it; NULL: none */
	uint64_t debounce_usec; /* quiet for so long before they are started */
	uint64_t max_delay_usec; /* but no later than this after the first message */

	bool asks_place; /* GoaAccount= says where the mail is, the keys above are "" until then */
};

struct account_source {
	const char *id;
	const char *file; /* the main one */
	struct config_assignments *shared; /* defaults from posthorn.conf; may be NULL */
	struct config_assignments *own; /* its file and the drop-ins */
};

/* Never fails as a whole: a bad account has `problem`, and every complaint is in `messages`. All
 * is borrowed for the call, but for the origins (may be NULL), which borrow from the assignments. */
struct account_config *account_config_new(const struct account_source *source,
	struct config_messages *messages, struct config_origins *origins);
struct account_config *account_config_free(struct account_config *config);
DEFINE_CLEANUP(struct account_config, account_config_free);

/* One text alone. */
struct account_config *account_config_parse(const char *id, const char *file, const char *text,
	size_t n, struct config_messages *messages);

/* Where the mail of an account is, from a source that knows it. */
struct account_place {
	const char *host;
	uint16_t port; /* 0: the usual one */
	enum account_security security;
	const char *user;
};

/* For an account that asks for it: 1 when it differs from the one before, else 0; -EINVAL when it
 * names no usable host or user. */
int account_config_take_place(struct account_config *config, const struct account_place *place);

enum account_config_change {
	ACCOUNT_CONFIG_SAME,
	ACCOUNT_CONFIG_LIVE, /* only keys that do not touch the connection */
	ACCOUNT_CONFIG_OTHER, /* the account begins anew */
};

/* By the values that hold, wherever they come from. */
enum account_config_change account_config_compare(
	const struct account_config *old, const struct account_config *new);

/* Moves the live keys of `new` into `config`; the pointer to it stays. */
void account_config_take_live(struct account_config *config, struct account_config *new);

/* All of PinSHA256= as tls_pins_new() reads it; owned. */
char *account_config_pins(const struct account_config *config);

const char *account_config_protocol(enum account_protocol protocol);

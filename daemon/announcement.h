#pragma once
/* What an engine says of a new message, made into an event of the log: raw header text becomes
 * text that can be shown, and the message gets its identity. */
#include <stdint.h>

#include "base/macros.h"
#include "store/store.h"

struct account_config;
struct imap_event;
struct imap_message;
struct pop3_message;

/* Owned texts behind the event that is lent to the store. */
struct announcement {
	struct store_event event;
	char *id;
	char *mailbox;
	char *from_name;
	char *from_address;
	char *subject;
	char *message_id;
	char *thread_id;
	char *list_id;
	char *email_id;
	char *labels;
	char *auto_submitted;
	char *precedence;
	char *flags;
	char *preview;
};

void announcement_init_imap(struct announcement *a, const struct account_config *config,
	const char *mailbox, uint32_t uidvalidity, const struct imap_message *message);
/* A new message of a POP3 mailbox; one that was announced and is there no more, by its hash. */
void announcement_init_pop3(struct announcement *a, const struct account_config *config,
	const char *mailbox, const struct pop3_message *message);
void announcement_init_pop3_gone(struct announcement *a, const struct account_config *config,
	const char *mailbox, uint64_t hash);
/* One that was announced and is read, or there no more. */
void announcement_init_imap_retired(struct announcement *a, const struct account_config *config,
	const struct imap_event *retired);
void announcement_deinit(struct announcement *a);

/* RFC 5092: imap://user@host/INBOX;UIDVALIDITY=1/;UID=20. Owned. */
char *announcement_imap_url(const struct account_config *config, const char *mailbox,
	uint32_t uidvalidity, uint32_t uid);

/* pop://user@host/0123456789abcdef: a message's hash behind the mailbox (RFC 2384). Owned. */
char *announcement_pop3_url(const struct account_config *config, uint64_t hash);

#pragma once
/* What an engine says of a new message, made into an event of the log: raw header text becomes
 * text that can be shown, and the message gets its identity. */
#include <stdint.h>

#include "base/macros.h"
#include "store/store.h"

struct account_config;
struct imap_message;

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
	char *flags;
};

void announcement_init_imap(struct announcement *a, const struct account_config *config,
	const char *mailbox, uint32_t uidvalidity, const struct imap_message *message);
void announcement_deinit(struct announcement *a);

/* RFC 5092: imap://user@host/INBOX;UIDVALIDITY=1/;UID=20. Owned. */
char *announcement_imap_url(const struct account_config *config, const char *mailbox,
	uint32_t uidvalidity, uint32_t uid);

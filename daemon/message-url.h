#pragma once
/* Back from a message's identity to the message: which mailbox, which UID. The way there is
 * announcement_imap_url(). */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct account_config;

struct message_url {
	char *mailbox; /* UTF-8, owned */
	uint32_t uidvalidity;
	uint32_t uid;
};

/* False: `id` is not, to the letter, the identity of a message of this IMAP account. */
bool message_url_parse(
	const struct account_config *config, const char *id, struct message_url *ret);
void message_url_deinit(struct message_url *url);

/* The index of the first that is not, `n` if all are. */
size_t message_url_find_stranger(
	const struct account_config *config, const char *const *ids, size_t n);

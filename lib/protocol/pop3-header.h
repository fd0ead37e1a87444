#pragma once
/* The few fields of a message's header (RFC 5322) that are announced, out of the lines of TOP. Raw
 * text of whoever sent the message: unfolded, bounded, not decoded. Embedded in pop3_session. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/keyed-hash.h"
#include "protocol/limits.h"

enum pop3_field {
	POP3_FIELD_FROM,
	POP3_FIELD_SUBJECT,
	POP3_FIELD_DATE,
	POP3_FIELD_MESSAGE_ID,
	POP3_FIELD_LIST_ID,
	POP3_FIELD_AUTO_SUBMITTED,
	POP3_FIELD_COUNT_
};

struct pop3_header {
	char *fields[POP3_FIELD_COUNT_]; /* the first of each name; NULL: there is none */
	enum pop3_field current; /* the one that a folded line goes on; COUNT_: none of ours */
	size_t n_read; /* bytes looked at */
	bool is_complete; /* the empty line was seen, or POP3_TOP_MAX: the rest is not header */
};

void pop3_header_init(struct pop3_header *h);
void pop3_header_deinit(struct pop3_header *h);

/* One line, dots unstuffed, without its end. NUL bytes become '?'. */
void pop3_header_add(struct pop3_header *h, const char *line, size_t n);

/* What tells this message from others, for servers without unique-ids: From, Subject, Date and
 * Message-ID. Even, and not 0 unless all four are missing. */
uint64_t pop3_header_hash(const struct pop3_header *h, const uint8_t key[KEYED_HASH_KEY_SIZE]);

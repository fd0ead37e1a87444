#pragma once
/* Bytes of an IMAP server to tokens (RFC 3501 section 9, RFC 9051). Pulled: the caller holds the
 * bytes, the lexer takes from their front and keeps what it needs of an unfinished token, so a cut
 * may be anywhere. Memory is bounded by limits.h, time is linear. Owned by imap-reply.c, which
 * tells it where the grammar changes: response text and sets of numbers. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

enum imap_token_kind {
	IMAP_TOKEN_ATOM, /* with its section: BODY[HEADER.FIELDS (X)] is one */
	IMAP_TOKEN_NUMBER, /* an atom of digits that fits `number` */
	IMAP_TOKEN_NIL,
	IMAP_TOKEN_STRING, /* quoted or literal */
	IMAP_TOKEN_OPEN,
	IMAP_TOKEN_CLOSE,
	IMAP_TOKEN_CODE_OPEN, /* the brackets of a response code */
	IMAP_TOKEN_CODE_CLOSE,
	IMAP_TOKEN_TEXT, /* to the end of the line; not given when empty */
	IMAP_TOKEN_EOL, /* CR LF or LF */
	IMAP_TOKEN_BAD, /* something that is not IMAP; the line goes on behind it */
	IMAP_TOKEN_LIMIT, /* beyond what we read at all; nothing comes after it */
};

/* `bytes` are NUL-terminated (NUL bytes of the server are '?') and borrowed until the next
 * imap_lexer_next(). */
struct imap_token {
	enum imap_token_kind kind;
	const char *bytes;
	size_t n;
	uint64_t number;
	bool cut; /* it was longer, or not kept at all */
};

/* What is left to read, borrowed. */
struct imap_input {
	const uint8_t *bytes;
	size_t n;
};

struct imap_lexer {
	uint8_t state;
	uint8_t mode;
	bool keep;
	bool cut;
	bool has_size; /* of a literal: a digit was read */
	bool is_closed; /* of a literal: its } was read */
	uint32_t depth; /* open parentheses */
	size_t n_response; /* bytes of this response so far */
	uint64_t literal; /* its size, then what is left of it */
	struct buffer token;
};

void imap_lexer_init(struct imap_lexer *l);
void imap_lexer_deinit(struct imap_lexer *l);

/* 1: a token; 0: all of `in` was used up. */
int imap_lexer_next(struct imap_lexer *l, struct imap_input *in, struct imap_token *ret);

/* The rest of the line is text, before it perhaps a response code. */
void imap_lexer_expect_text(struct imap_lexer *l, bool with_code);
/* A comma separates, up to the end of the line: sets of any length come as single ranges. */
void imap_lexer_expect_set(struct imap_lexer *l);
/* Whether the bytes of strings, atoms and text are kept, up to the end of the line. */
void imap_lexer_set_keep(struct imap_lexer *l, bool keep);

/* Nothing of a response has been read yet. */
bool imap_lexer_is_between(const struct imap_lexer *l);
/* Gives back the memory of the last token. */
void imap_lexer_release(struct imap_lexer *l);

/* Bytes of an IMAP server to tokens. The first byte says how the tokens are read and how the bytes
 * are cut. Invariants: the same tokens however cut, nothing left unread, nothing longer than its
 * limit. */
#include <string.h>

#include "base/memory.h"
#include "fuzz.h"
#include "protocol/imap-lexer.h"
#include "protocol/limits.h"

#define DUMP_MAX ((size_t)64 * 1024 * 1024)

static void dump(struct buffer *out, const struct imap_token *t) {
	FUZZ_CHECK(t->n <= IMAP_LITERAL_KEPT_MAX && strlen(t->bytes) == t->n);
	FUZZ_CHECK(t->kind == IMAP_TOKEN_STRING || t->n <= IMAP_TOKEN_MAX);
	(void)buffer_append_format(
		out, "%d %d %llu %s\n", t->kind, t->cut, (unsigned long long)t->number, t->bytes);
}

/* What a reader might do, decided by nothing but the tokens. */
static void adjust(struct imap_lexer *l, uint8_t how, const struct imap_token *t) {
	if (t->kind == IMAP_TOKEN_ATOM && t->n == 2)
		imap_lexer_expect_text(l, how & 1);
	else if (t->kind == IMAP_TOKEN_ATOM && t->n == 8 && how & 2)
		imap_lexer_expect_set(l);
	imap_lexer_set_keep(l, !(how & 4) || t->kind == IMAP_TOKEN_OPEN);
}

static char *tokens(const uint8_t *bytes, size_t n, uint8_t how, size_t step) {
	struct imap_lexer l;
	struct buffer out;
	imap_lexer_init(&l);
	buffer_init(&out, DUMP_MAX);
	for (size_t at = 0; at < n; at += step) {
		struct imap_input in = { .bytes = bytes + at, .n = MIN(step, n - at) };
		struct imap_token t;
		while (imap_lexer_next(&l, &in, &t) > 0) {
			dump(&out, &t);
			adjust(&l, how, &t);
		}
		FUZZ_CHECK(in.n == 0);
		FUZZ_CHECK(l.token.allocated <= 2 * IMAP_LITERAL_KEPT_MAX);
	}
	imap_lexer_deinit(&l);
	return buffer_take_text(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
	if (n == 0)
		return 0;
	uint8_t how = bytes[0];
	CLEANUP_TEXT char *whole = tokens(bytes + 1, n - 1, how, n);
	CLEANUP_TEXT char *single = tokens(bytes + 1, n - 1, how, 1);
	CLEANUP_TEXT char *cut = tokens(bytes + 1, n - 1, how, 2u + (how >> 3));
	FUZZ_CHECK(strcmp(whole, single) == 0 && strcmp(whole, cut) == 0);
	return 0;
}

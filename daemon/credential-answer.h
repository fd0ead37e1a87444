#pragma once
/* What a file, a command or a key ring says: its first line, or one JSON object. Pure. */
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "daemon/credential.h"

struct credential_answer {
	char *secret; /* owned, erased by deinit; NULL: there is none, and `problem` says why */
	enum credential_kind kind;
	uint64_t expires_usec; /* wall clock; 0: it does not say */
	const char *problem; /* a constant that goes behind a name: "holds no password" */
};

/* The first line is a secret of kind `expected`. An object has `access_token` or `password`, and
 * may have `expires_in` (seconds from `now_usec`) or `expires_at` (seconds since 1970). A password
 * may begin with a brace: what is no such object is a line then; a token never does. */
void credential_answer_parse(struct credential_answer *answer, const char *text, size_t n,
	enum credential_kind expected, uint64_t now_usec);
void credential_answer_deinit(struct credential_answer *answer);

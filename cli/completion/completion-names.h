#pragma once
/* The words that completion asks for when the user presses the key. */
#include <stdbool.h>

#include "base/buffer.h"
#include "cli/arguments.h"

/* One a line: the ids of "accounts", the names of their "mailboxes" (each once, but those that a
 * terminal cannot show), or the numbers of the "messages" that are new. False: there is no such
 * kind. The code is 0, or an exit code after a complaint. */
bool completion_names_load(
	const struct arguments *arguments, const char *kind, int *ret_code, struct buffer *out);

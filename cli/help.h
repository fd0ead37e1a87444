#pragma once
/* The texts of --help, made from the table of verbs. */
#include "base/buffer.h"
#include "cli/arguments.h"

/* Of the whole program, or of one verb when `verb` is not NULL. */
void help_print(const struct grammar *grammar, const struct verb *verb, struct buffer *out);

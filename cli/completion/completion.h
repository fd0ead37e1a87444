#pragma once
/* Completion scripts for shells, made from the table of verbs. The names of accounts, mailboxes
 * and messages are asked for when the user presses the key (completion-names.h); they are never
 * expanded by the shell. */
#include <stdbool.h>

#include "base/buffer.h"
#include "cli/arguments.h"

void completion_bash(const struct grammar *grammar, struct buffer *out);
void completion_zsh(const struct grammar *grammar, struct buffer *out);
void completion_fish(const struct grammar *grammar, struct buffer *out);

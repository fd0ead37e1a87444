#pragma once
/* The command by which a message is shown. Pure. */
#include "cli/event.h"

/* The words of OpenCommand= for one message, owned and NULL-terminated (words_free()): %i is its
 * id, %a the account, %m its Message-ID without brackets, %% a percent sign. What the sender wrote
 * is never an option or more than one word. */
char **open_command_expand(char *const *words, const struct event *event);

/* Without a configured one: xdg-open with a link to the message (RFC 2392). NULL: it has no
 * Message-ID. */
char **open_command_default(const struct event *event);

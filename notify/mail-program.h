#pragma once
/* The command that shows a message: the configured one, or what the desktop knows to open mail with. */
#include "notify/news.h"

/* The command for this mail, owned and NULL-terminated (words_free()); NULL: there is no program.
 * `command` is NULL where none is configured. */
char **mail_program_command(
	char *const *command, const char *account, const struct news_mail *mail);

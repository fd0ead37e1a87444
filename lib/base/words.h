#pragma once
/* A line of words as in the commands of unit files: blanks part them, quotes and backslashes keep
 * them together. No variables, no shell. */

/* Splits a line as systemd does (systemd.service(5), "Command lines") into an owned,
 * NULL-terminated vector; -EINVAL for an open quote, an unknown escape, an empty line or an empty
 * first word. */
int words_split(const char *line, char ***ret_words);

/* Accepts NULL and returns NULL. */
char **words_free(char **words);

#pragma once
/* Where a user's files are, by the XDG Base Directory specification: a variable whose value is no
 * absolute path is ignored. */
#include <stddef.h>

#define CONFIG_FOLDERS_MAX 16

/* $VARIABLE/posthorn, or ~/BELOW_HOME/posthorn; owned, NULL without a home. */
char *config_folders_home(const char *variable, const char *below_home);

/* The configuration folders of a user's programs: NULL-terminated, the highest rank first, `vendor`
 * the last; at most CONFIG_FOLDERS_MAX. Owned: words_free(). */
char **config_folders_of_user(const char *vendor);

#pragma once
/* Reads a small file that holds a secret: of PasswordFile=, or a credential of systemd. Blocks for
 * as long as the file system does. */
#include <stdbool.h>

struct credential;

/* Finishes the credential by what is in the file. With `is_private` the file, a symbolic link to
 * it, and their directory must be of a kind that nobody but us and root could have put there, and
 * nobody else may read it. */
void credential_file_finish(struct credential *credential, const char *path, bool is_private);

/* The first line of a private file, owned and to be erased; NULL with an owned sentence. */
char *credential_file_read_line(const char *path, char **ret_problem);

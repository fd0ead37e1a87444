#pragma once
/* Reads a password from the user: from his terminal without showing it, or, where standard input
 * is no terminal, its first line. */
#include <stddef.h>

#define PASSWORD_INPUT_MAX ((size_t)4096)

/* 0 with an owned text, to be erased; or an owned sentence and -EINVAL (nothing, too much, a byte
 * that no password has), -EIO. `prompt` is for the terminal. */
int password_input_read(const char *prompt, char **ret_password, char **ret_problem);

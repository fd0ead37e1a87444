#pragma once
/* What a named `posthorn run` has done: a position in the log, and what is done beyond it. A small
 * text file, one number a line, replaced as a whole; locked as long as it is open here. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

/* Numbers beyond the position. More than there ever are (run-queue.h) is a damaged file. */
#define CURSOR_FILE_DONE_MAX 2000
#define CURSOR_FILE_NAME_MAX 100

struct cursor_file;

/* Letters, digits and ._@:- but no dot in front. */
bool cursor_file_is_name(const char *name);

/* $STATE_DIRECTORY/cursors, $XDG_STATE_HOME/posthorn/cursors or the one in the home directory.
 * Owned; NULL when there is none of these. */
char *cursor_file_folder(void);

/* Makes the folder where it is missing. -EWOULDBLOCK: another process has it open; other negative
 * errno. */
int cursor_file_open(const char *folder, const char *name, struct cursor_file **ret);
struct cursor_file *cursor_file_free(struct cursor_file *c);
DEFINE_CLEANUP(struct cursor_file, cursor_file_free);

/* 1: it is read; `ret_done` is owned and its numbers grow. 0: there is none yet. -EBADMSG: it is
 * damaged; other negative errno. */
int cursor_file_load(
	struct cursor_file *c, uint64_t *ret_position, uint64_t **ret_done, size_t *ret_n);

/* On the disk when it returns 0. Negative errno: the old one is still there. */
int cursor_file_save(struct cursor_file *c, uint64_t position, const uint64_t *done, size_t n);

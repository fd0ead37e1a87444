#pragma once
/* The number of the last event that was told, in a small file, so that a new start of the agent
 * repeats nothing and misses nothing. */
#include <stdint.h>

/* $XDG_STATE_HOME/posthorn/notify-cursor, by default below ~/.local/state; owned. NULL when there is
 * no absolute path to build it from. */
char *cursor_default_path(void);

/* 1: read; 0: there is no file yet; -EBADMSG when it holds no number, or another negative errno. */
int cursor_load(const char *path, uint64_t *ret);

/* The file is the old one or the new one at any moment, also after a power cut; its folder is made
 * where it is missing. 0 or a negative errno. */
int cursor_save(const char *path, uint64_t cursor);

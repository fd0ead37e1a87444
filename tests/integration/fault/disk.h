#pragma once
/* A disk that keeps what it was told to keep, and of the rest what it likes. It is told of every
 * change to the files below one directory before it is made, and rewrites them when power fails. */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* `directory`: without a slash at its end. `seed` decides what a power cut leaves. */
void disk_begin(const char *directory, unsigned seed);

/* Whether the descriptor is a file below the directory, or the directory. */
bool disk_has(int fd);

void disk_write(int fd, const void *bytes, size_t n, off_t offset);
void disk_truncate(int fd, off_t size);
void disk_unlink(const char *path);
void disk_rename(const char *from, const char *to);
/* Told after it is done. */
void disk_synced(int fd);

/* The power is gone: the files are as the machine finds them when it is back. */
void disk_cut(void);

#pragma once
/* Allocation that aborts when memory is out (systemd restarts us; honest because everything a
 * peer can grow has a limit), and erasure for secrets. */
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/macros.h"

/* Zeroed memory for `n` objects of `size` bytes; aborts on overflow of n * size too. */
void *memory_zalloc(size_t n, size_t size) NONNULL_RETURN;
void *memory_resize(void *old, size_t n, size_t size) NONNULL_RETURN;

#define MEMORY_NEW(type) ((type *)memory_zalloc(1, sizeof(type)))
#define MEMORY_NEW_ARRAY(type, n) ((type *)memory_zalloc((n), sizeof(type)))

/* Owned copies. memory_strdup(NULL) is NULL; the _n variant adds the final NUL. */
char *memory_strdup(const char *text);
char *memory_strndup(const char *bytes, size_t n) NONNULL_RETURN;
char *memory_format(const char *format, ...) PRINTF_LIKE(1, 2) NONNULL_RETURN;
char *memory_vformat(const char *format, va_list arguments) PRINTF_LIKE(1, 0) NONNULL_RETURN;

/* free() that returns NULL: `x->name = memory_free(x->name);` */
void *memory_free(void *p);

/* Overwrites what the compiler may not optimise away, then frees; both accept NULL. */
void memory_erase(void *p, size_t n);
char *memory_free_secret(char *text);

static inline void memory_free_cleanup_(char **p) {
	free(*p);
}
static inline void memory_secret_cleanup_(char **p) {
	(void)memory_free_secret(*p);
}
/* `CLEANUP_TEXT char *line = NULL;` and the same for a password. */
#define CLEANUP_TEXT __attribute__((cleanup(memory_free_cleanup_), unused))
#define CLEANUP_SECRET __attribute__((cleanup(memory_secret_cleanup_), unused))

#pragma once
/* A directory of its own for each test, removed with all that is in it; and small reads of files. */
#include <stdbool.h>
#include <stddef.h>

struct scratch {
	char directory[64];
	char path[128]; /* of the state file */
	char text[256]; /* of scratch_name() */
};

/* cmocka's setup and teardown; *state is a struct scratch */
int scratch_setup(void **state);
int scratch_teardown(void **state);

/* The state file's path with `suffix`; valid until the next call. */
const char *scratch_name(struct scratch *s, const char *suffix);
bool scratch_has(struct scratch *s, const char *suffix);

/* Owned content, NUL-terminated. */
char *scratch_read(const char *path, size_t *ret_n);
void scratch_write(const char *path, const void *bytes, size_t n);

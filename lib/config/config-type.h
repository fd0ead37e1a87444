#pragma once
/* The kinds of values that a key may have: text into a field, and back. */
#include <stdbool.h>
#include <stddef.h>

struct config_key;

/* One assignment; borrowed for the call. The text is not empty. */
struct config_value {
	const struct config_key *key;
	const char *text;
	const char *file; /* relative paths begin beside it */
};

struct config_type {
	size_t size; /* of the field */
	bool is_list; /* may be given more than once, and goes on from file to file */
	/* NULL, or an owned sentence. What stood in the field before goes; a list grows. */
	char *(*parse)(void *field, const struct config_value *value);
	void (*clear)(void *field); /* to zero */
	bool (*is_equal)(const void *left, const void *right);
	/* The value as one would write it, owned: of a list the one at `index`; NULL: no more. */
	char *(*format)(const struct config_key *key, const void *field, size_t index);
};

/* Each with the type of its field. */
extern const struct config_type config_type_text; /* char *, UTF-8 */
extern const struct config_type config_type_path; /* char *, absolute: ~/ and beside the file */
extern const struct config_type config_type_boolean; /* bool */
extern const struct config_type config_type_word; /* an enum; key->words */
extern const struct config_type config_type_port; /* uint16_t, 1 to 65535; 0: not given */
extern const struct config_type config_type_number; /* uint64_t; "infinity": UINT64_MAX */
extern const struct config_type config_type_size; /* uint64_t bytes; "64K"; "infinity" */
extern const struct config_type config_type_timespan; /* uint64_t usec; "infinity": USEC_NEVER */
extern const struct config_type config_type_argv; /* char **, NULL-terminated; split like Exec */
extern const struct config_type config_type_list; /* char **, NULL-terminated, UTF-8 */

/* Of a NULL-terminated list that may be NULL. */
size_t config_type_list_length(char *const *items);

#pragma once
/* A key of the configuration, as one row of a table. Parser, defaults, reload, the listing of
 * `--show-config` and the check of manual and examples all go by the rows: a new key is one row and
 * one field. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config_type;

enum config_key_flags {
	/* A change is applied to the running account; without it the account connects anew. */
	CONFIG_KEY_LIVE = 1 << 0,
	/* Belongs to one account alone: not in posthorn.conf. */
	CONFIG_KEY_OWN = 1 << 1,
	/* Who logs in where, and by what: with another value a refused login is another login. */
	CONFIG_KEY_LOGIN = 1 << 2,
	/* Where the mail is: may be learned from a source that knows it. */
	CONFIG_KEY_PLACE = 1 << 3,
};

/* Keys of a group exclude each other: within one file that is an error, and a later file's takes
 * the place of an earlier one's. */
enum config_group {
	CONFIG_GROUP_NONE,
	CONFIG_GROUP_SECRET, /* where the password comes from */
};

struct config_key {
	const char *section;
	const char *name;
	const struct config_type *type;
	size_t offset; /* of the field, in the table's own struct */
	size_t size;
	const char *standard; /* the default as one would write it; NULL: none, or it depends */
	const char *help; /* one line */
	unsigned flags;
	enum config_group group;
	char *(*check)(const char *text); /* before the type's parser: NULL or an owned sentence */
	const char *const *words; /* config_type_word: NULL-terminated, in the enum's order */
	uint64_t min, max; /* numbers, sizes, times, items of a list; max 0: no bound */
};

/* For rows: the member's place, and its size to be compared with that of the type. */
#define CONFIG_FIELD(object, member) \
	.offset = offsetof(object, member), .size = sizeof(((object *)NULL)->member)

/* A key that there is not, on purpose: using it is an error, and this is what it should be. */
struct config_refusal {
	const char *name;
	const char *sentence;
};

struct config_table {
	const struct config_key *keys;
	size_t n;
	const struct config_refusal *refusals; /* up to one without a name; NULL: none */
	const char *const *others; /* sections of another program's; NULL-terminated, or NULL */
};

/* Of the tables whose keys may stand in a file (NULL-terminated); NULL: there is none. `section` may
 * be NULL: in any. */
const struct config_key *config_key_find(
	const struct config_table *const *tables, const char *section, const char *name);

/* Why there is no such key; NULL: it is merely unknown. */
const char *config_key_refusal(const struct config_table *const *tables, const char *name);

/* Whether another program reads this section: nothing in it is ours to complain of. */
bool config_key_is_others(const struct config_table *const *tables, const char *section);

/* What the user may have meant; NULL: no idea. */
const char *config_key_nearest_section(
	const struct config_table *const *tables, const char *section);
const struct config_key *config_key_nearest(
	const struct config_table *const *tables, const char *name);

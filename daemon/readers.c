#include "daemon/readers.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/words.h"
#include "bus/caller.h"

#define READERS_MAX 256

struct reader {
	bool is_group;
	uint32_t id;
};

struct readers {
	struct reader *items;
	size_t n;
};

char *readers_check(const char *line) {
	char **words = NULL;
	bool is_right = words_split(line, &words) == 0;
	for (char **word = words; is_right && *word; word++)
		is_right = **word && strcmp(*word, "@") != 0 && !strpbrk(*word, ":/ ");
	words_free(words);
	return is_right ? NULL : memory_format("'%s' is no list of users and @groups", line);
}

/* A number is taken as it is. */
static bool find_id(const char *name, bool is_group, uint32_t *ret) {
	if (number_parse_u32(name, strlen(name), ret) == 0)
		return true;
	const struct group *group = is_group ? getgrnam(name) : NULL;
	const struct passwd *user = is_group ? NULL : getpwnam(name);
	if (group)
		*ret = group->gr_gid;
	if (user)
		*ret = user->pw_uid;
	return group || user;
}

static void add(struct readers *readers, const char *word,
	void (*unknown)(const char *word, void *userdata), void *userdata) {
	struct reader reader = { .is_group = *word == '@' };
	if (!find_id(word + reader.is_group, reader.is_group, &reader.id)) {
		unknown(word, userdata);
		return;
	}
	if (readers->n == READERS_MAX)
		return;
	readers->items = memory_resize(readers->items, readers->n + 1, sizeof(*readers->items));
	readers->items[readers->n++] = reader;
}

struct readers *readers_new(
	char *const *lines, void (*unknown)(const char *word, void *userdata), void *userdata) {
	struct readers *readers = MEMORY_NEW(struct readers);
	for (; lines && *lines; lines++) {
		char **words = NULL;
		if (words_split(*lines, &words) < 0)
			continue;
		for (char **word = words; *word; word++)
			add(readers, *word, unknown, userdata);
		words_free(words);
	}
	return readers->n > 0 ? readers : readers_free(readers);
}

struct readers *readers_free(struct readers *readers) {
	if (!readers)
		return NULL;
	free(readers->items);
	return memory_free(readers);
}

static bool is_in_group(const struct caller *caller, uint32_t gid) {
	for (size_t i = 0; i < caller->n_gids; i++)
		if (caller->gids[i] == gid)
			return true;
	return false;
}

bool readers_have(const struct readers *readers, const struct caller *caller) {
	for (size_t i = 0; readers && i < readers->n; i++) {
		const struct reader *reader = &readers->items[i];
		if (reader->is_group ? is_in_group(caller, reader->id) : reader->id == caller->uid)
			return true;
	}
	return false;
}

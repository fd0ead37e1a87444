#include "config/config-key.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"

static bool is_named(const struct config_key *key, const char *section, const char *name) {
	return (!section || !strcmp(key->section, section)) && !strcmp(key->name, name);
}

const struct config_key *config_key_find(
	const struct config_table *const *tables, const char *section, const char *name) {
	for (; *tables; tables++)
		for (size_t i = 0; i < (*tables)->n; i++)
			if (is_named(&(*tables)->keys[i], section, name))
				return &(*tables)->keys[i];
	return NULL;
}

/* The sections or the names of all rows, for text_nearest(). */
static const char **config_key_words(const struct config_table *const *tables, bool is_section) {
	size_t n = 0;
	for (size_t t = 0; tables[t]; t++)
		n += tables[t]->n;
	const char **words = MEMORY_NEW_ARRAY(const char *, n + 1);
	n = 0;
	for (; *tables; tables++)
		for (size_t i = 0; i < (*tables)->n; i++)
			words[n++] =
				is_section ? (*tables)->keys[i].section : (*tables)->keys[i].name;
	return words;
}

const char *config_key_nearest_section(
	const struct config_table *const *tables, const char *section) {
	const char **sections = config_key_words(tables, true);
	const char *nearest = text_nearest(section, sections);
	free(sections);
	return nearest;
}

const struct config_key *config_key_nearest(
	const struct config_table *const *tables, const char *name) {
	const char **names = config_key_words(tables, false);
	const char *nearest = text_nearest(name, names);
	free(names);
	return nearest ? config_key_find(tables, NULL, nearest) : NULL;
}

const char *config_key_refusal(const struct config_table *const *tables, const char *name) {
	for (; *tables; tables++)
		for (size_t i = 0; (*tables)->refusals && (*tables)->refusals[i].name; i++)
			if (text_equal_nocase((*tables)->refusals[i].name, name))
				return (*tables)->refusals[i].sentence;
	return NULL;
}

bool config_key_is_others(const struct config_table *const *tables, const char *section) {
	for (; *tables; tables++)
		for (size_t i = 0; (*tables)->others && (*tables)->others[i]; i++)
			if (!strcmp((*tables)->others[i], section))
				return true;
	return false;
}

#include "config/config-assignments.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ini.h"
#include "base/memory.h"
#include "base/text.h"
#include "config/config-type.h"

struct assignment {
	const struct config_key *key;
	char *text;
	size_t file; /* index */
	unsigned line;
	char *problem; /* as it was said when it was applied for the first time */
};

struct config_assignments {
	const struct config_table *const *tables;
	bool is_shared;
	char **files;
	size_t n_files;
	struct assignment *items;
	size_t n;
	char *problem; /* the first line that is none */
};

/* Reading */

struct config_assignments *config_assignments_new(
	const struct config_table *const *tables, bool is_shared) {
	struct config_assignments *assignments = MEMORY_NEW(struct config_assignments);
	assignments->tables = tables;
	assignments->is_shared = is_shared;
	return assignments;
}

struct config_assignments *config_assignments_free(struct config_assignments *assignments) {
	if (!assignments)
		return NULL;
	for (size_t i = 0; i < assignments->n; i++) {
		free(assignments->items[i].text);
		free(assignments->items[i].problem);
	}
	for (size_t i = 0; i < assignments->n_files; i++)
		free(assignments->files[i]);
	free(assignments->items);
	free(assignments->files);
	free(assignments->problem);
	return memory_free(assignments);
}

void config_assignments_fail(struct config_assignments *assignments, const char *problem) {
	if (!assignments->problem)
		assignments->problem = memory_strdup(problem);
}

/* One file while it is read. */
struct file_reader {
	struct config_assignments *assignments;
	struct config_messages *messages;
	const struct ini_item *item;
	bool skips; /* the section: unknown, or another program's */
};

static const char *file_reader_complain(
	struct file_reader *reader, bool is_error, const char *text) {
	const struct config_assignments *assignments = reader->assignments;
	return config_messages_add(reader->messages, is_error,
		assignments->files[assignments->n_files - 1], reader->item->line, "%s", text);
}

static void file_reader_unknown_key(struct file_reader *reader) {
	const struct ini_item *item = reader->item;
	const char *refusal = config_key_refusal(reader->assignments->tables, item->key);
	if (refusal) {
		config_assignments_fail(
			reader->assignments, file_reader_complain(reader, true, refusal));
		return;
	}
	const struct config_key *nearest =
		config_key_nearest(reader->assignments->tables, item->key);
	CLEANUP_TEXT char *text = NULL;
	if (nearest && !strcmp(nearest->name, item->key))
		text = memory_format("%s= does not belong into [%s] but into [%s], ignoring",
			item->key, item->section, nearest->section);
	else if (nearest)
		text = memory_format(
			"unknown key '%s', ignoring; did you mean %s=?", item->key, nearest->name);
	else
		text = memory_format("unknown key '%s', ignoring", item->key);
	(void)file_reader_complain(reader, false, text);
}

static void file_reader_take(struct file_reader *reader, const struct config_key *key) {
	struct config_assignments *assignments = reader->assignments;
	if (assignments->is_shared && (key->flags & CONFIG_KEY_OWN)) {
		CLEANUP_TEXT char *text = memory_format(
			"%s= belongs to one account, not to all of them; ignoring", key->name);
		(void)file_reader_complain(reader, false, text);
		return;
	}
	assignments->items =
		memory_resize(assignments->items, assignments->n + 1, sizeof(*assignments->items));
	assignments->items[assignments->n++] = (struct assignment){
		.key = key,
		.text = memory_strdup(reader->item->value),
		.file = assignments->n_files - 1,
		.line = reader->item->line,
	};
}

static bool is_section(const struct config_table *const *tables, const char *section) {
	for (; *tables; tables++)
		for (size_t i = 0; i < (*tables)->n; i++)
			if (!strcmp((*tables)->keys[i].section, section))
				return true;
	return false;
}

static void file_reader_section(struct file_reader *reader) {
	const char *section = reader->item->section;
	reader->skips = !is_section(reader->assignments->tables, section);
	if (!reader->skips || config_key_is_others(reader->assignments->tables, section))
		return;
	const char *nearest = config_key_nearest_section(reader->assignments->tables, section);
	CLEANUP_TEXT char *text =
		nearest ? memory_format("unknown section [%s], ignoring; did you mean [%s]?",
				  section, nearest)
			: memory_format("unknown section [%s], ignoring", section);
	(void)file_reader_complain(reader, false, text);
}

static void file_reader_item(struct file_reader *reader) {
	struct config_assignments *assignments = reader->assignments;
	const struct ini_item *item = reader->item;
	switch (item->kind) {
	case INI_SECTION:
		file_reader_section(reader);
		return;
	case INI_ASSIGNMENT: {
		if (reader->skips)
			return;
		const struct config_key *key =
			config_key_find(assignments->tables, item->section, item->key);
		if (key)
			file_reader_take(reader, key);
		else
			file_reader_unknown_key(reader);
		return;
	}
	case INI_BAD: {
		config_assignments_fail(
			assignments, file_reader_complain(reader, true, item->problem));
		return;
	}
	}
}

void config_assignments_read(struct config_assignments *assignments, const char *file,
	const char *text, size_t n, struct config_messages *messages) {
	assignments->files = memory_resize(
		assignments->files, assignments->n_files + 1, sizeof(*assignments->files));
	assignments->files[assignments->n_files++] = memory_strdup(file);
	CLEANUP(ini_reader_free) struct ini_reader *ini = ini_reader_new(text, n);
	struct ini_item item;
	struct file_reader reader = {
		.assignments = assignments, .messages = messages, .item = &item
	};
	while (ini_next(ini, &item) > 0)
		file_reader_item(&reader);
}

/* Applying */

/* What is known of one key while layer over layer is applied. */
struct key_state {
	const struct config_assignments
		*layer; /* where it was given last; NULL: the default holds */
	size_t file;
	const char *problem; /* of that assignment */
};

struct applier {
	const struct config_table *table;
	void *object;
	struct key_state *states; /* one for each row */
	struct config_messages *messages;
	struct config_origins *origins;
};

static void *key_field(const struct config_key *key, void *object) {
	return (char *)object + key->offset;
}

static void applier_forget_origin(struct applier *a, const struct config_key *key) {
	size_t n = 0;
	for (size_t i = 0; a->origins && i < a->origins->n; i++)
		if (a->origins->items[i].key != key)
			a->origins->items[n++] = a->origins->items[i];
	if (a->origins)
		a->origins->n = n;
}

static void applier_add_origin(struct applier *a, const struct config_assignments *layer,
	const struct assignment *assignment) {
	struct config_origins *origins = a->origins;
	if (!origins)
		return;
	if (!assignment->key->type->is_list)
		applier_forget_origin(a, assignment->key);
	origins->items = memory_resize(origins->items, origins->n + 1, sizeof(*origins->items));
	origins->items[origins->n++] = (struct config_origin){
		.key = assignment->key,
		.file = layer->files[assignment->file],
		.line = assignment->line,
	};
}

/* Back to the table's default. */
static void applier_reset(struct applier *a, const struct config_key *key) {
	a->states[key - a->table->keys] = (struct key_state){ 0 };
	applier_forget_origin(a, key);
	key->type->clear(key_field(key, a->object));
	if (!key->standard)
		return;
	const struct config_value value = { .key = key, .text = key->standard, .file = "" };
	CLEANUP_TEXT char *problem = key->type->parse(key_field(key, a->object), &value);
	assert(!problem);
}

/* A later file's way to a password takes the place of an earlier one's. */
static char *applier_settle_group(struct applier *a, const struct config_assignments *layer,
	const struct assignment *assignment) {
	const struct config_key *key = assignment->key;
	for (size_t i = 0; key->group && i < a->table->n; i++) {
		const struct config_key *other = &a->table->keys[i];
		const struct key_state *state = &a->states[i];
		if (other == key || other->group != key->group || !state->layer)
			continue;
		if (state->layer == layer && state->file == assignment->file)
			return memory_format(
				"only one of %s= and %s= may be given", other->name, key->name);
		applier_reset(a, other);
	}
	return NULL;
}

static char *applier_set(struct applier *a, const struct config_assignments *layer,
	const struct assignment *assignment) {
	const struct config_key *key = assignment->key;
	struct key_state *state = &a->states[key - a->table->keys];
	bool is_second = state->layer == layer && state->file == assignment->file;
	if (is_second && !key->type->is_list)
		return memory_format("%s= is given twice", key->name);
	if (!*assignment->text) {
		applier_reset(a, key);
		/* An empty value is given as well: twice is twice. */
		if (!key->type->is_list)
			*state = (struct key_state){ .layer = layer, .file = assignment->file };
		return NULL;
	}
	char *problem = key->check ? key->check(assignment->text) : NULL;
	if (!problem)
		problem = applier_settle_group(a, layer, assignment);
	if (problem)
		return problem;
	if (key->type->is_list && !state->layer)
		key->type->clear(key_field(key, a->object)); /* the default */
	*state = (struct key_state){
		.layer = layer,
		.file = assignment->file,
		.problem = key->type->is_list ? state->problem : NULL,
	};
	const struct config_value value = {
		.key = key,
		.text = assignment->text,
		.file = layer->files[assignment->file],
	};
	applier_add_origin(a, layer, assignment);
	return key->type->parse(key_field(key, a->object), &value);
}

static bool applier_has(const struct applier *a, const struct config_key *key) {
	return key >= a->table->keys && key < a->table->keys + a->table->n;
}

static void applier_layer(struct applier *a, struct config_assignments *layer) {
	for (size_t i = 0; i < layer->n; i++) {
		struct assignment *assignment = &layer->items[i];
		if (!applier_has(a, assignment->key))
			continue;
		CLEANUP_TEXT char *problem = applier_set(a, layer, assignment);
		if (!problem)
			continue;
		if (!assignment->problem)
			assignment->problem = memory_strdup(config_messages_add(a->messages, true,
				layer->files[assignment->file], assignment->line, "%s", problem));
		a->states[assignment->key - a->table->keys].problem = assignment->problem;
	}
}

/* The first line that counts: a syntax error in a file of the account's own, else in the order of
 * the table. */
static char *applier_problem(const struct applier *a, const struct config_assignments *own) {
	if (own && own->problem && !own->is_shared)
		return memory_strdup(own->problem);
	for (size_t i = 0; i < a->table->n; i++)
		if (a->states[i].problem)
			return memory_strdup(a->states[i].problem);
	return NULL;
}

char *config_assignments_apply(const struct config_table *table, void *object,
	struct config_assignments *const layers[2], struct config_messages *messages,
	struct config_origins *origins) {
	struct applier a = {
		.table = table,
		.object = object,
		.states = MEMORY_NEW_ARRAY(struct key_state, table->n),
		.messages = messages,
		.origins = origins,
	};
	for (size_t i = 0; i < table->n; i++)
		applier_reset(&a, &table->keys[i]);
	for (size_t i = 0; i < 2; i++)
		if (layers[i])
			applier_layer(&a, layers[i]);
	char *problem = applier_problem(&a, layers[1]);
	free(a.states);
	return problem;
}

void config_assignments_clear(const struct config_table *table, void *object) {
	for (size_t i = 0; i < table->n; i++)
		table->keys[i].type->clear(key_field(&table->keys[i], object));
}

#include "cli/record.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/memory.h"

enum value_kind {
	VALUE_TEXT,
	VALUE_UNSIGNED,
	VALUE_BOOLEAN,
	VALUE_LIST,
};

struct value {
	char *name;
	enum value_kind kind;
	union {
		char *text;
		uint64_t number;
		bool boolean;
		struct {
			char **texts;
			size_t n_texts;
		};
	};
};

struct record {
	struct value *values;
	size_t n;
};

struct record *record_new(void) {
	return MEMORY_NEW(struct record);
}

static void clear(struct value *v) {
	if (v->kind == VALUE_TEXT)
		free(v->text);
	if (v->kind == VALUE_LIST) {
		for (size_t i = 0; i < v->n_texts; i++)
			free(v->texts[i]);
		free(v->texts);
	}
	*v = (struct value){ .name = v->name };
}

struct record *record_free(struct record *r) {
	if (!r)
		return NULL;
	for (size_t i = 0; i < r->n; i++) {
		clear(&r->values[i]);
		free(r->values[i].name);
	}
	free(r->values);
	return memory_free(r);
}

static struct value *find(const struct record *r, const char *name) {
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->values[i].name, name) == 0)
			return &r->values[i];
	return NULL;
}

/* The named value, made empty, of the kind that the caller fills in. */
static struct value *place(struct record *r, const char *name, enum value_kind kind) {
	struct value *v = find(r, name);
	if (!v) {
		r->values = memory_resize(r->values, r->n + 1, sizeof(*r->values));
		v = &r->values[r->n++];
		*v = (struct value){ .name = memory_strdup(name) };
	}
	clear(v);
	v->kind = kind;
	return v;
}

void record_set_text(struct record *r, const char *name, const char *text) {
	assert(text);
	char *copy = memory_strdup(text); /* before the old one goes: it may be the same */
	place(r, name, VALUE_TEXT)->text = copy;
}

void record_set_unsigned(struct record *r, const char *name, uint64_t value) {
	place(r, name, VALUE_UNSIGNED)->number = value;
}

void record_set_boolean(struct record *r, const char *name, bool value) {
	place(r, name, VALUE_BOOLEAN)->boolean = value;
}

void record_set_list(struct record *r, const char *name) {
	(void)place(r, name, VALUE_LIST);
}

void record_add_text(struct record *r, const char *name, const char *text) {
	struct value *v = find(r, name);
	assert(v && v->kind == VALUE_LIST && text);
	v->texts = memory_resize(v->texts, v->n_texts + 1, sizeof(*v->texts));
	v->texts[v->n_texts++] = memory_strdup(text);
}

const char *record_text(const struct record *r, const char *name) {
	const struct value *v = find(r, name);
	return v && v->kind == VALUE_TEXT ? v->text : NULL;
}

const char *record_text_or_empty(const struct record *r, const char *name) {
	const char *text = record_text(r, name);
	return text ? text : "";
}

uint64_t record_unsigned(const struct record *r, const char *name, uint64_t otherwise) {
	const struct value *v = find(r, name);
	return v && v->kind == VALUE_UNSIGNED ? v->number : otherwise;
}

bool record_boolean(const struct record *r, const char *name, bool otherwise) {
	const struct value *v = find(r, name);
	return v && v->kind == VALUE_BOOLEAN ? v->boolean : otherwise;
}

const char *record_nth_name(const struct record *r, size_t nth) {
	return nth < r->n ? r->values[nth].name : NULL;
}

static char *join(const struct value *v) {
	struct buffer text;
	buffer_init(&text, SIZE_MAX / 2);
	for (size_t i = 0; i < v->n_texts; i++)
		(void)buffer_append_format(&text, "%s%s", i > 0 ? "\n" : "", v->texts[i]);
	return buffer_take_text(&text);
}

char *record_format(const struct record *r, const char *name) {
	const struct value *v = find(r, name);
	if (!v)
		return NULL;
	switch (v->kind) {
	case VALUE_TEXT:
		return memory_strdup(v->text);
	case VALUE_UNSIGNED:
		return memory_format("%" PRIu64, v->number);
	case VALUE_BOOLEAN:
		return memory_strdup(v->boolean ? "true" : "false");
	case VALUE_LIST:
		return join(v);
	}
	return NULL;
}

static void write_value(const struct value *v, struct json_writer *w) {
	switch (v->kind) {
	case VALUE_TEXT:
		json_string(w, v->text);
		break;
	case VALUE_UNSIGNED:
		json_unsigned(w, v->number);
		break;
	case VALUE_BOOLEAN:
		json_boolean(w, v->boolean);
		break;
	case VALUE_LIST:
		json_begin_array(w);
		for (size_t i = 0; i < v->n_texts; i++)
			json_string(w, v->texts[i]);
		json_end_array(w);
		break;
	}
}

static bool is_in(const char *name, const char *const *list) {
	for (; list && *list; list++)
		if (strcmp(name, *list) == 0)
			return true;
	return false;
}

void record_write_json(const struct record *r, const char *const *except, struct json_writer *w) {
	for (size_t i = 0; i < r->n; i++) {
		if (is_in(r->values[i].name, except))
			continue;
		json_key(w, r->values[i].name);
		write_value(&r->values[i], w);
	}
}

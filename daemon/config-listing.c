#include "daemon/config-listing.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "daemon/account-config.h"
#include "daemon/account-keys.h"
#include "config/config-type.h"
#include "daemon/config.h"

/* The daemon's settings, or one account. */
struct part {
	const struct config_table *table;
	const void *object;
	const struct config_origins *origins;
};

static char *part_value(const struct part *part, const struct config_key *key, size_t index) {
	return key->type->format(key, (const char *)part->object + key->offset, index);
}

/* Of the value at `index`; NULL: it is the default. */
static const struct config_origin *part_origin(
	const struct part *part, const struct config_key *key, size_t index) {
	for (size_t i = 0; i < part->origins->n; i++)
		if (part->origins->items[i].key == key && index-- == 0)
			return &part->origins->items[i];
	return NULL;
}

/* As text */

static void write_origin(struct buffer *out, const struct config_origin *origin) {
	CLEANUP_TEXT char *file = text_printable(origin ? origin->file : NULL);
	if (origin)
		(void)buffer_append_format(out, "# %s:%u\n", file, origin->line);
	else
		(void)buffer_append_text(out, "# default\n");
}

/* A file may come from anybody, and this is for terminals too. */
static void write_value(struct buffer *out, const char *name, const char *value) {
	CLEANUP_TEXT char *printable = text_printable(value);
	if (strcmp(printable, value) != 0)
		(void)buffer_append_format(
			out, "# %s= has characters that are not shown as they are\n", name);
	(void)buffer_append_format(out, "%s=%s\n", name, printable);
}

static void write_key(const struct config_listing *listing, const struct part *part,
	const struct config_key *key, struct buffer *out) {
	for (size_t i = 0;; i++) {
		CLEANUP_TEXT char *value = part_value(part, key, i);
		if (!value && i == 0)
			(void)buffer_append_format(out, "#%s=\n", key->name);
		if (!value)
			return;
		if (listing->with_origins)
			write_origin(out, part_origin(part, key, i));
		write_value(out, key->name, value);
	}
}

static void write_part(
	const struct config_listing *listing, const struct part *part, struct buffer *out) {
	const char *section = "";
	for (size_t i = 0; i < part->table->n; i++) {
		const struct config_key *key = &part->table->keys[i];
		if (strcmp(section, key->section) != 0)
			(void)buffer_append_format(
				out, "%s[%s]\n", *section ? "\n" : "", key->section);
		section = key->section;
		write_key(listing, part, key, out);
	}
}

static void write_account(
	const struct config_listing *listing, const struct part *part, struct buffer *out) {
	const struct account_config *account = part->object;
	CLEANUP_TEXT char *file = text_printable(account->file);
	CLEANUP_TEXT char *problem = text_printable(account->problem);
	(void)buffer_append_format(out, "# account %s, %s\n", account->id, file);
	if (account->problem)
		(void)buffer_append_format(out, "# it cannot run: %s\n", problem);
	write_part(listing, part, out);
}

/* As JSON */

static void json_values(
	const struct part *part, const struct config_key *key, struct json_writer *json) {
	json_key(json, "Values");
	json_begin_array(json);
	for (size_t i = 0;; i++) {
		CLEANUP_TEXT char *value = part_value(part, key, i);
		if (!value)
			break;
		json_string(json, value);
	}
	json_end_array(json);
}

static void json_origins(
	const struct part *part, const struct config_key *key, struct json_writer *json) {
	json_key(json, "Origins");
	json_begin_array(json);
	for (size_t i = 0;; i++) {
		CLEANUP_TEXT char *value = part_value(part, key, i);
		if (!value)
			break;
		const struct config_origin *origin = part_origin(part, key, i);
		CLEANUP_TEXT char *where =
			origin ? memory_format("%s:%u", origin->file, origin->line) : NULL;
		json_string(json, where);
	}
	json_end_array(json);
}

static void json_part(
	const struct config_listing *listing, const struct part *part, struct json_writer *json) {
	json_begin_array(json);
	for (size_t i = 0; i < part->table->n; i++) {
		const struct config_key *key = &part->table->keys[i];
		json_begin_object(json);
		json_key_string(json, "Section", key->section);
		json_key_string(json, "Key", key->name);
		json_values(part, key, json);
		if (listing->with_origins)
			json_origins(part, key, json);
		json_end_object(json);
	}
	json_end_array(json);
}

static void json_account(
	const struct config_listing *listing, const struct part *part, struct json_writer *json) {
	const struct account_config *account = part->object;
	json_begin_object(json);
	json_key_string(json, "Id", account->id);
	json_key_string(json, "File", account->file);
	json_key_string(json, "Problem", account->problem);
	json_key(json, "Keys");
	json_part(listing, part, json);
	json_end_object(json);
}

/* Both */

static struct part part_of_daemon(const struct config *config) {
	return (struct part){ &daemon_config_table, &config->daemon, &config->sources->daemon };
}

static struct part part_of_account(const struct config *config, size_t i) {
	return (struct part){ &account_keys_table, config->accounts[i],
		&config->sources->accounts[i] };
}

static void write_all(
	const struct config_listing *listing, const struct config *config, struct buffer *out) {
	struct part part = part_of_daemon(config);
	(void)buffer_append_text(out, "# the daemon\n");
	write_part(listing, &part, out);
	for (size_t i = 0; i < config->n_accounts; i++) {
		part = part_of_account(config, i);
		(void)buffer_append_text(out, "\n");
		write_account(listing, &part, out);
	}
}

static void json_all(const struct config_listing *listing, const struct config *config,
	struct json_writer *json) {
	struct part part = part_of_daemon(config);
	json_begin_object(json);
	json_key(json, "daemon");
	json_part(listing, &part, json);
	json_key(json, "accounts");
	json_begin_array(json);
	for (size_t i = 0; i < config->n_accounts; i++) {
		part = part_of_account(config, i);
		json_account(listing, &part, json);
	}
	json_end_array(json);
	json_end_object(json);
}

int config_listing_write(
	const struct config_listing *listing, const struct config *config, struct buffer *out) {
	assert(config->sources);
	struct json_writer json;
	json_init(&json, out);
	size_t i = 0;
	while (listing->account && i < config->n_accounts &&
		strcmp(config->accounts[i]->id, listing->account) != 0)
		i++;
	if (listing->account && i == config->n_accounts)
		return -ENOENT;
	struct part part = { 0 };
	if (listing->account)
		part = part_of_account(config, i);
	if (listing->account && listing->as_json)
		json_account(listing, &part, &json);
	else if (listing->account)
		write_account(listing, &part, out);
	else if (listing->as_json)
		json_all(listing, config, &json);
	else
		write_all(listing, config, out);
	if (listing->as_json)
		(void)buffer_append_text(out, "\n");
	return 0;
}

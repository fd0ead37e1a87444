#include "notify/agent-config.h"

#include "base/memory.h"
#include "config/config-assignments.h"
#include "config/config-files.h"

#include <stdlib.h>
#include <string.h>

#define SUFFIX ".conf"
#define ACCOUNTS "accounts.d"

static const struct config_table *const tables[] = { &settings_table, NULL };

struct account {
	char *id;
	struct settings *settings;
};

struct agent_config {
	struct config_messages messages;
	struct settings *shared;
	struct account *accounts; /* sorted by id */
	size_t n_accounts;
};

static void read_file(struct agent_config *c, struct config_assignments *into, const char *path) {
	struct config_text text = config_files_read(path, &c->messages);

	if (text.text)
		config_assignments_read(into, path, text.text, text.n, &c->messages);
	free(text.text);
}

static void read_drop_ins(struct agent_config *c, struct config_assignments *into,
	const char *const *folders, const char *below) {
	struct config_files files;
	struct config_messages said = { 0 }; /* the daemon complains of folders */

	config_files_list(&files, folders, below, SUFFIX, &said);
	for (size_t i = 0; i < files.n; i++)
		read_file(c, into, files.items[i].path);
	config_files_deinit(&files);
	config_messages_deinit(&said);
}

static void read_account(struct agent_config *c, const struct config_file *file,
	const char *const *folders, struct config_assignments *shared) {
	CLEANUP(config_assignments_free)
	struct config_assignments *own = config_assignments_new(tables, false);
	CLEANUP_TEXT char *below = memory_format(ACCOUNTS "/%s.d", file->name);
	struct account *account = &c->accounts[c->n_accounts++];

	read_file(c, own, file->path);
	read_drop_ins(c, own, folders, below);
	account->id = memory_strndup(file->name, strlen(file->name) - strlen(SUFFIX));
	account->settings = settings_new(shared, own, &c->messages);
}

static int compare_accounts(const void *a, const void *b) {
	const struct account *left = a, *right = b;

	return strcmp(left->id, right->id);
}

struct agent_config *agent_config_load(const char *const *folders) {
	struct agent_config *c = MEMORY_NEW(struct agent_config);
	CLEANUP(config_assignments_free)
	struct config_assignments *shared = config_assignments_new(tables, true);
	CLEANUP_TEXT char *path = config_files_find(folders, "posthorn" SUFFIX);
	struct config_messages said = { 0 };
	struct config_files files;

	if (path)
		read_file(c, shared, path);
	read_drop_ins(c, shared, folders, "posthorn" SUFFIX ".d");
	c->shared = settings_new(shared, NULL, &c->messages);
	config_files_list(&files, folders, ACCOUNTS, SUFFIX, &said);
	c->accounts = MEMORY_NEW_ARRAY(struct account, files.n + 1);
	for (size_t i = 0; i < files.n; i++)
		read_account(c, &files.items[i], folders, shared);
	if (c->n_accounts > 1)
		qsort(c->accounts, c->n_accounts, sizeof(*c->accounts), compare_accounts);
	config_files_deinit(&files);
	config_messages_deinit(&said);
	return c;
}

struct agent_config *agent_config_free(struct agent_config *c) {
	if (!c)
		return NULL;
	for (size_t i = 0; i < c->n_accounts; i++) {
		memory_free(c->accounts[i].id);
		(void)settings_free(c->accounts[i].settings);
	}
	memory_free(c->accounts);
	(void)settings_free(c->shared);
	config_messages_deinit(&c->messages);
	return memory_free(c);
}

const struct config_messages *agent_config_messages(const struct agent_config *c) {
	return &c->messages;
}

const struct settings *agent_config_shared(const struct agent_config *c) {
	return c->shared;
}

const struct settings *agent_config_of(const struct agent_config *c, const char *account) {
	const struct account key = { .id = (char *)account };
	const struct account *found = NULL;

	if (c->n_accounts > 0)
		found = bsearch(&key, c->accounts, c->n_accounts, sizeof(key), compare_accounts);
	return found ? found->settings : c->shared;
}

#include "daemon/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/account-id.h"
#include "base/memory.h"
#include "daemon/account-config.h"
#include "daemon/account-keys.h"
#include "config/config-assignments.h"
#include "config/config-files.h"

#define SUFFIX ".conf"
#define ACCOUNTS "accounts.d"

static const struct config_table *const shared_tables[] = { &daemon_config_table,
	&account_keys_table, NULL };
static const struct config_table *const account_tables[] = { &account_keys_table, NULL };

struct loader {
	struct config *config;
	const char *const *folders;
	struct config_assignments *shared;
	struct config_files drop_ins; /* the folders ID.conf.d that there are; names count */
	size_t next_drop_in;
};

/* True when there was something to read. */
static bool read_into(struct config_assignments *assignments, const char *path,
	struct config_messages *messages) {
	struct config_text text = config_files_read(path, messages);
	if (text.problem)
		config_assignments_fail(assignments, text.problem);
	if (text.text)
		config_assignments_read(assignments, path, text.text, text.n, messages);
	free(text.text);
	return text.text || text.problem;
}

static void loader_read_drop_ins(
	struct loader *l, struct config_assignments *assignments, const char *below) {
	struct config_files files;
	config_files_list(&files, l->folders, below, SUFFIX, &l->config->messages);
	for (size_t i = 0; i < files.n; i++)
		(void)read_into(assignments, files.items[i].path, &l->config->messages);
	config_files_deinit(&files);
}

static void loader_read_shared(struct loader *l) {
	l->shared = config_assignments_new(shared_tables, true);
	CLEANUP_TEXT char *path = config_files_find(l->folders, "posthorn" SUFFIX);
	if (path)
		(void)read_into(l->shared, path, &l->config->messages);
	loader_read_drop_ins(l, l->shared, "posthorn" SUFFIX ".d");
	struct config_sources *sources = l->config->sources;
	daemon_config_init(&l->config->daemon, l->shared, &l->config->messages,
		sources ? &sources->daemon : NULL);
}

static void loader_warn_of_drop_ins(struct loader *l) {
	const struct config_file *drop_in = &l->drop_ins.items[l->next_drop_in++];
	config_messages_add(&l->config->messages, false, drop_in->path, 0,
		"there is no account for these drop-ins, ignoring");
}

/* Whether there are drop-ins for the account; both are in the order of ids. */
static bool loader_has_drop_ins(struct loader *l, const char *id) {
	for (; l->next_drop_in < l->drop_ins.n; loader_warn_of_drop_ins(l)) {
		int order = strcmp(l->drop_ins.items[l->next_drop_in].name, id);
		if (order == 0)
			l->next_drop_in++;
		if (order >= 0)
			return order == 0;
	}
	return false;
}

static void loader_keep(struct loader *l, struct account_config *account,
	struct config_assignments *own, struct config_origins *origins) {
	struct config *config = l->config;
	struct config_sources *sources = config->sources;
	config->accounts[config->n_accounts] = account;
	if (sources) {
		sources->own[config->n_accounts] = own;
		sources->accounts[config->n_accounts] = *origins;
	} else {
		config_assignments_free(own);
	}
	config->n_accounts++;
}

static void loader_read_account(
	struct loader *l, const struct config_file *file, bool has_drop_ins) {
	struct config_assignments *own = config_assignments_new(account_tables, false);
	if (!read_into(own, file->path, &l->config->messages)) {
		config_assignments_free(own);
		return;
	}
	if (has_drop_ins) {
		CLEANUP_TEXT char *below = memory_format(ACCOUNTS "/%s" SUFFIX ".d", file->name);
		loader_read_drop_ins(l, own, below);
	}
	const struct account_source source = {
		.id = file->name, .file = file->path, .shared = l->shared, .own = own
	};
	struct config_origins origins = { 0 };
	struct account_config *account = account_config_new(
		&source, &l->config->messages, l->config->sources ? &origins : NULL);
	loader_keep(l, account, own, &origins);
}

static void loader_take_account(struct loader *l, const struct config_file *file) {
	struct config_messages *messages = &l->config->messages;
	bool has_drop_ins = loader_has_drop_ins(l, file->name);
	if (!account_id_is_valid(file->name))
		config_messages_add(messages, false, file->path, 0,
			"the file's name is no account name (1 to %d of A-Z a-z 0-9 . _ - @ +), "
			"ignoring",
			ACCOUNT_ID_MAX);
	else if (l->config->n_accounts == CONFIG_ACCOUNTS_MAX)
		config_messages_add(messages, true, file->path, 0, "more than %d accounts",
			CONFIG_ACCOUNTS_MAX);
	else
		loader_read_account(l, file, has_drop_ins);
}

static int compare_names(const void *a, const void *b) {
	const struct config_file *left = a, *right = b;
	return strcmp(left->name, right->name);
}

/* In accounts.d names without their suffix are ids, and in the order of ids. */
static void loader_list_ids(struct loader *l, struct config_files *files, const char *suffix,
	struct config_messages *messages) {
	config_files_list(files, l->folders, ACCOUNTS, suffix, messages);
	for (size_t i = 0; i < files->n; i++)
		files->items[i].name[strlen(files->items[i].name) - strlen(suffix)] = '\0';
	if (files->n > 1)
		qsort(files->items, files->n, sizeof(*files->items), compare_names);
}

static void loader_read_accounts(struct loader *l) {
	struct config *config = l->config;
	struct config_files files;
	loader_list_ids(l, &files, SUFFIX, &config->messages);
	struct config_messages said = { 0 }; /* of the same folders, by the list above */
	loader_list_ids(l, &l->drop_ins, SUFFIX ".d", &said);
	config_messages_deinit(&said);

	config->accounts = MEMORY_NEW_ARRAY(struct account_config *, files.n + 1);
	if (config->sources) {
		config->sources->own = MEMORY_NEW_ARRAY(struct config_assignments *, files.n + 1);
		config->sources->accounts = MEMORY_NEW_ARRAY(struct config_origins, files.n + 1);
	}
	for (size_t i = 0; i < files.n; i++)
		loader_take_account(l, &files.items[i]);
	while (l->next_drop_in < l->drop_ins.n)
		loader_warn_of_drop_ins(l);
	config_files_deinit(&files);
	config_files_deinit(&l->drop_ins);
}

struct config *config_load(const char *const *folders, bool with_sources) {
	struct config *config = MEMORY_NEW(struct config);
	if (with_sources)
		config->sources = MEMORY_NEW(struct config_sources);
	struct loader loader = { .config = config, .folders = folders };
	loader_read_shared(&loader);
	loader_read_accounts(&loader);
	if (with_sources)
		config->sources->shared = loader.shared;
	else
		config_assignments_free(loader.shared);
	return config;
}

void config_keep(struct config *config, const char *id) {
	size_t n = 0;
	for (size_t i = 0; i < config->n_accounts; i++)
		if (!strcmp(config->accounts[i]->id, id))
			config->accounts[n++] = config->accounts[i];
		else
			account_config_free(config->accounts[i]);
	config->n_accounts = n;
}

static void config_sources_free(struct config_sources *sources, size_t n) {
	for (size_t i = 0; i < n; i++) {
		config_assignments_free(sources->own[i]);
		free(sources->accounts[i].items);
	}
	config_assignments_free(sources->shared);
	free(sources->daemon.items);
	free(sources->own);
	free(sources->accounts);
	free(sources);
}

struct config *config_free(struct config *config) {
	if (!config)
		return NULL;
	if (config->sources)
		config_sources_free(config->sources, config->n_accounts);
	for (size_t i = 0; i < config->n_accounts; i++)
		account_config_free(config->accounts[i]);
	free(config->accounts);
	daemon_config_deinit(&config->daemon);
	config_messages_deinit(&config->messages);
	free(config);
	return NULL;
}

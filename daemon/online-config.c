#include "daemon/online-config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/account-id.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "bus/online-accounts.h"
#include "daemon/account-config.h"
#include "daemon/desktop.h"

#define PREFIX "goa-"
#define SUFFIX ".conf"

struct online_config {
	struct desktop *desktop;
	struct online_accounts *accounts; /* NULL until it is switched on once */
	const char **folders;
	char *folder; /* the last of them; NULL: there is no place for it */
	bool is_on;
	void (*changed)(void *userdata);
	void *userdata;
};

/* "$XDG_RUNTIME_DIR/posthorn/online": on a file system in memory that is the user's alone. */
static char *find_folder(void) {
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	return runtime && runtime[0] == '/' ? memory_format("%s/posthorn/online", runtime) : NULL;
}

static const char **append_folder(const char *const *folders, const char *folder) {
	size_t n = 0;
	while (folders[n])
		n++;
	const char **list = MEMORY_NEW_ARRAY(const char *, n + 2);
	memcpy(list, folders, n * sizeof(*list));
	list[n] = folder;
	return list;
}

static bool is_ours(const char *name) {
	size_t n = strlen(name);
	return n > strlen(PREFIX SUFFIX) && !strncmp(name, PREFIX, strlen(PREFIX)) &&
	       !strcmp(name + n - strlen(SUFFIX), SUFFIX);
}

/* True when there were files. */
static bool clear(const struct online_config *o) {
	CLEANUP_TEXT char *below = memory_format("%s/accounts.d", o->folder ? o->folder : "");
	DIR *directory = o->folder ? opendir(below) : NULL;
	bool was_there = false;
	for (struct dirent *entry; directory && (entry = readdir(directory));) {
		CLEANUP_TEXT char *path = memory_format("%s/%s", below, entry->d_name);
		if (is_ours(entry->d_name) && unlink(path) == 0)
			was_there = true;
	}
	if (directory)
		closedir(directory);
	return was_there;
}

struct online_config *online_config_new(struct desktop *desktop, const char *const *folders,
	void (*changed)(void *userdata), void *userdata) {
	struct online_config *o = MEMORY_NEW(struct online_config);
	o->desktop = desktop;
	o->folder = find_folder();
	o->folders = append_folder(folders, o->folder);
	o->changed = changed;
	o->userdata = userdata;
	(void)clear(o);
	return o;
}

struct online_config *online_config_free(struct online_config *o) {
	if (!o)
		return NULL;
	online_accounts_free(o->accounts);
	free(o->folders);
	free(o->folder);
	return memory_free(o);
}

const char *const *online_config_folders(const struct online_config *o) {
	return o->folders;
}

static bool make_folder(const struct online_config *o) {
	CLEANUP_TEXT char *parent =
		memory_strndup(o->folder, strlen(o->folder) - strlen("/online"));
	CLEANUP_TEXT char *below = memory_format("%s/accounts.d", o->folder);
	const char *const all[] = { parent, o->folder, below };
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (mkdir(all[i], 0700) < 0 && errno != EEXIST) {
			log_error("%s cannot be made: %s", all[i], strerror(errno));
			return false;
		}
	return true;
}

/* The name is the user's own, yet it came over the bus: it must not become a line of its own. */
static void write_file(const struct online_config *o, const char *id, const char *name) {
	CLEANUP_TEXT char *account = memory_format(PREFIX "%s", id);
	if (!account_id_is_valid(account)) {
		log_warning("an account of GNOME Online Accounts has an odd id, ignoring");
		return;
	}
	CLEANUP_TEXT char *path = memory_format("%s/accounts.d/%s" SUFFIX, o->folder, account);
	CLEANUP_TEXT char *printable = text_printable(name);
	FILE *file = fopen(path, "we");
	if (file)
		fprintf(file,
			"# made from GNOME Online Accounts by posthornd\n"
			"[Account]\nName=%s\nGoaAccount=%s\n",
			printable, id);
	if (!file || fclose(file) != 0)
		log_error("%s cannot be written: %s", path, strerror(errno));
}

static void on_list(void *userdata) {
	struct online_config *o = userdata;
	const char *id, *name;
	if (!o->is_on || !make_folder(o))
		return;
	(void)clear(o);
	for (size_t i = 0; online_accounts_at(o->accounts, i, &id, &name); i++)
		write_file(o, id, name);
	o->changed(o->userdata);
}

static void start(struct online_config *o) {
	struct connection *connection = desktop_online_accounts(o->desktop);
	if (!o->folder)
		log_error("GnomeOnlineAccounts= needs XDG_RUNTIME_DIR, which is not set");
	else if (!connection || online_accounts_new(connection, on_list, o, &o->accounts) < 0)
		log_error("GNOME Online Accounts cannot be watched");
}

bool online_config_set(struct online_config *o, bool is_on) {
	if (o->is_on == is_on)
		return false;
	o->is_on = is_on;
	/* Known already, when it was on before: asked anew. */
	o->accounts = online_accounts_free(o->accounts);
	if (is_on)
		start(o);
	return !is_on && clear(o);
}

#include "config/config-folders.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

static const char *absolute_variable(const char *name) {
	const char *value = getenv(name);
	return value && value[0] == '/' ? value : NULL;
}

char *config_folders_home(const char *variable, const char *below_home) {
	const char *base = absolute_variable(variable);
	if (base)
		return memory_format("%s/posthorn", base);
	const char *home = absolute_variable("HOME");
	return home ? memory_format("%s/%s/posthorn", home, below_home) : NULL;
}

/* The last place is the vendor's. */
static void add_folder(char **folders, size_t *n, char *folder) {
	if (folder && *n < CONFIG_FOLDERS_MAX - 1)
		folders[(*n)++] = folder;
	else
		free(folder);
}

char **config_folders_of_user(const char *vendor) {
	char **folders = MEMORY_NEW_ARRAY(char *, CONFIG_FOLDERS_MAX + 1);
	size_t n = 0;
	add_folder(folders, &n, config_folders_home("XDG_CONFIG_HOME", ".config"));
	/* $XDG_CONFIG_DIRS, or what the specification has in its place. */
	const char *list = getenv("XDG_CONFIG_DIRS");
	if (text_is_empty(list))
		list = "/etc/xdg";
	for (; *list; list += strspn(list, ":")) {
		size_t n_bytes = strcspn(list, ":");
		if (*list == '/')
			add_folder(folders, &n, memory_format("%.*s/posthorn", (int)n_bytes, list));
		list += n_bytes;
	}
	folders[n] = memory_strdup(vendor);
	return folders;
}

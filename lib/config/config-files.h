#pragma once
/* Which files of the configuration folders count, and their text. The rules are those of systemd:
 * of files with one name the folder of the highest rank has its word, an empty file or a link to
 * /dev/null masks, drop-ins are applied in the order of their names wherever they stand. */
#include <stddef.h>

#include "config/config-messages.h"

#define CONFIG_FILE_MAX ((size_t)1024 * 1024)

struct config_file {
	char *name; /* without its folder */
	char *path;
	size_t rank; /* of its folder; 0 is the highest */
};

struct config_files {
	struct config_file *items;
	size_t n;
};

/* Names that end in `suffix` in FOLDER/BELOW of all folders (NULL-terminated, highest rank first),
 * hidden ones left out; one file for each name, sorted by name. What masks is among them. A folder
 * that is not there is an empty one. */
void config_files_list(struct config_files *files, const char *const *folders, const char *below,
	const char *suffix, struct config_messages *messages);
void config_files_deinit(struct config_files *files);

/* The path of NAME in the folder of the highest rank that has it; owned, NULL: in none. */
char *config_files_find(const char *const *folders, const char *name);

/* What a file holds. Neither text nor problem: it masks. */
struct config_text {
	char *text; /* owned */
	size_t n;
	const char *problem; /* why it cannot be read: a message, borrowed from `messages` */
};

/* One that everybody may write to is not read. */
struct config_text config_files_read(const char *path, struct config_messages *messages);

/* Opens a message in the program of the user's choice. */
#include <errno.h>
#include <string.h>

#include "base/account-id.h"
#include "base/memory.h"
#include "base/open-command.h"
#include "base/words.h"
#include "bus/names.h"
#include "cli/child.h"
#include "cli/exit-code.h"
#include "cli/output.h"
#include "cli/unread-reader.h"
#include "cli/verbs.h"
#include "config/config-assignments.h"
#include "config/config-files.h"
#include "config/config-folders.h"
#include "config/config-type.h"
#include "config/language.h"
#include "configuration.h"

struct setting {
	char **command; /* NULL: none is configured */
};

/* The desktop agent's key, of which there is more to say in its own table; nothing is complained of
 * here. */
static const struct config_key keys[] = {
	{
		.section = "Notify",
		.name = "OpenCommand",
		.type = &config_type_argv,
		CONFIG_FIELD(struct setting, command),
		.check = open_command_check,
		.help = "a program that shows a message, run without a shell",
	},
};
static const char *const others[] = { "Daemon", "Events", "Account", "Mailboxes", "Trigger", NULL };
static const struct config_table table = { keys, ARRAY_SIZE(keys), NULL, others };
static const struct config_table *const tables[] = { &table, NULL };

static void read_file(struct config_assignments *into, const char *path) {
	struct config_messages messages = { 0 };
	struct config_text text = config_files_read(path, &messages);
	if (text.text)
		config_assignments_read(into, path, text.text, text.n, &messages);
	free(text.text);
	config_messages_deinit(&messages);
}

/* `name` in the folder of the highest rank, and its drop-ins. */
static struct config_assignments *read_layer(
	const char *const *folders, const char *name, bool is_shared) {
	struct config_assignments *layer = config_assignments_new(tables, is_shared);
	CLEANUP_TEXT char *path = config_files_find(folders, name);
	CLEANUP_TEXT char *below = memory_format("%s.d", name);
	struct config_messages messages = { 0 };
	struct config_files files;
	if (path)
		read_file(layer, path);
	config_files_list(&files, folders, below, ".conf", &messages);
	for (size_t i = 0; i < files.n; i++)
		read_file(layer, files.items[i].path);
	config_files_deinit(&files);
	config_messages_deinit(&messages);
	return layer;
}

/* NULL, or an owned sentence with its file and line. */
static char *load(const char *const *folders, const char *account, struct setting *ret) {
	CLEANUP_TEXT char *name = memory_format("accounts.d/%s.conf", account);
	struct config_messages messages = { 0 };
	struct config_assignments *layers[2] = {
		read_layer(folders, "posthorn.conf", true),
		read_layer(folders, name, false),
	};
	char *problem = config_assignments_apply(&table, ret, layers, &messages, NULL);
	(void)config_assignments_free(layers[0]);
	(void)config_assignments_free(layers[1]);
	config_messages_deinit(&messages);
	return problem;
}

/* What an account is called names its file, and no other. */
static char *load_setting(const struct event *event, bool is_system, struct setting *ret) {
	static const char *const machine[] = { POSTHORN_SYSCONFDIR, POSTHORN_VENDORDIR, NULL };
	const char *account = record_text(event->keys, BUS_KEY_ACCOUNT);
	if (!account || !account_id_is_valid(account))
		return NULL;
	if (is_system)
		return load(machine, account, ret);
	char **folders = config_folders_of_user(POSTHORN_VENDORDIR);
	char *problem = load((const char *const *)folders, account, ret);
	(void)words_free(folders);
	return problem;
}

/* In our place: it may want the terminal and its signals, and its exit code is ours. */
static int become(char *const *words) {
	struct child child = {
		.argv = (const char *const *)words,
		.input = CHILD_INHERIT,
		.output = CHILD_INHERIT,
		.error = CHILD_INHERIT,
	};
	int r = child_replace_us(&child);
	output_complain(_("%s cannot be run: %s"), words[0], strerror(-r));
	return EXIT_CODE_NO_COMMAND;
}

/* Owned; NULL: there is no command. */
static char **command_of(char *const *configured, const struct event *event) {
	const struct open_command_message message = {
		.id = record_text(event->keys, BUS_KEY_ID),
		.account = record_text(event->keys, BUS_KEY_ACCOUNT),
		.from_address = record_text(event->keys, BUS_KEY_FROM_ADDRESS),
		.message_id = record_text(event->keys, BUS_KEY_MESSAGE_ID),
	};
	if (configured)
		return open_command_expand(configured, &message);
	char *link = open_command_link(&message);
	if (!link)
		return NULL;
	char **words = MEMORY_NEW_ARRAY(char *, 3);
	words[0] = memory_strdup("xdg-open");
	words[1] = link;
	return words;
}

static int open_message(const struct event *event, bool is_system) {
	struct setting setting = { 0 };
	CLEANUP_TEXT char *problem = load_setting(event, is_system, &setting);
	char **words = problem ? NULL : command_of(setting.command, event);
	config_assignments_clear(&table, &setting);
	if (!words) {
		output_complain("%s", problem ? problem
					      : _("The message has no Message-ID, and there is no "
						  "OpenCommand=, see posthorn.conf(5)"));
		return EXIT_CODE_REFUSED;
	}
	int code = become(words);
	(void)words_free(words);
	return code;
}

int verb_open(const struct arguments *arguments) {
	CLEANUP(unread_list_free) struct unread_list *list = unread_list_new();
	const char *const *names = arguments_operands(arguments);
	if (names[0] && names[1]) {
		output_complain(_("'open' opens one message"));
		return EXIT_CODE_USAGE;
	}
	int code = unread_reader_load(arguments, list);
	if (code != EXIT_CODE_OK)
		return code;
	const struct event *event =
		names[0] ? unread_list_find(list, names[0]) : unread_list_newest(list);
	if (!event) {
		output_complain(names[0] ? _("There is no new message '%s', see 'posthorn list'")
					 : _("There is no new message"),
			names[0]);
		return EXIT_CODE_REFUSED;
	}
	return open_message(event, arguments_has(arguments, OPTION_SYSTEM));
}

/* `posthorn account`: which accounts are configured, whether one works, a new one, one less,
 * those of another program. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/account-id.h"
#include "base/memory.h"
#include "bus/message.h"
#include "bus/names.h"
#include "cli/account-adoption.h"
#include "cli/account-creation.h"
#include "cli/account-file.h"
#include "cli/daemon-program.h"
#include "cli/exit-code.h"
#include "cli/output.h"
#include "cli/question.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "config/language.h"

static bool is_system(const struct arguments *arguments) {
	return arguments_has(arguments, OPTION_SYSTEM);
}

static int list(const struct arguments *arguments) {
	CLEANUP_TEXT char *folder = account_file_folder(is_system(arguments));
	if (!folder)
		return EXIT_CODE_REFUSED;
	size_t n;
	char **ids = account_file_list(folder, &n);
	struct buffer out;
	buffer_init(&out, OUTPUT_MAX);
	for (size_t i = 0; i < n; i++)
		(void)buffer_append_format(&out, "%s\n", ids[i]);
	account_file_list_free(ids, n);
	int r = output_write(&out);
	buffer_deinit(&out);
	return output_exit_code(r);
}

static int test(const struct arguments *arguments, const char *id) {
	const char *words[] = {
		is_system(arguments) ? "--system" : "--user",
		"--test-account",
		id,
		NULL,
		NULL,
		NULL,
	};
	size_t n = 3;
	if (arguments_has(arguments, OPTION_PUSH))
		words[n++] = "--push";
	if (arguments_has(arguments, OPTION_JSON))
		words[n++] = "--json";
	return daemon_program_run(words);
}

/* A daemon that runs takes the change at once; one that does not will read it when it starts. */
static void tell_daemon(const struct arguments *arguments) {
	CLEANUP(client_free) struct client *client = NULL;
	CLEANUP(message_free) DBusMessage *reply = NULL;
	CLEANUP_TEXT char *problem = NULL, *no_bus = NULL;
	bool system = is_system(arguments);
	if (client_open(system, &client, &no_bus) == 0 &&
		client_call(client,
			message_new_call(
				BUS_NAME, BUS_PATH, BUS_INTERFACE_MANAGER, BUS_METHOD_RELOAD),
			SESSION_TIMEOUT_USEC, &reply, &problem) == 0)
		return;
	output_complain(
		_("The daemon does not run; 'systemctl %senable --now posthornd' starts it"),
		system ? "" : "--user ");
}

static int add(const struct arguments *arguments, const char *address) {
	const struct account_creation creation = {
		.address = address,
		.host = arguments_value(arguments, OPTION_HOST),
		.user = arguments_value(arguments, OPTION_USER),
		.is_system = is_system(arguments),
		.is_sure = arguments_has(arguments, OPTION_YES),
		.wants_push = arguments_has(arguments, OPTION_PUSH),
	};
	int code = account_creation_run(&creation);
	if (code == EXIT_CODE_OK)
		tell_daemon(arguments);
	return code;
}

static int import(const struct arguments *arguments, const char *path) {
	int code = account_adoption_run(
		path, is_system(arguments), arguments_has(arguments, OPTION_YES));
	if (code == EXIT_CODE_OK)
		tell_daemon(arguments);
	return code;
}

static int delete_file(const char *path, const char *id) {
	if (unlink(path) == 0)
		return EXIT_CODE_OK;
	if (errno == ENOENT)
		output_complain(_("There is no account '%s' in %s"), id, path);
	else
		output_complain(_("%s cannot be removed: %s"), path, strerror(errno));
	return EXIT_CODE_REFUSED;
}

static int remove_account(const struct arguments *arguments, const char *id) {
	CLEANUP_TEXT char *folder = account_file_folder(is_system(arguments));
	CLEANUP_TEXT char *question =
		memory_format(_("Remove account %s? Its mail stays where it is."), id);
	if (!folder || !account_id_is_valid(id)) {
		output_complain(_("'%s' is no account's name"), id);
		return EXIT_CODE_USAGE;
	}
	CLEANUP_TEXT char *path = account_file_path(folder, id);
	if (access(path, F_OK) == 0 && !arguments_has(arguments, OPTION_YES) &&
		!question_ask(question)) {
		output_complain(_("Nothing was removed; --yes says that you are sure"));
		return EXIT_CODE_REFUSED;
	}
	int code = delete_file(path, id);
	if (code != EXIT_CODE_OK)
		return code;
	account_creation_forget_secret(folder, id, is_system(arguments));
	tell_daemon(arguments);
	return EXIT_CODE_OK;
}

/* Before anything is asked or changed. */
static bool is_usage_right(const struct arguments *arguments) {
	const char *const *operands = arguments_operands(arguments);
	bool wants_account = strcmp(operands[0], "list") != 0;
	if (wants_account && (!operands[1] || operands[2]))
		output_complain(!strcmp(operands[0], "add") ? _("'account %s' needs one address")
				: !strcmp(operands[0], "import")
					? _("'account %s' needs one file")
					: _("'account %s' needs one account"),
			operands[0]);
	else if (!wants_account && operands[1])
		output_complain(_("'account list' takes no account"));
	else
		return true;
	return false;
}

int verb_account(const struct arguments *arguments) {
	const char *const *operands = arguments_operands(arguments);
	if (!is_usage_right(arguments))
		return EXIT_CODE_USAGE;
	if (!strcmp(operands[0], "list"))
		return list(arguments);
	if (!strcmp(operands[0], "test"))
		return test(arguments, operands[1]);
	if (!strcmp(operands[0], "add"))
		return add(arguments, operands[1]);
	if (!strcmp(operands[0], "import"))
		return import(arguments, operands[1]);
	return remove_account(arguments, operands[1]);
}

/* `posthorn secret`: the passwords that the daemon looks up with PasswordKeyring=yes. The key ring
 * is the user's own, so it is not the daemon that is asked. */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "bus/message.h"
#include "bus/names.h"
#include "bus/secret-attributes.h"
#include "bus/secret-keeper.h"
#include "cli/exit-code.h"
#include "cli/output.h"
#include "cli/password-input.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "config/language.h"

/* `what` did not happen. */
static int complain(const char *what, int r, const char *problem) {
	output_complain("%s: %s", what, problem);
	switch (r) {
	case -ENOTCONN:
	case -ESRCH:
		return EXIT_CODE_UNAVAILABLE;
	case -ECANCELED:
		return EXIT_CODE_NOT_PERMITTED;
	default:
		return EXIT_CODE_REFUSED;
	}
}

/* An account whose password was refused waits for hours, and neither a signal of the key ring nor
 * a reload makes it send the same one again: that this one is new, only the user can say. Without a
 * daemon, or before the account is configured, there is nobody to tell. */
static void tell_daemon(const char *account) {
	CLEANUP(client_free) struct client *client = NULL;
	CLEANUP(message_free) DBusMessage *reply = NULL;
	CLEANUP_TEXT char *no_bus = NULL;
	CLEANUP_TEXT char *no_daemon = NULL;
	if (client_open(false, &client, &no_bus) < 0)
		return;
	DBusMessage *call =
		message_new_call(BUS_NAME, BUS_PATH, BUS_INTERFACE_MANAGER, BUS_METHOD_CHECK_NOW);
	struct message_writer w;
	message_writer_init(&w, call);
	const char *const accounts[] = { account, NULL };
	message_write_strings(&w, accounts);
	(void)client_call(client, call, SESSION_TIMEOUT_USEC, &reply, &no_daemon);
}

static int set(struct secret_keeper *keeper, const char *account) {
	const char *const attributes[] = SECRET_ATTRIBUTES_OF(account);
	CLEANUP_TEXT char *prompt = memory_format(_("Password of account %s: "), account);
	CLEANUP_TEXT char *label = memory_format("Posthorn: %s", account);
	CLEANUP_TEXT char *problem = NULL;
	CLEANUP_SECRET char *password = NULL;
	if (password_input_read(prompt, &password, &problem) < 0) {
		output_complain("%s", problem);
		return EXIT_CODE_USAGE;
	}
	const struct secret_entry entry = {
		.label = label,
		.attributes = attributes,
		.secret = password,
		.n = strlen(password),
	};
	int r = secret_keeper_store(keeper, &entry, &problem);
	if (r < 0)
		return complain(_("The password was not stored"), r, problem);
	tell_daemon(account);
	return EXIT_CODE_OK;
}

static int clear(struct secret_keeper *keeper, const char *account) {
	const char *const attributes[] = SECRET_ATTRIBUTES_OF(account);
	CLEANUP_TEXT char *problem = NULL;
	int r = secret_keeper_clear(keeper, attributes, &problem);
	if (r < 0)
		return complain(_("The password was not forgotten"), r, problem);
	if (r > 0)
		return EXIT_CODE_OK;
	output_complain(_("The key ring has no password of account %s"), account);
	return EXIT_CODE_REFUSED;
}

static int unlock(struct secret_keeper *keeper) {
	CLEANUP_TEXT char *problem = NULL;
	int r = secret_keeper_unlock(keeper, &problem);
	return r < 0 ? complain(_("The key ring was not unlocked"), r, problem) : EXIT_CODE_OK;
}

/* Before anything is asked or opened. */
static bool is_usage_right(const struct arguments *arguments) {
	const char *const *operands = arguments_operands(arguments);
	bool wants_account = strcmp(operands[0], "unlock") != 0;
	if (arguments_has(arguments, OPTION_SYSTEM))
		output_complain(_("The system's daemon has no key ring; PasswordFile= and "
				  "PasswordCredential= are for it"));
	else if (wants_account && (!operands[1] || operands[2]))
		output_complain(_("'secret %s' needs one account"), operands[0]);
	else if (!wants_account && operands[1])
		output_complain(_("'secret unlock' takes no account"));
	else
		return true;
	return false;
}

int verb_secret(const struct arguments *arguments) {
	const char *const *operands = arguments_operands(arguments);
	CLEANUP(secret_keeper_free) struct secret_keeper *keeper = NULL;
	CLEANUP_TEXT char *problem = NULL;
	if (!is_usage_right(arguments))
		return EXIT_CODE_USAGE;
	int r = secret_keeper_open(&keeper, &problem);
	if (r < 0)
		return session_complain_about_bus(arguments, problem);
	if (!strcmp(operands[0], "set"))
		return set(keeper, operands[1]);
	return strcmp(operands[0], "clear") ? unlock(keeper) : clear(keeper, operands[1]);
}

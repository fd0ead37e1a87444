#include "cli/session.h"

#include <errno.h>

#include "base/memory.h"
#include "bus/message.h"
#include "cli/exit-code.h"
#include "cli/output.h"
#include "config/language.h"

static bool is_system(const struct arguments *arguments) {
	return arguments_has(arguments, OPTION_SYSTEM);
}

int session_complain_about_bus(const struct arguments *arguments, const char *problem) {
	output_complain(is_system(arguments) ? _("Cannot connect to the system bus: %s")
					     : _("Cannot connect to the session bus: %s"),
		problem);
	return EXIT_CODE_UNAVAILABLE;
}

int session_open(const struct arguments *arguments, struct client **ret) {
	CLEANUP_TEXT char *problem = NULL;
	if (client_open(is_system(arguments), ret, &problem) == 0)
		return EXIT_CODE_OK;
	return session_complain_about_bus(arguments, problem);
}

int session_complain(const struct arguments *arguments, int r, const char *problem) {
	switch (r) {
	case -ESRCH:
		output_complain(
			_("The daemon does not run; start it with 'systemctl %sstart posthornd'"),
			is_system(arguments) ? "" : "--user ");
		return EXIT_CODE_UNAVAILABLE;
	case -ENOTCONN:
		output_complain(_("The connection to the bus broke: %s"), problem);
		return EXIT_CODE_UNAVAILABLE;
	case -ETIMEDOUT:
		output_complain(_("The daemon does not answer: %s"), problem);
		return EXIT_CODE_UNAVAILABLE;
	case -EACCES:
		output_complain(
			_("You may not talk to the daemon, only the group 'posthorn' may: %s"),
			problem);
		return EXIT_CODE_NOT_PERMITTED;
	case -EPERM:
		output_complain(_("The daemon does not allow this to you: %s"), problem);
		return EXIT_CODE_NOT_PERMITTED;
	case -EBADMSG:
		output_complain(_("The daemon's answer cannot be understood"));
		return EXIT_CODE_REFUSED;
	default:
		output_complain("%s", problem);
		return EXIT_CODE_REFUSED;
	}
}

int session_call(struct client *client, const struct arguments *arguments, DBusMessage *call,
	DBusMessage **ret_reply) {
	CLEANUP_TEXT char *problem = NULL;
	int r = client_call(client, call, SESSION_TIMEOUT_USEC, ret_reply, &problem);
	return r < 0 ? session_complain(arguments, r, problem) : EXIT_CODE_OK;
}

#include "bus/message.h"
#include "bus/names.h"
#include "cli/session.h"
#include "cli/verbs.h"

int verb_check(const struct arguments *arguments) {
	CLEANUP(client_free) struct client *client = NULL;
	CLEANUP(message_free) DBusMessage *reply = NULL;
	int code = session_open(arguments, &client);
	if (code != 0)
		return code;

	DBusMessage *call =
		message_new_call(BUS_NAME, BUS_PATH, BUS_INTERFACE_MANAGER, BUS_METHOD_CHECK_NOW);
	struct message_writer w;
	message_writer_init(&w, call);
	message_write_strings(&w, arguments_operands(arguments));
	return session_call(client, arguments, call, &reply);
}

#include "cli/status-reader.h"

#include <errno.h>

#include "base/memory.h"
#include "bus/message.h"
#include "bus/names.h"
#include "cli/account-list.h"
#include "cli/record-reader.h"

static int load_manager(
	struct client *client, uint64_t timeout_usec, struct status *status, char **ret_problem) {
	CLEANUP(message_free) DBusMessage *reply = NULL;
	DBusMessage *call =
		message_new_call(BUS_NAME, BUS_PATH, DBUS_INTERFACE_PROPERTIES, "GetAll");
	struct message_writer w;
	message_writer_init(&w, call);
	message_write_string(&w, BUS_INTERFACE_MANAGER);
	int r = client_call(client, call, timeout_usec, &reply, ret_problem);
	if (r < 0)
		return r;
	struct message_reader reader;
	message_reader_init(&reader, reply);
	return record_reader_read(&reader, status->manager) < 0 ? -EBADMSG : 0;
}

int status_reader_load(
	struct client *client, uint64_t timeout_usec, struct status *status, char **ret_problem) {
	int r = load_manager(client, timeout_usec, status, ret_problem);
	if (r == 0)
		r = account_list_load(client, timeout_usec, status, ret_problem);
	if (r == -EBADMSG)
		*ret_problem = memory_strdup("The daemon's answer cannot be understood");
	return r;
}

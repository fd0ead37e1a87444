#include "cli/status-reader.h"

#include <errno.h>

#include "base/memory.h"
#include "bus/message.h"
#include "bus/names.h"
#include "bus/object-path.h"
#include "cli/account-list.h"
#include "cli/exit-code.h"
#include "cli/record-reader.h"
#include "cli/session.h"
#include "config/language.h"

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

/* aa{sv} */
static int read_mailboxes(DBusMessage *reply, struct mailbox_list *mailboxes) {
	struct message_reader r, list;
	message_reader_init(&r, reply);
	if (message_read_enter(&r, DBUS_TYPE_ARRAY, &list) < 0)
		return -EBADMSG;
	while (message_reader_type(&list) != DBUS_TYPE_INVALID)
		if (record_reader_read(&list, mailbox_list_add(mailboxes)) < 0)
			return -EBADMSG;
	return 0;
}

/* An account that went away meanwhile has none. */
static int load_mailboxes(struct client *client, uint64_t timeout_usec, const char *id,
	struct mailbox_list *mailboxes, char **ret_problem) {
	CLEANUP(message_free) DBusMessage *reply = NULL;
	CLEANUP_TEXT char *problem = NULL;
	CLEANUP_TEXT char *path = object_path_from(BUS_PATH_ACCOUNT, id);
	DBusMessage *call =
		message_new_call(BUS_NAME, path, BUS_INTERFACE_ACCOUNT, BUS_METHOD_LIST_MAILBOXES);
	int r = client_call(client, call, timeout_usec, &reply, &problem);
	if (r == -ENOENT)
		return 0;
	if (r == 0)
		return read_mailboxes(reply, mailboxes);
	*ret_problem = TAKE_PTR(problem);
	return r;
}

static int load_selected(struct client *client, uint64_t timeout_usec, const char *const *ids,
	struct status *status, char **ret_problem) {
	int r = 0;
	status_select(status, ids);
	for (size_t i = 0; i < status->n_accounts && r == 0; i++)
		r = load_mailboxes(client, timeout_usec,
			record_text(status->accounts[i], BUS_PROPERTY_ID), &status->mailboxes[i],
			ret_problem);
	return r;
}

int status_reader_load(struct client *client, uint64_t timeout_usec, const char *const *ids,
	struct status *status, char **ret_problem) {
	int r = load_manager(client, timeout_usec, status, ret_problem);
	if (r == 0)
		r = account_list_load(client, timeout_usec, status, ret_problem);
	if (r == 0 && ids && ids[0])
		r = load_selected(client, timeout_usec, ids, status, ret_problem);
	if (r == -EBADMSG)
		*ret_problem = memory_strdup(_("The daemon's answer cannot be understood"));
	return r;
}

int status_reader_ask(
	const struct arguments *arguments, const char *const *ids, struct status *status) {
	CLEANUP(client_free) struct client *client = NULL;
	CLEANUP_TEXT char *problem = NULL;
	int code = session_open(arguments, &client);
	if (code != EXIT_CODE_OK)
		return code;
	int r = status_reader_load(client, SESSION_TIMEOUT_USEC, ids, status, &problem);
	return r < 0 ? session_complain(arguments, r, problem) : EXIT_CODE_OK;
}

#include "cli/account-list.h"

#include <errno.h>

#include "base/macros.h"
#include "base/memory.h"
#include "base/text.h"
#include "bus/message.h"
#include "bus/names.h"
#include "cli/output.h"
#include "cli/record-reader.h"
#include "config/language.h"

#define ACCOUNTS_A_PAGE 500

static DBusMessage *new_call(size_t first) {
	struct message_writer w;
	DBusMessage *call = message_new_call(
		BUS_NAME, BUS_PATH, BUS_INTERFACE_MANAGER, BUS_METHOD_LIST_ACCOUNTS);
	message_writer_init(&w, call);
	message_write_u32(&w, (uint32_t)first);
	message_write_u32(&w, ACCOUNTS_A_PAGE);
	return call;
}

/* a(oa{sv}) u: the accounts of one page, and how many there are in all. */
static int read_page(DBusMessage *reply, struct status *status, uint32_t *ret_total) {
	struct message_reader r, list, entry;
	const char *path;
	message_reader_init(&r, reply);
	if (message_read_enter(&r, DBUS_TYPE_ARRAY, &list) < 0)
		return -EBADMSG;
	while (message_reader_type(&list) != DBUS_TYPE_INVALID)
		if (message_read_enter(&list, DBUS_TYPE_STRUCT, &entry) < 0 ||
			message_read_string(&entry, &path) < 0 ||
			record_reader_read(&entry, status_add_account(status)) < 0)
			return -EBADMSG;
	return message_read_u32(&r, ret_total);
}

int account_list_load(
	struct client *client, uint64_t timeout_usec, struct status *status, char **ret_problem) {
	uint32_t total = 0;
	size_t before;
	do {
		CLEANUP(message_free) DBusMessage *reply = NULL;
		before = status->n_accounts;
		int r = client_call(client, new_call(before), timeout_usec, &reply, ret_problem);
		if (r < 0)
			return r;
		if (read_page(reply, status, &total) < 0)
			return -EBADMSG;
	} while (status->n_accounts > before && status->n_accounts < total);
	return 0;
}

static void warn_of(const struct status *status, const char *id) {
	const char **ids = MEMORY_NEW_ARRAY(const char *, status->n_accounts + 1);
	size_t n = 0;
	for (size_t i = 0; i < status->n_accounts; i++) {
		ids[n] = record_text(status->accounts[i], BUS_PROPERTY_ID);
		n += ids[n] != NULL;
	}
	const char *nearest = text_nearest(id, ids);
	if (nearest)
		output_complain(_("There is no account '%s' now, did you mean '%s'?"), id, nearest);
	else
		output_complain(_("There is no account '%s' now"), id);
	free(ids);
}

void account_list_warn(
	struct client *client, uint64_t timeout_usec, const struct arguments *arguments) {
	CLEANUP(status_free) struct status *status = status_new();
	CLEANUP_TEXT char *problem = NULL;
	const char *id;
	if (!arguments_has(arguments, OPTION_ACCOUNT) ||
		account_list_load(client, timeout_usec, status, &problem) < 0)
		return;
	for (size_t i = 0; (id = arguments_nth_value(arguments, OPTION_ACCOUNT, i)); i++)
		if (!status_has_account(status, id))
			warn_of(status, id);
}

#include <errno.h>
#include <time.h>

#include "base/memory.h"
#include "bus/message.h"
#include "bus/names.h"
#include "cli/exit-code.h"
#include "cli/output.h"
#include "cli/record-reader.h"
#include "cli/session.h"
#include "cli/status.h"
#include "cli/verbs.h"

#define ACCOUNTS_A_PAGE 500

static int complain_about_answer(void) {
	output_complain("The daemon's answer cannot be understood");
	return EXIT_CODE_REFUSED;
}

static int load_manager(
	struct client *client, const struct arguments *arguments, struct status *status) {
	CLEANUP(message_free) DBusMessage *reply = NULL;
	DBusMessage *call =
		message_new_call(BUS_NAME, BUS_PATH, DBUS_INTERFACE_PROPERTIES, "GetAll");
	struct message_writer w;
	message_writer_init(&w, call);
	message_write_string(&w, BUS_INTERFACE_MANAGER);
	int code = session_call(client, arguments, call, &reply);
	if (code != 0)
		return code;
	struct message_reader r;
	message_reader_init(&r, reply);
	return record_reader_read(&r, status->manager) < 0 ? complain_about_answer() : 0;
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

/* In pages: an installation may have more accounts than one message holds. Accounts that come or
 * go in between may be missed or shown twice. */
static int load_accounts(
	struct client *client, const struct arguments *arguments, struct status *status) {
	uint32_t total = 0;
	size_t before;
	do {
		before = status->n_accounts;
		CLEANUP(message_free) DBusMessage *reply = NULL;
		DBusMessage *call = message_new_call(
			BUS_NAME, BUS_PATH, BUS_INTERFACE_MANAGER, BUS_METHOD_LIST_ACCOUNTS);
		struct message_writer w;
		message_writer_init(&w, call);
		message_write_u32(&w, (uint32_t)before);
		message_write_u32(&w, ACCOUNTS_A_PAGE);
		int code = session_call(client, arguments, call, &reply);
		if (code != 0)
			return code;
		if (read_page(reply, status, &total) < 0)
			return complain_about_answer();
	} while (status->n_accounts > before && status->n_accounts < total);
	return 0;
}

/* CLOCK_REALTIME, as the times in the properties are. */
static uint64_t now_usec(void) {
	struct timespec now;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * USEC_PER_SEC + (uint64_t)now.tv_nsec / 1000;
}

int verb_status(const struct arguments *arguments) {
	CLEANUP(client_free) struct client *client = NULL;
	CLEANUP(status_free) struct status *status = status_new();
	int code = session_open(arguments, &client);
	if (code == 0)
		code = load_manager(client, arguments, status);
	if (code == 0)
		code = load_accounts(client, arguments, status);
	if (code != 0)
		return code;

	struct buffer out;
	buffer_init(&out, OUTPUT_MAX);
	if (arguments_has(arguments, OPTION_JSON))
		status_print_json(status, &out);
	else
		status_print_table(status, now_usec(), output_wants_color(), &out);
	int r = output_write(&out);
	buffer_deinit(&out);
	if (r < 0)
		return output_exit_code(r);
	return status_all_online(status) ? EXIT_CODE_OK : EXIT_CODE_NOT_WELL;
}

int verb_status_accounts(const struct arguments *arguments) {
	CLEANUP(client_free) struct client *client = NULL;
	CLEANUP(status_free) struct status *status = status_new();
	int code = session_open(arguments, &client);
	if (code == 0)
		code = load_accounts(client, arguments, status);
	if (code != 0)
		return code;

	struct buffer out;
	buffer_init(&out, OUTPUT_MAX);
	for (size_t i = 0; i < status->n_accounts; i++) {
		const char *id = record_text(status->accounts[i], BUS_PROPERTY_ID);
		if (id)
			(void)buffer_append_format(&out, "%s\n", id);
	}
	int r = output_write(&out);
	buffer_deinit(&out);
	return output_exit_code(r);
}

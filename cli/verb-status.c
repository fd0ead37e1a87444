#include <errno.h>
#include <time.h>

#include "base/memory.h"
#include "bus/message.h"
#include "bus/names.h"
#include "cli/account-list.h"
#include "cli/exit-code.h"
#include "cli/output.h"
#include "cli/record-reader.h"
#include "cli/session.h"
#include "cli/status.h"
#include "cli/verbs.h"

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

static int load_accounts(
	struct client *client, const struct arguments *arguments, struct status *status) {
	CLEANUP_TEXT char *problem = NULL;
	int r = account_list_load(client, SESSION_TIMEOUT_USEC, status, &problem);
	if (r == -EBADMSG)
		return complain_about_answer();
	return r < 0 ? session_complain(arguments, r, problem) : 0;
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

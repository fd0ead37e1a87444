/* Lets accounts rest, and go on. */
#include "base/memory.h"
#include "bus/message.h"
#include "bus/names.h"
#include "bus/object-path.h"
#include "cli/account-list.h"
#include "cli/clock.h"
#include "cli/exit-code.h"
#include "cli/moment.h"
#include "cli/option-value.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "config/language.h"

#include <errno.h>
#include <stdbool.h>

/* What is asked of each account. */
struct request {
	const struct arguments *arguments;
	const char *method;
	bool has_until;
	uint64_t until_usec;
};

static int ask(struct client *client, const struct request *request, const char *account) {
	CLEANUP(message_free) DBusMessage *reply = NULL;
	CLEANUP_TEXT char *path = object_path_from(BUS_PATH_ACCOUNT, account);
	CLEANUP_TEXT char *problem = NULL;
	DBusMessage *call =
		message_new_call(BUS_NAME, path, BUS_INTERFACE_ACCOUNT, request->method);
	struct message_writer w;
	message_writer_init(&w, call);
	if (request->has_until)
		message_write_u64(&w, request->until_usec);
	int r = client_call(client, call, SESSION_TIMEOUT_USEC, &reply, &problem);
	if (r != -ENOENT)
		return r < 0 ? session_complain(request->arguments, r, problem) : EXIT_CODE_OK;
	output_complain(_("There is no account '%s'"), account);
	return EXIT_CODE_REFUSED;
}

static int ask_all(struct client *client, const struct request *request) {
	CLEANUP(status_free) struct status *status = status_new();
	CLEANUP_TEXT char *problem = NULL;
	int r = account_list_load(client, SESSION_TIMEOUT_USEC, status, &problem);
	if (r < 0)
		return session_complain(request->arguments, r, problem);
	int code = EXIT_CODE_OK;
	for (size_t i = 0; i < status->n_accounts && code == EXIT_CODE_OK; i++) {
		const char *id = record_text_or_empty(status->accounts[i], BUS_PROPERTY_ID);
		code = ask(client, request, id);
	}
	return code;
}

static int send_request(const struct request *request) {
	CLEANUP(client_free) struct client *client = NULL;
	const char *const *accounts = arguments_operands(request->arguments);
	int code = session_open(request->arguments, &client);
	if (code == EXIT_CODE_OK && !accounts[0])
		return ask_all(client, request);
	for (; code == EXIT_CODE_OK && *accounts; accounts++)
		code = ask(client, request, *accounts);
	return code;
}

static int parse_until(const struct arguments *arguments, uint64_t *ret_usec) {
	const char *until = arguments_value(arguments, OPTION_UNTIL);
	uint64_t now_usec = clock_realtime_usec(), span_usec = 0;
	if (until && arguments_has(arguments, OPTION_FOR)) {
		output_complain(_("--for and --until do not go together"));
		return EXIT_CODE_USAGE;
	}
	int code = option_value_span(arguments, OPTION_FOR, &span_usec);
	if (code != EXIT_CODE_OK || !until) {
		*ret_usec = span_usec > 0 ? now_usec + span_usec : 0;
		return code;
	}
	if (moment_parse_local(until, now_usec, ret_usec) < 0 || *ret_usec <= now_usec) {
		output_complain(_("--until: '%s' is no time to come, it is one as 14:30 or "
				  "2026-12-24 18:00"),
			until);
		return EXIT_CODE_USAGE;
	}
	return EXIT_CODE_OK;
}

int verb_pause(const struct arguments *arguments) {
	struct request request = {
		.arguments = arguments,
		.method = BUS_METHOD_PAUSE,
		.has_until = true,
	};
	int code = parse_until(arguments, &request.until_usec);
	return code == EXIT_CODE_OK ? send_request(&request) : code;
}

int verb_pause_end(const struct arguments *arguments) {
	return send_request(
		&(struct request){ .arguments = arguments, .method = BUS_METHOD_RESUME });
}

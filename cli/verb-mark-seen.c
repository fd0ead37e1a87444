/* Marks messages as seen, by the daemon of their account. */
#include <string.h>

#include "base/memory.h"
#include "bus/message.h"
#include "bus/names.h"
#include "bus/object-path.h"
#include "cli/exit-code.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/unread-reader.h"
#include "cli/verbs.h"
#include "config/language.h"

/* The contract's limit. */
#define MESSAGES_A_CALL 500

/* Messages that are still to be marked; those of one account go out together. */
struct chosen {
	const struct event **events; /* owned array of borrowed events; NULL: is marked */
	size_t n;
};

static const char *account_of(const struct event *event) {
	return record_text_or_empty(event->keys, BUS_KEY_ACCOUNT);
}

static void choose(struct chosen *c, const struct event *event) {
	c->events = memory_resize(c->events, c->n + 1, sizeof(*c->events));
	c->events[c->n++] = event;
}

/* Nothing is done when one of them is not there. */
static int choose_named(
	struct chosen *c, const struct unread_list *list, const char *const *names) {
	int code = EXIT_CODE_OK;
	for (; *names; names++) {
		const struct event *event = unread_list_find(list, *names);
		if (event) {
			choose(c, event);
			continue;
		}
		output_complain(_("There is no new message '%s', see 'posthorn list'"), *names);
		code = EXIT_CODE_REFUSED;
	}
	return code;
}

/* Takes up to MESSAGES_A_CALL of the account of the first that is left; 0: none is. */
static size_t take_ids(struct chosen *c, const char **ret_ids, const char **ret_account) {
	size_t n = 0;
	for (size_t i = 0; i < c->n && n < MESSAGES_A_CALL; i++) {
		if (!c->events[i] || (n > 0 && strcmp(account_of(c->events[i]), *ret_account) != 0))
			continue;
		*ret_account = account_of(c->events[i]);
		ret_ids[n++] = record_text(c->events[i]->keys, BUS_KEY_ID);
		c->events[i] = NULL;
	}
	ret_ids[n] = NULL;
	return n;
}

/* a{ss}: what came of each. "gone" is what was wanted, nearly. */
static int check_outcomes(DBusMessage *reply) {
	struct message_reader r, list, entry;
	const char *id, *outcome;
	int code = EXIT_CODE_OK;
	message_reader_init(&r, reply);
	if (message_read_enter(&r, DBUS_TYPE_ARRAY, &list) < 0)
		return EXIT_CODE_REFUSED;
	while (message_reader_type(&list) != DBUS_TYPE_INVALID) {
		if (message_read_enter(&list, DBUS_TYPE_DICT_ENTRY, &entry) < 0 ||
			message_read_string(&entry, &id) < 0 ||
			message_read_string(&entry, &outcome) < 0)
			return EXIT_CODE_REFUSED;
		if (strcmp(outcome, "refused") != 0)
			continue;
		output_complain(_("%s: the server did not mark it"), id);
		code = EXIT_CODE_REFUSED;
	}
	return code;
}

static int mark(struct client *client, const struct arguments *arguments, const char *account,
	const char *const *ids) {
	CLEANUP(message_free) DBusMessage *reply = NULL;
	CLEANUP_TEXT char *path = object_path_from(BUS_PATH_ACCOUNT, account);
	DBusMessage *call =
		message_new_call(BUS_NAME, path, BUS_INTERFACE_ACCOUNT, BUS_METHOD_MARK_SEEN);
	struct message_writer w;
	message_writer_init(&w, call);
	message_write_strings(&w, ids);
	int code = session_call(client, arguments, call, &reply);
	return code == EXIT_CODE_OK ? check_outcomes(reply) : code;
}

/* One account that cannot does not keep the others from it. */
static int mark_all(struct chosen *c, const struct arguments *arguments) {
	CLEANUP(client_free) struct client *client = NULL;
	const char *ids[MESSAGES_A_CALL + 1], *account;
	int code = session_open(arguments, &client);
	if (code != EXIT_CODE_OK)
		return code;
	while (take_ids(c, ids, &account) > 0) {
		int r = mark(client, arguments, account, ids);
		code = r != EXIT_CODE_OK ? r : code;
	}
	return code;
}

int verb_mark_seen(const struct arguments *arguments) {
	CLEANUP(unread_list_free) struct unread_list *list = unread_list_new();
	struct chosen chosen = { 0 };
	const char *const *names = arguments_operands(arguments);
	bool takes_all = arguments_has(arguments, OPTION_ALL);
	if (takes_all == !!names[0]) {
		output_complain(_("'mark-seen' needs messages, or --all"));
		return EXIT_CODE_USAGE;
	}
	int code = unread_reader_load(arguments, list);
	if (code == EXIT_CODE_OK && !takes_all)
		code = choose_named(&chosen, list, names);
	const struct event *event = NULL;
	while (code == EXIT_CODE_OK && takes_all && (event = unread_list_next(list, event)))
		choose(&chosen, event);
	if (code == EXIT_CODE_OK)
		code = mark_all(&chosen, arguments);
	free(chosen.events);
	return code;
}

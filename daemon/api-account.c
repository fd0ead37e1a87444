#include "daemon/api-account.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "bus/names.h"
#include "bus/object-path.h"
#include "daemon/account-config.h"
#include "daemon/account.h"
#include "daemon/api-view.h"
#include "daemon/mailbox-list.h"
#include "daemon/marking.h"

/* Indices into the table below: bit i of a change mask is property i. */
enum property {
	PROPERTY_ID,
	PROPERTY_NAME,
	PROPERTY_PROTOCOL,
	PROPERTY_HOST,
	PROPERTY_USER,
	PROPERTY_STATE,
	PROPERTY_REASON,
	PROPERTY_REASON_TEXT,
	PROPERTY_STRATEGY,
	PROPERTY_UNSEEN,
	PROPERTY_TOTAL,
	PROPERTY_LAST_CONTACT,
	PROPERTY_RETRY_AT,
	PROPERTY_COUNT_,
};

static DBusMessage *call_check_now(const struct object_call *call) {
	account_check(call->object);
	return message_new_reply(call->message);
}

/* The error for a call that was not taken. */
static DBusMessage *mark_seen_failed(const struct object_call *call, int error, const char *bad) {
	DBusMessage *m = call->message;
	switch (error) {
	case -EROFS:
		return message_new_error(m, BUS_ERROR_READ_ONLY,
			"the account is configured with ReadOnly=yes: nothing is marked");
	case -EOPNOTSUPP:
		return message_new_error(m, BUS_ERROR_NOT_SUPPORTED,
			"POP3 knows no read and unread messages: nothing can be marked");
	case -ENOENT:
		return message_new_error(m, BUS_ERROR_NO_SUCH_MESSAGE,
			"'%s' is no message of a mailbox that this account watches", bad);
	case -ENOTCONN:
		return message_new_error(
			m, BUS_ERROR_OFFLINE, "the account is not online: nothing was marked");
	default:
		return message_new_error(m, DBUS_ERROR_LIMITS_EXCEEDED,
			"too many messages at once: %d are allowed", MARKING_MAX);
	}
}

static bool is_all_refused(const struct marking *marking) {
	for (size_t i = 0; i < marking->n; i++)
		if (marking->items[i].outcome != MARKING_REFUSED)
			return false;
	return true;
}

static DBusMessage *marked_reply(DBusMessage *call, const struct marking *marking) {
	DBusMessage *reply = message_new_reply(call);
	struct message_writer body, outcomes, entry;
	message_writer_init(&body, reply);
	message_write_open(&body, DBUS_TYPE_ARRAY, "{ss}", &outcomes);
	for (size_t i = 0; i < marking->n; i++) {
		message_write_open(&outcomes, DBUS_TYPE_DICT_ENTRY, NULL, &entry);
		message_write_string(&entry, marking->items[i].id);
		message_write_string(&entry, marking_outcome_to_string(marking->items[i].outcome));
		message_write_close(&outcomes, &entry);
	}
	message_write_close(&body, &outcomes);
	return reply;
}

static void on_marked(void *userdata, const struct marking *marking, int error) {
	struct object_reply *later = userdata;
	DBusMessage *call = object_reply_call(later);
	DBusMessage *reply;
	if (error < 0)
		reply = message_new_error(call, BUS_ERROR_OFFLINE,
			"the connection ended before the server answered: whether the messages "
			"are marked is not known");
	else if (is_all_refused(marking))
		reply = message_new_error(call, BUS_ERROR_REFUSED, "the server refused%s%s",
			text_is_empty(marking->text) ? "" : ": ",
			marking->text ? marking->text : "");
	else
		reply = marked_reply(call, marking);
	object_reply_send(later, reply);
}

/* So many of the ids that are one too many, if they are. */
static size_t read_ids(DBusMessage *call, const char *ids[MARKING_MAX + 1]) {
	struct message_reader arguments, list;
	size_t n = 0;
	message_reader_init(&arguments, call);
	(void)message_read_enter(&arguments, DBUS_TYPE_ARRAY, &list);
	while (n <= MARKING_MAX && message_read_string(&list, &ids[n]) == 0)
		n++;
	return n;
}

static DBusMessage *call_mark_seen(const struct object_call *call) {
	const char *ids[MARKING_MAX + 1];
	size_t n = read_ids(call->message, ids), bad = 0;
	if (n > MARKING_MAX)
		return mark_seen_failed(call, -E2BIG, NULL);
	if (n == 0)
		return marked_reply(call->message, &(struct marking){ 0 });
	struct object_reply *later = object_reply_later(call);
	const struct marking_caller caller = { on_marked, later };
	int r = account_mark_seen(call->object, ids, n, &caller, &bad);
	if (r < 0)
		object_reply_send(later, mark_seen_failed(call, r, ids[bad]));
	return NULL;
}

static DBusMessage *store_failed(const struct object_call *call, int error) {
	return message_new_error(call->message, DBUS_ERROR_FAILED,
		"the state file cannot be written: %s", strerror(-error));
}

static DBusMessage *call_pause(const struct object_call *call) {
	struct message_reader arguments;
	uint64_t until_usec = 0;
	DBusMessage *refused = api_view_refuse(call);
	if (refused)
		return refused;
	message_reader_init(&arguments, call->message);
	(void)message_read_u64(&arguments, &until_usec);
	int r = account_pause(call->object, until_usec);
	if (r == -EINVAL)
		return message_new_error(call->message, DBUS_ERROR_INVALID_ARGS,
			"%" PRIu64 " is not in the future", until_usec);
	if (r < 0)
		return store_failed(call, r);
	return message_new_reply(call->message);
}

static DBusMessage *call_resume(const struct object_call *call) {
	DBusMessage *refused = api_view_refuse(call);
	if (refused)
		return refused;
	int r = account_resume(call->object);
	return r < 0 ? store_failed(call, r) : message_new_reply(call->message);
}

static const char *word_for(enum imap_mailbox_state state) {
	switch (state) {
	case IMAP_MAILBOX_HERE:
		return "here";
	case IMAP_MAILBOX_GONE:
		return "gone";
	case IMAP_MAILBOX_REFUSED:
		return "refused";
	}
	return "";
}

static void write_mailbox(struct message_writer *array, const struct mailbox *mailbox) {
	struct message_writer dict;
	message_write_open_dict(array, &dict);
	message_write_entry_string(&dict, BUS_MAILBOX_NAME, mailbox->name);
	message_write_entry_boolean(&dict, BUS_MAILBOX_WATCHED, mailbox->is_watched);
	message_write_entry_string(&dict, BUS_MAILBOX_STATE, word_for(mailbox->state));
	if (*mailbox->special_use)
		message_write_entry_string(&dict, BUS_MAILBOX_SPECIAL_USE, mailbox->special_use);
	if (mailbox->uidvalidity != 0) {
		message_write_entry_u32(&dict, BUS_KEY_UIDVALIDITY, mailbox->uidvalidity);
		message_write_entry_u32(&dict, BUS_MAILBOX_TOTAL, mailbox->messages);
		message_write_entry_u32(&dict, BUS_MAILBOX_UNSEEN, mailbox->unseen);
	}
	message_write_close(array, &dict);
}

static DBusMessage *call_list_mailboxes(const struct object_call *call) {
	const struct mailbox_list *list = account_mailboxes(call->object);
	DBusMessage *reply = message_new_reply(call->message);
	struct message_writer body, array;
	message_writer_init(&body, reply);
	message_write_open(&body, DBUS_TYPE_ARRAY, "a{sv}", &array);
	for (size_t i = 0; i < list->n && !message_writer_is_full(&array); i++)
		write_mailbox(&array, &list->items[i]);
	message_write_close(&body, &array);
	return reply;
}

static void get_id(void *object, struct message_writer *w) {
	message_write_string(w, account_config(object)->id);
}

static void get_name(void *object, struct message_writer *w) {
	message_write_string(w, account_config(object)->name);
}

static void get_protocol(void *object, struct message_writer *w) {
	message_write_string(w, account_config_protocol(account_config(object)->protocol));
}

static void get_host(void *object, struct message_writer *w) {
	message_write_string(w, account_config(object)->host);
}

static void get_user(void *object, struct message_writer *w) {
	message_write_string(w, account_config(object)->user);
}

static void get_state(void *object, struct message_writer *w) {
	message_write_string(w, account_state_to_string(account_status(object).state));
}

static void get_reason(void *object, struct message_writer *w) {
	message_write_string(w, reason_to_string(account_status(object).reason));
}

static void get_reason_text(void *object, struct message_writer *w) {
	message_write_string(w, account_status(object).reason_text);
}

static void get_strategy(void *object, struct message_writer *w) {
	message_write_string(w, account_status(object).strategy);
}

static void get_unseen(void *object, struct message_writer *w) {
	message_write_u32(w, account_status(object).unseen);
}

static void get_total(void *object, struct message_writer *w) {
	message_write_u32(w, account_status(object).total);
}

static void get_last_contact(void *object, struct message_writer *w) {
	message_write_u64(w, account_status(object).last_contact_usec);
}

static void get_retry_at(void *object, struct message_writer *w) {
	message_write_u64(w, account_status(object).retry_at_usec);
}

char *api_account_path(const struct account *account) {
	return object_path_from(BUS_PATH_ACCOUNT, account_config(account)->id);
}

#define BIT(property) (UINT64_C(1) << (property))

uint64_t api_account_properties(unsigned changed) {
	uint64_t mask = 0;
	if (changed & ACCOUNT_CHANGED_STATE)
		mask |= BIT(PROPERTY_STATE) | BIT(PROPERTY_REASON) | BIT(PROPERTY_REASON_TEXT) |
			BIT(PROPERTY_RETRY_AT);
	if (changed & ACCOUNT_CHANGED_STRATEGY)
		mask |= BIT(PROPERTY_STRATEGY);
	if (changed & ACCOUNT_CHANGED_COUNTS)
		mask |= BIT(PROPERTY_UNSEEN) | BIT(PROPERTY_TOTAL);
	if (changed & ACCOUNT_CHANGED_CONFIG)
		mask |= BIT(PROPERTY_NAME);
	return mask;
}

static const struct object_method methods[] = {
	{ .name = BUS_METHOD_CHECK_NOW, .call = call_check_now },
	{ BUS_METHOD_MARK_SEEN, "as", "message_ids", "a{ss}", "outcomes", call_mark_seen },
	{ BUS_METHOD_PAUSE, "t", "until", NULL, NULL, call_pause },
	{ BUS_METHOD_RESUME, NULL, NULL, NULL, NULL, call_resume },
	{ BUS_METHOD_LIST_MAILBOXES, NULL, NULL, "aa{sv}", "mailboxes", call_list_mailboxes },
};

static const struct object_property properties[] = {
	[PROPERTY_ID] = { BUS_PROPERTY_ID, "s", OBJECT_EMITS_CONST, get_id },
	[PROPERTY_NAME] = { BUS_PROPERTY_NAME, "s", OBJECT_EMITS_CHANGE, get_name },
	[PROPERTY_PROTOCOL] = { BUS_PROPERTY_PROTOCOL, "s", OBJECT_EMITS_CHANGE, get_protocol },
	[PROPERTY_HOST] = { BUS_PROPERTY_HOST, "s", OBJECT_EMITS_CHANGE, get_host },
	[PROPERTY_USER] = { BUS_PROPERTY_USER, "s", OBJECT_EMITS_CHANGE, get_user },
	[PROPERTY_STATE] = { BUS_PROPERTY_STATE, "s", OBJECT_EMITS_CHANGE, get_state },
	[PROPERTY_REASON] = { BUS_PROPERTY_REASON, "s", OBJECT_EMITS_CHANGE, get_reason },
	[PROPERTY_REASON_TEXT] = { BUS_PROPERTY_REASON_TEXT, "s", OBJECT_EMITS_CHANGE,
		get_reason_text },
	[PROPERTY_STRATEGY] = { BUS_PROPERTY_STRATEGY, "s", OBJECT_EMITS_CHANGE, get_strategy },
	[PROPERTY_UNSEEN] = { BUS_PROPERTY_UNSEEN, "u", OBJECT_EMITS_CHANGE, get_unseen },
	[PROPERTY_TOTAL] = { BUS_PROPERTY_TOTAL, "u", OBJECT_EMITS_CHANGE, get_total },
	/* Every line of a server moves it: who shows it asks for it. */
	[PROPERTY_LAST_CONTACT] = { BUS_PROPERTY_LAST_CONTACT, "t", OBJECT_EMITS_NOTHING,
		get_last_contact },
	[PROPERTY_RETRY_AT] = { BUS_PROPERTY_RETRY_AT, "t", OBJECT_EMITS_CHANGE, get_retry_at },
};

_Static_assert(ARRAY_SIZE(properties) == PROPERTY_COUNT_, "a property without a row");

const struct object_interface api_account_interface = {
	.name = BUS_INTERFACE_ACCOUNT,
	.methods = methods,
	.n_methods = ARRAY_SIZE(methods),
	.properties = properties,
	.n_properties = ARRAY_SIZE(properties),
};

void api_account_write(struct message_writer *w, struct account *account) {
	struct message_writer dict;
	message_write_open_dict(w, &dict);
	for (size_t i = 0; i < ARRAY_SIZE(properties); i++) {
		struct message_writer entry, variant;
		message_write_open(&dict, DBUS_TYPE_DICT_ENTRY, NULL, &entry);
		message_write_string(&entry, properties[i].name);
		message_write_open(&entry, DBUS_TYPE_VARIANT, properties[i].signature, &variant);
		properties[i].get(account, &variant);
		message_write_close(&entry, &variant);
		message_write_close(&dict, &entry);
	}
	message_write_close(w, &dict);
}

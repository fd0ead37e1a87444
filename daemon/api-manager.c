#include "daemon/api-manager.h"

#include "base/memory.h"
#include "bus/names.h"
#include "bus/object-path.h"
#include "configuration.h"
#include "daemon/account.h"
#include "daemon/api-event.h"
#include "daemon/api-read.h"
#include "daemon/api-view.h"
#include "daemon/manager.h"
#include "store/store.h"

enum property {
	PROPERTY_VERSION,
	PROPERTY_UNSEEN,
	PROPERTY_ACCOUNTS_ONLINE,
	PROPERTY_ACCOUNTS_FAILED,
	PROPERTY_LAST_SEQUENCE,
	PROPERTY_COUNT_,
};

static DBusMessage *no_such_account(const struct object_call *call, const char *id) {
	return message_new_error(
		call->message, BUS_ERROR_NO_SUCH_ACCOUNT, "there is no account '%s'", id);
}

/* Nobody was asked for by name: a login that was refused waits on. */
static void check_all(const struct api_view *view) {
	struct account *account;
	for (size_t i = 0; (account = api_view_at(view, i)); i++)
		account_refresh(account);
}

/* First all are looked up, then all are checked: an unknown one means that nothing is done. */
static DBusMessage *call_check_now(const struct object_call *call) {
	const struct api_view *view = call->object;
	for (int act = 0; act <= 1; act++) {
		struct message_reader arguments, ids;
		const char *id = NULL;
		size_t n = 0;
		message_reader_init(&arguments, call->message);
		(void)message_read_enter(&arguments, DBUS_TYPE_ARRAY, &ids);
		for (; message_read_string(&ids, &id) == 0; n++) {
			struct account *account = api_view_account(view, id);
			if (!account)
				return no_such_account(call, id);
			if (n == api_view_n_accounts(view))
				return message_new_error(call->message, DBUS_ERROR_LIMITS_EXCEEDED,
					"more Ids than there are accounts");
			if (act)
				account_check(account);
		}
		if (act && n == 0)
			check_all(view);
	}
	return message_new_reply(call->message);
}

static DBusMessage *call_reload(const struct object_call *call) {
	DBusMessage *refused = api_view_refuse(call);
	if (refused)
		return refused;
	manager_reload(((const struct api_view *)call->object)->manager);
	return message_new_reply(call->message);
}

static DBusMessage *call_subscribe(const struct object_call *call) {
	if (object_signals_subscribe(call->server, call->caller) < 0)
		return message_new_error(call->message, DBUS_ERROR_LIMITS_EXCEEDED,
			"there are too many subscribers");
	return message_new_reply(call->message);
}

static DBusMessage *call_unsubscribe(const struct object_call *call) {
	object_signals_unsubscribe(call->server, call->caller);
	return message_new_reply(call->message);
}

static void get_version(void *object, struct message_writer *w) {
	message_write_string(w, POSTHORN_VERSION);
}

static void get_unseen(void *object, struct message_writer *w) {
	message_write_u32(w, api_view_totals(object).unseen);
}

static void get_accounts_online(void *object, struct message_writer *w) {
	message_write_u32(w, api_view_totals(object).n_online);
}

static void get_accounts_failed(void *object, struct message_writer *w) {
	message_write_u32(w, api_view_totals(object).n_failed);
}

static void get_last_sequence(void *object, struct message_writer *w) {
	message_write_u64(w, api_view_last_seq(object));
}

#define BIT(property) (UINT64_C(1) << (property))

uint64_t api_manager_properties(unsigned changed) {
	uint64_t mask = 0;
	if (changed & MANAGER_CHANGED_COUNTS)
		mask |= BIT(PROPERTY_UNSEEN) | BIT(PROPERTY_ACCOUNTS_ONLINE) |
			BIT(PROPERTY_ACCOUNTS_FAILED);
	if (changed & MANAGER_CHANGED_SEQUENCE)
		mask |= BIT(PROPERTY_LAST_SEQUENCE);
	return mask;
}

static const char *signal_of(const struct store_event *event) {
	switch (event->type) {
	case STORE_EVENT_NEW:
		return BUS_SIGNAL_NEW_MAIL;
	case STORE_EVENT_RESET:
		return BUS_SIGNAL_MAILBOX_RESET;
	case STORE_EVENT_RETIRED:
		return BUS_SIGNAL_MAIL_RETIRED;
	}
	return NULL;
}

DBusMessage *api_manager_signal(const struct store_event *event) {
	const char *member = signal_of(event);
	if (!member)
		return NULL;
	CLEANUP_TEXT char *account = object_path_from(BUS_PATH_ACCOUNT, event->account);
	DBusMessage *signal = message_new_signal(BUS_PATH, BUS_INTERFACE_MANAGER, member);
	struct message_writer body;
	message_writer_init(&body, signal);
	message_write_u64(&body, event->seq);
	message_write_path(&body, account);
	api_event_write(&body, event, false);
	return signal;
}

DBusMessage *api_manager_lagged(uint64_t first, uint64_t last) {
	DBusMessage *signal =
		message_new_signal(BUS_PATH, BUS_INTERFACE_MANAGER, BUS_SIGNAL_LAGGED);
	struct message_writer body;
	message_writer_init(&body, signal);
	message_write_u64(&body, first);
	message_write_u64(&body, last);
	return signal;
}

static const struct object_method methods[] = {
	{ BUS_METHOD_READ_EVENTS, "tu", "after limit", "aa{sv}t", "events last", api_read_events },
	{ BUS_METHOD_LIST_ACCOUNTS, "uu", "offset limit", "a(oa{sv})u", "accounts total",
		api_read_accounts },
	{ BUS_METHOD_CHECK_NOW, "as", "account_ids", NULL, NULL, call_check_now },
	{ BUS_METHOD_RELOAD, NULL, NULL, NULL, NULL, call_reload },
	{ BUS_METHOD_SUBSCRIBE, NULL, NULL, NULL, NULL, call_subscribe },
	{ BUS_METHOD_UNSUBSCRIBE, NULL, NULL, NULL, NULL, call_unsubscribe },
};

static const struct object_property properties[] = {
	[PROPERTY_VERSION] = { BUS_PROPERTY_VERSION, "s", OBJECT_EMITS_CONST, get_version },
	[PROPERTY_UNSEEN] = { BUS_PROPERTY_UNSEEN, "u", OBJECT_EMITS_CHANGE, get_unseen },
	[PROPERTY_ACCOUNTS_ONLINE] = { BUS_PROPERTY_ACCOUNTS_ONLINE, "u", OBJECT_EMITS_CHANGE,
		get_accounts_online },
	[PROPERTY_ACCOUNTS_FAILED] = { BUS_PROPERTY_ACCOUNTS_FAILED, "u", OBJECT_EMITS_CHANGE,
		get_accounts_failed },
	[PROPERTY_LAST_SEQUENCE] = { BUS_PROPERTY_LAST_SEQUENCE, "t", OBJECT_EMITS_CHANGE,
		get_last_sequence },
};

_Static_assert(ARRAY_SIZE(properties) == PROPERTY_COUNT_, "a property without a row");

static const struct object_signal signals[] = {
	{ BUS_SIGNAL_NEW_MAIL, "toa{sv}", "seq account message" },
	{ BUS_SIGNAL_MAIL_RETIRED, "toa{sv}", "seq account message" },
	{ BUS_SIGNAL_MAILBOX_RESET, "toa{sv}", "seq account details" },
	{ BUS_SIGNAL_LAGGED, "tt", "first last" },
};

const struct object_interface api_manager_interface = {
	.name = BUS_INTERFACE_MANAGER,
	.methods = methods,
	.n_methods = ARRAY_SIZE(methods),
	.properties = properties,
	.n_properties = ARRAY_SIZE(properties),
	.signals = signals,
	.n_signals = ARRAY_SIZE(signals),
	.is_personal = true,
};

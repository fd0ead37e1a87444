#include "daemon/api-manager.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "bus/names.h"
#include "bus/object-path.h"
#include "configuration.h"
#include "daemon/account.h"
#include "daemon/api-account.h"
#include "daemon/api-event.h"
#include "daemon/manager.h"
#include "store/store.h"

#define PAGE_MAX 1000

enum property {
	PROPERTY_VERSION,
	PROPERTY_UNSEEN,
	PROPERTY_ACCOUNTS_ONLINE,
	PROPERTY_ACCOUNTS_FAILED,
	PROPERTY_LAST_SEQUENCE,
	PROPERTY_COUNT_,
};

static uint32_t page_limit(uint32_t limit) {
	return limit == 0 || limit > PAGE_MAX ? PAGE_MAX : limit;
}

/* One answer of ReadEvents while it grows. */
struct event_page {
	struct message_writer *events;
	uint64_t last;
};

static int event_page_add(const struct store_event *event, void *userdata) {
	struct event_page *page = userdata;
	api_event_write(page->events, event, true);
	page->last = event->seq;
	/* The caller goes on from `last`, so that a page may be short. */
	return message_writer_is_full(page->events) ? 1 : 0;
}

static DBusMessage *read_events_failed(const struct object_call *call, uint64_t after, int error) {
	if (error == -ESTALE)
		return message_new_error(call->message, BUS_ERROR_SEQUENCE_GONE,
			"events behind %" PRIu64 " are not in the log any more; read from 0",
			after);
	return message_new_error(call->message, DBUS_ERROR_FAILED,
		"the event log cannot be read: %s", strerror(-error));
}

static DBusMessage *call_read_events(const struct object_call *call) {
	struct message_reader arguments;
	uint64_t after = 0;
	uint32_t limit = 0;
	message_reader_init(&arguments, call->message);
	(void)message_read_u64(&arguments, &after);
	(void)message_read_u32(&arguments, &limit);

	CLEANUP(message_free) DBusMessage *reply = message_new_reply(call->message);
	struct message_writer body, events;
	message_writer_init(&body, reply);
	message_write_open(&body, DBUS_TYPE_ARRAY, "a{sv}", &events);
	struct event_page page = { .events = &events };
	int r = manager_read_events(call->object, after, page_limit(limit), event_page_add, &page);
	message_write_close(&body, &events);
	if (r < 0)
		return read_events_failed(call, after, r);
	message_write_u64(&body, r > 0 ? page.last : manager_last_seq(call->object));
	return TAKE_PTR(reply);
}

static void write_account(struct message_writer *accounts, struct account *account) {
	CLEANUP_TEXT char *path = api_account_path(account);
	struct message_writer item;
	message_write_open(accounts, DBUS_TYPE_STRUCT, NULL, &item);
	message_write_path(&item, path);
	api_account_write(&item, account);
	message_write_close(accounts, &item);
}

static DBusMessage *call_list_accounts(const struct object_call *call) {
	struct message_reader arguments;
	uint32_t offset = 0, limit = 0;
	message_reader_init(&arguments, call->message);
	(void)message_read_u32(&arguments, &offset);
	(void)message_read_u32(&arguments, &limit);

	DBusMessage *reply = message_new_reply(call->message);
	struct message_writer body, accounts;
	message_writer_init(&body, reply);
	message_write_open(&body, DBUS_TYPE_ARRAY, "(oa{sv})", &accounts);
	struct account *account;
	for (uint32_t i = 0; i < page_limit(limit) && !message_writer_is_full(&accounts) &&
			     (account = manager_account_at(call->object, (size_t)offset + i));
		i++)
		write_account(&accounts, account);
	message_write_close(&body, &accounts);
	message_write_u32(&body, (uint32_t)manager_totals(call->object).n_accounts);
	return reply;
}

static DBusMessage *no_such_account(const struct object_call *call, const char *id) {
	return message_new_error(
		call->message, BUS_ERROR_NO_SUCH_ACCOUNT, "there is no account '%s'", id);
}

/* First all are looked up, then all are checked: an unknown one means that nothing is done. */
static DBusMessage *call_check_now(const struct object_call *call) {
	for (int act = 0; act <= 1; act++) {
		struct message_reader arguments, ids;
		const char *id = NULL;
		size_t n = 0;
		message_reader_init(&arguments, call->message);
		(void)message_read_enter(&arguments, DBUS_TYPE_ARRAY, &ids);
		for (; message_read_string(&ids, &id) == 0; n++) {
			struct account *account = manager_account(call->object, id);
			if (!account)
				return no_such_account(call, id);
			if (act)
				account_check(account);
		}
		if (act && n == 0)
			manager_check_all(call->object);
	}
	return message_new_reply(call->message);
}

static DBusMessage *call_reload(const struct object_call *call) {
	manager_reload(call->object);
	return message_new_reply(call->message);
}

/* Everybody on a session bus hears the signals. */
static DBusMessage *call_subscribe(const struct object_call *call) {
	return message_new_reply(call->message);
}

static void get_version(void *object, struct message_writer *w) {
	message_write_string(w, POSTHORN_VERSION);
}

static void get_unseen(void *object, struct message_writer *w) {
	message_write_u32(w, manager_totals(object).unseen);
}

static void get_accounts_online(void *object, struct message_writer *w) {
	message_write_u32(w, manager_totals(object).n_online);
}

static void get_accounts_failed(void *object, struct message_writer *w) {
	message_write_u32(w, manager_totals(object).n_failed);
}

static void get_last_sequence(void *object, struct message_writer *w) {
	message_write_u64(w, manager_last_seq(object));
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
	{ BUS_METHOD_READ_EVENTS, "tu", "after limit", "aa{sv}t", "events last", call_read_events },
	{ BUS_METHOD_LIST_ACCOUNTS, "uu", "offset limit", "a(oa{sv})u", "accounts total",
		call_list_accounts },
	{ BUS_METHOD_CHECK_NOW, "as", "account_ids", NULL, NULL, call_check_now },
	{ BUS_METHOD_RELOAD, NULL, NULL, NULL, NULL, call_reload },
	{ BUS_METHOD_SUBSCRIBE, NULL, NULL, NULL, NULL, call_subscribe },
	{ BUS_METHOD_UNSUBSCRIBE, NULL, NULL, NULL, NULL, call_subscribe },
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
};

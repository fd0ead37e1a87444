#include "daemon/api-account.h"

#include "base/memory.h"
#include "bus/names.h"
#include "bus/object-path.h"
#include "daemon/account-config.h"
#include "daemon/account.h"

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

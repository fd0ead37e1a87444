#include "bus/online-account.h"

#include "base/macros.h"
#include "bus/message.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define INTERFACE_MAIL "org.gnome.OnlineAccounts.Mail"

struct reading {
	struct online_account account;
	bool is_account, has_mail, mail_is_disabled;
};

/* Properties: of which interface, and where they go. */
static const struct property {
	const char *interface, *name;
	int type;
	size_t offset;
} properties[] = {
	{ ONLINE_ACCOUNT_INTERFACE, "Id", DBUS_TYPE_STRING, offsetof(struct reading, account.id) },
	{ ONLINE_ACCOUNT_INTERFACE, "PresentationIdentity", DBUS_TYPE_STRING,
		offsetof(struct reading, account.name) },
	{ ONLINE_ACCOUNT_INTERFACE, "AttentionNeeded", DBUS_TYPE_BOOLEAN,
		offsetof(struct reading, account.needs_attention) },
	{ ONLINE_ACCOUNT_INTERFACE, "MailDisabled", DBUS_TYPE_BOOLEAN,
		offsetof(struct reading, mail_is_disabled) },
	{ INTERFACE_MAIL, "EmailAddress", DBUS_TYPE_STRING,
		offsetof(struct reading, account.address) },
	{ INTERFACE_MAIL, "ImapSupported", DBUS_TYPE_BOOLEAN, offsetof(struct reading, has_mail) },
	{ INTERFACE_MAIL, "ImapHost", DBUS_TYPE_STRING, offsetof(struct reading, account.host) },
	{ INTERFACE_MAIL, "ImapUserName", DBUS_TYPE_STRING,
		offsetof(struct reading, account.user) },
	{ INTERFACE_MAIL, "ImapUseSsl", DBUS_TYPE_BOOLEAN,
		offsetof(struct reading, account.is_tls) },
	{ INTERFACE_MAIL, "ImapUseTls", DBUS_TYPE_BOOLEAN,
		offsetof(struct reading, account.is_starttls) },
};

static int read_property(struct reading *reading, const char *interface, const char *name,
	struct message_reader *value) {
	for (size_t i = 0; i < ARRAY_SIZE(properties); i++) {
		const struct property *p = &properties[i];
		if (strcmp(p->interface, interface) != 0 || strcmp(p->name, name) != 0)
			continue;
		void *field = (char *)reading + p->offset;
		return p->type == DBUS_TYPE_STRING ? message_read_string(value, field)
						   : message_read_boolean(value, field);
	}
	return 0;
}

/* a{sv} */
static int read_interface(
	struct reading *reading, const char *interface, struct message_reader *entry) {
	struct message_reader dict, value;
	const char *name;
	int r;
	if (message_read_enter(entry, DBUS_TYPE_ARRAY, &dict) < 0)
		return -EBADMSG;
	reading->is_account |= !strcmp(interface, ONLINE_ACCOUNT_INTERFACE);
	reading->account.has_token |= !strcmp(interface, ONLINE_ACCOUNT_INTERFACE_TOKEN);
	reading->account.has_password |= !strcmp(interface, ONLINE_ACCOUNT_INTERFACE_PASSWORD);
	while ((r = message_read_entry(&dict, &name, &value)) > 0)
		if (read_property(reading, interface, name, &value) < 0)
			return -EBADMSG;
	return r;
}

/* a{sa{sv}} */
static int read_object(struct reading *reading, struct message_reader *object) {
	struct message_reader interfaces, entry;
	const char *interface;
	if (message_read_enter(object, DBUS_TYPE_ARRAY, &interfaces) < 0)
		return -EBADMSG;
	while (message_reader_type(&interfaces) != DBUS_TYPE_INVALID)
		if (message_read_enter(&interfaces, DBUS_TYPE_DICT_ENTRY, &entry) < 0 ||
			message_read_string(&entry, &interface) < 0 ||
			read_interface(reading, interface, &entry) < 0)
			return -EBADMSG;
	return 0;
}

DBusMessage *online_account_new_list_call(void) {
	return message_new_call(ONLINE_ACCOUNT_SERVICE, ONLINE_ACCOUNT_ROOT,
		"org.freedesktop.DBus.ObjectManager", "GetManagedObjects");
}

int online_account_read(DBusMessage *reply, online_account_each_fn each, void *userdata) {
	struct message_reader r, objects, object;
	message_reader_init(&r, reply);
	if (message_read_enter(&r, DBUS_TYPE_ARRAY, &objects) < 0)
		return -EBADMSG;
	while (message_reader_type(&objects) != DBUS_TYPE_INVALID) {
		struct reading reading = {
			.account = { .id = "", .name = "", .address = "", .host = "", .user = "" },
		};
		if (message_read_enter(&objects, DBUS_TYPE_DICT_ENTRY, &object) < 0 ||
			message_read_string(&object, &reading.account.path) < 0 ||
			read_object(&reading, &object) < 0)
			return -EBADMSG;
		reading.account.has_imap =
			reading.has_mail && !reading.mail_is_disabled && *reading.account.host;
		if (reading.is_account && *reading.account.id)
			each(&reading.account, userdata);
	}
	return 0;
}

#include "cli/doctor-bus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "bus/client.h"
#include "bus/message.h"
#include "bus/names.h"
#include "bus/secret-message.h"
#include "cli/account-list.h"
#include "cli/doctor-accounts.h"
#include "cli/doctor-host.h"
#include "config/language.h"

/* Somebody looks at the screen; who takes longer than that does not answer. */
#define ANSWER_USEC (5 * USEC_PER_SEC)
#define NOTIFICATIONS_NAME "org.freedesktop.Notifications"
#define NOTIFY_NAME "org.posthorn.Notify1"

/* Releases the call. 0 with an owned reply, or as client_call(). */
static int call(struct client *client, DBusMessage *m, DBusMessage **ret) {
	CLEANUP_TEXT char *problem = NULL;
	return client_call(client, m, ANSWER_USEC, ret, &problem);
}

static bool is_owned(struct client *client, const char *name) {
	CLEANUP(message_free) DBusMessage *reply = NULL;
	struct message_reader r;
	bool owned = false;
	if (call(client, message_new_bus_call("NameHasOwner", name), &reply) < 0)
		return false;
	message_reader_init(&r, reply);
	return message_read_boolean(&r, &owned) == 0 && owned;
}

/* The bus would start it. */
static bool is_activatable(struct client *client, const char *name) {
	CLEANUP(message_free) DBusMessage *reply = NULL;
	struct message_reader r, list;
	const char *found;
	if (call(client, message_new_bus_call("ListActivatableNames", NULL), &reply) < 0)
		return false;
	message_reader_init(&r, reply);
	if (message_read_enter(&r, DBUS_TYPE_ARRAY, &list) < 0)
		return false;
	while (message_read_string(&list, &found) == 0)
		if (strcmp(found, name) == 0)
			return true;
	return false;
}

static void add_no_bus(bool system, const char *problem, struct doctor_report *report) {
	doctor_report_add(report, DOCTOR_PROBLEM, "bus", "%s",
		system ? _("There is no system bus") : _("There is no session bus"));
	doctor_report_about(report, NULL, problem);
	if (system)
		doctor_report_mend(report, "sudo systemctl start dbus.socket");
	else if (!getenv("XDG_RUNTIME_DIR") && !getenv("DBUS_SESSION_BUS_ADDRESS"))
		doctor_report_mend(report, "export XDG_RUNTIME_DIR=/run/user/$(id -u)");
	else
		doctor_report_mend(report, "systemctl --user start dbus.socket");
}

static void add_daemon_failure(bool system, int r, struct doctor_report *report) {
	const char *systemctl = system ? "sudo systemctl" : "systemctl --user";
	if (r == -ESRCH) {
		doctor_report_add(report, DOCTOR_PROBLEM, "daemon",
			_("The daemon does not run: no mailbox is watched"));
		doctor_report_mend(report, "%s enable --now posthornd", systemctl);
	} else if (r == -EACCES) {
		doctor_report_add(report, DOCTOR_PROBLEM, "daemon",
			_("You may not talk to the daemon, only the group 'posthorn' may"));
		doctor_report_mend(report, "sudo adduser $USER posthorn");
	} else {
		doctor_report_add(
			report, DOCTOR_PROBLEM, "daemon", _("The daemon does not answer"));
		doctor_report_mend(report, "%s restart posthornd", systemctl);
	}
}

static void check_daemon(struct client *client, bool system, struct doctor_report *report) {
	CLEANUP(status_free) struct status *status = status_new();
	CLEANUP_TEXT char *problem = NULL;
	int r = account_list_load(client, ANSWER_USEC, status, &problem);
	if (r < 0) {
		add_daemon_failure(system, r, report);
		return;
	}
	doctor_report_add(report, DOCTOR_OK, "daemon", _("The daemon runs and answers"));
	doctor_accounts_check(status, system, report);
}

static void check_notifications(struct client *client, struct doctor_report *report) {
	CLEANUP_TEXT char *unit = NULL;
	if (!is_owned(client, NOTIFICATIONS_NAME) && !is_activatable(client, NOTIFICATIONS_NAME)) {
		doctor_report_add(report, DOCTOR_WARNING, "notifications",
			_("This session has no notification service: nothing can be shown of new "
			  "mail"));
		doctor_report_mend(
			report, _("install and start one, such as dunst; or: posthorn watch"));
		return;
	}
	doctor_report_add(
		report, DOCTOR_OK, "notifications", _("This session has a notification service"));
	if (is_owned(client, NOTIFY_NAME))
		return;
	unit = doctor_host_unit("posthorn-notify.service", false);
	doctor_report_add(report, DOCTOR_WARNING, "notify",
		unit && strcmp(unit, "disabled") == 0
			? _("posthorn-notify is not enabled: new mail is noticed and not shown")
			: _("posthorn-notify does not run: new mail is noticed and not shown"));
	doctor_report_mend(report, "systemctl --user enable --now posthorn-notify");
}

/* What it ignores is a key ring's way to be odd; the accounts that need it say so themselves.
 * 1: locked, 0: open, -ENOENT: there is none yet; else as client_call(). */
static int ask_collection(struct client *client) {
	CLEANUP(message_free) DBusMessage *alias = NULL;
	CLEANUP(message_free) DBusMessage *property = NULL;
	struct message_writer w;
	struct message_reader r, value;
	const char *path;
	bool locked;
	DBusMessage *m = message_new_call(
		SECRET_MESSAGE_NAME, SECRET_MESSAGE_PATH, SECRET_MESSAGE_SERVICE, "ReadAlias");
	message_writer_init(&w, m);
	message_write_string(&w, "default");
	int e = call(client, m, &alias);
	if (e < 0)
		return e;
	message_reader_init(&r, alias);
	if (message_read_string(&r, &path) < 0 || !dbus_validate_path(path, NULL))
		return -EBADMSG;
	if (strcmp(path, "/") == 0)
		return -ENOENT;
	m = message_new_call(SECRET_MESSAGE_NAME, path, DBUS_INTERFACE_PROPERTIES, "Get");
	message_writer_init(&w, m);
	message_write_string(&w, SECRET_MESSAGE_COLLECTION);
	message_write_string(&w, "Locked");
	e = call(client, m, &property);
	if (e < 0)
		return e;
	message_reader_init(&r, property);
	if (message_read_enter(&r, DBUS_TYPE_VARIANT, &value) < 0 ||
		message_read_boolean(&value, &locked) < 0)
		return -EBADMSG;
	return locked;
}

static void check_key_ring(struct client *client, struct doctor_report *report) {
	if (!is_owned(client, SECRET_MESSAGE_NAME)) {
		bool starts = is_activatable(client, SECRET_MESSAGE_NAME);
		doctor_report_add(report, starts ? DOCTOR_OK : DOCTOR_WARNING, "keyring",
			starts ? _("The key ring is started when it is needed")
			       : _("This session has no key ring: PasswordKeyring= finds nothing"));
		if (!starts)
			doctor_report_mend(report, _("install gnome-keyring or KeePassXC, "
						     "or use PasswordFile= instead"));
		return;
	}
	int r = ask_collection(client);
	if (r == 0) {
		doctor_report_add(report, DOCTOR_OK, "keyring", _("The key ring is unlocked"));
		return;
	}
	doctor_report_add(report, DOCTOR_WARNING, "keyring", "%s",
		r > 0          ? _("The key ring is locked: accounts that need it wait")
		: r == -ENOENT ? _("The key ring has no default collection yet")
			       : _("The key ring does not answer as it should"));
	doctor_report_mend(report, "posthorn secret unlock");
}

void doctor_bus_check(bool system, struct doctor_report *report) {
	CLEANUP(client_free) struct client *client = NULL;
	CLEANUP_TEXT char *problem = NULL;
	if (client_open(system, &client, &problem) < 0) {
		add_no_bus(system, problem, report);
		return;
	}
	doctor_report_add(report, DOCTOR_OK, "bus", "%s",
		system ? _("There is a system bus") : _("There is a session bus"));
	check_daemon(client, system, report);
	if (system)
		return;
	check_notifications(client, report);
	check_key_ring(client, report);
}

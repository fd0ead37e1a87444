#pragma once
/* The methods of the Manager that read much, in slices: events of the log, accounts by pages. */
#include <dbus/dbus.h>

struct object_call;

DBusMessage *api_read_events(const struct object_call *call);
DBusMessage *api_read_accounts(const struct object_call *call);

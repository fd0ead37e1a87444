#include "bus/address.h"

#include "base/memory.h"
#include "base/text.h"

#include <dbus/dbus.h>

static char *session_address(void) {
	const char *address = getenv("DBUS_SESSION_BUS_ADDRESS");
	if (!text_is_empty(address))
		return memory_strdup(address);
	const char *directory = getenv("XDG_RUNTIME_DIR");
	if (text_is_empty(directory))
		return NULL;
	char *escaped = dbus_address_escape_value(directory);
	if (!escaped)
		abort();
	char *fallback = memory_format("unix:path=%s/bus", escaped);
	dbus_free(escaped);
	return fallback;
}

char *address_find(bool system) {
	if (!system)
		return session_address();
	const char *address = getenv("DBUS_SYSTEM_BUS_ADDRESS");
	return memory_strdup(
		text_is_empty(address) ? "unix:path=/run/dbus/system_bus_socket" : address);
}

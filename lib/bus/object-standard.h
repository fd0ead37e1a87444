#pragma once
/* The interfaces that every D-Bus object has, on the same tables as our own; and the writing of
 * properties, which object.c needs for its signals. Part of object.c. */
#include "bus/object.h"

/* GetManagedObjects beyond this is refused with a hint at the paged method: some twenty thousand
 * accounts, below what the system bus lets through (32 MiB). */
#define OBJECT_STANDARD_MANAGED_MAX (16 * 1024 * 1024)

/* The standard interfaces of an object, NULL-terminated. A node that is only a parent has
 * Introspectable and Peer. */
const struct object_interface *const *object_standard_interfaces(bool is_object, bool is_root);

const struct object_tree *object_server_tree(const struct object_server *s);

/* a{sv} with the properties whose bit is in `mask`. */
void object_standard_write_properties(struct message_writer *w,
	const struct object_interface *interface, void *object, uint64_t mask);
/* a{sa{sv}}: all properties of all interfaces of an object. */
void object_standard_write_interfaces(struct message_writer *w, const struct object_ref *ref);

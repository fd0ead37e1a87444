#include "bus/object-standard.h"

#include "base/memory.h"
#include "bus/object-introspect.h"

#include <string.h>

/* Writing properties */

static void write_variant(
	struct message_writer *w, const struct object_property *property, void *object) {
	struct message_writer variant;
	message_write_open(w, DBUS_TYPE_VARIANT, property->signature, &variant);
	property->get(object, &variant);
	message_write_close(w, &variant);
}

void object_standard_write_properties(struct message_writer *w,
	const struct object_interface *interface, void *object, uint64_t mask) {
	struct message_writer dict, entry;
	message_write_open_dict(w, &dict);
	for (size_t i = 0; i < interface->n_properties; i++) {
		if (!(mask & UINT64_C(1) << i))
			continue;
		message_write_open(&dict, DBUS_TYPE_DICT_ENTRY, NULL, &entry);
		message_write_string(&entry, interface->properties[i].name);
		write_variant(&entry, &interface->properties[i], object);
		message_write_close(&dict, &entry);
	}
	message_write_close(w, &dict);
}

void object_standard_write_interfaces(struct message_writer *w, const struct object_ref *ref) {
	struct message_writer dict, entry;
	message_write_open(w, DBUS_TYPE_ARRAY, "{sa{sv}}", &dict);
	for (size_t i = 0; ref->interfaces[i]; i++) {
		message_write_open(&dict, DBUS_TYPE_DICT_ENTRY, NULL, &entry);
		message_write_string(&entry, ref->interfaces[i]->name);
		object_standard_write_properties(
			&entry, ref->interfaces[i], ref->object, UINT64_MAX);
		message_write_close(&dict, &entry);
	}
	message_write_close(w, &dict);
}

/* org.freedesktop.DBus.Properties */

static const struct object_interface *find_interface(
	const struct object_call *call, const char *name) {
	for (size_t i = 0; call->interfaces && call->interfaces[i]; i++)
		if (strcmp(call->interfaces[i]->name, name) == 0)
			return call->interfaces[i];
	return NULL;
}

/* The property that the first two arguments name. With an error reply when there is none; an
 * empty interface means any, as the specification allows. */
static const struct object_property *find_property(
	const struct object_call *call, DBusMessage **ret_error) {
	struct message_reader r;
	const char *interface, *name;
	message_reader_init(&r, call->message);
	(void)message_read_string(&r, &interface);
	(void)message_read_string(&r, &name);
	for (size_t i = 0; call->interfaces && call->interfaces[i]; i++) {
		const struct object_interface *candidate = call->interfaces[i];
		if (*interface && strcmp(candidate->name, interface) != 0)
			continue;
		for (size_t k = 0; k < candidate->n_properties; k++)
			if (strcmp(candidate->properties[k].name, name) == 0)
				return &candidate->properties[k];
	}
	if (*interface && !find_interface(call, interface))
		*ret_error = message_new_error(call->message, DBUS_ERROR_UNKNOWN_INTERFACE,
			"%s has no interface %s with properties", call->path, interface);
	else
		*ret_error = message_new_error(call->message, DBUS_ERROR_UNKNOWN_PROPERTY,
			"%s has no property %s", call->path, name);
	return NULL;
}

static DBusMessage *properties_get(const struct object_call *call) {
	DBusMessage *error = NULL;
	const struct object_property *property = find_property(call, &error);
	if (!property)
		return error;
	DBusMessage *reply = message_new_reply(call->message);
	struct message_writer w;
	message_writer_init(&w, reply);
	write_variant(&w, property, call->object);
	return reply;
}

/* Nothing here can be set; which error depends on whether it is there at all. */
static DBusMessage *properties_set(const struct object_call *call) {
	DBusMessage *error = NULL;
	const struct object_property *property = find_property(call, &error);
	if (!property)
		return error;
	return message_new_error(
		call->message, DBUS_ERROR_PROPERTY_READ_ONLY, "%s cannot be set", property->name);
}

static bool is_standard(const char *name) {
	return strncmp(name, "org.freedesktop.DBus.", strlen("org.freedesktop.DBus.")) == 0;
}

static DBusMessage *properties_get_all(const struct object_call *call) {
	struct message_reader r;
	const char *name;
	message_reader_init(&r, call->message);
	(void)message_read_string(&r, &name);
	const struct object_interface *interface = find_interface(call, name);
	if (!interface && !is_standard(name))
		return message_new_error(call->message, DBUS_ERROR_UNKNOWN_INTERFACE,
			"%s has no interface %s", call->path, name);
	static const struct object_interface without_properties = { 0 };
	DBusMessage *reply = message_new_reply(call->message);
	struct message_writer w;
	message_writer_init(&w, reply);
	object_standard_write_properties(
		&w, interface ? interface : &without_properties, call->object, UINT64_MAX);
	return reply;
}

/* The object behind the one at `*last` of those that the caller may see; the path takes the place of the
 * other. False: there is none. */
static bool go_to_next(const struct object_call *call, char **last, struct object_ref *ret) {
	const struct object_tree *tree = object_server_tree(call->server);
	char *path = tree->next(*last, call->caller, ret, tree->userdata);
	free(*last);
	*last = path;
	return path != NULL;
}

/* org.freedesktop.DBus.ObjectManager */

/* Objects in one slice: a thousandth of a second's work. */
#define OBJECTS_A_SLICE 64

/* An answer while it grows. */
struct managed {
	DBusMessage *reply; /* NULL: not begun */
	struct message_writer body;
	struct message_writer objects;
	char *last; /* the path of the last object in it */
};

static void *managed_free(void *job) {
	struct managed *managed = job;
	if (managed->reply) { /* libdbus keeps memory for what was not closed */
		message_write_close(&managed->body, &managed->objects);
		managed->reply = message_free(managed->reply);
	}
	free(managed->last);
	return memory_free(managed);
}

static void managed_begin(struct managed *managed, DBusMessage *call) {
	managed->reply = message_new_reply(call);
	message_writer_init(&managed->body, managed->reply);
	message_write_open(&managed->body, DBUS_TYPE_ARRAY, "{oa{sa{sv}}}", &managed->objects);
}

/* The next object; false: there was none. */
static bool managed_go_on(struct managed *managed, const struct object_call *call) {
	struct object_ref ref;
	struct message_writer entry;
	if (!go_to_next(call, &managed->last, &ref))
		return false;
	message_write_open(&managed->objects, DBUS_TYPE_DICT_ENTRY, NULL, &entry);
	message_write_path(&entry, managed->last);
	object_standard_write_interfaces(&entry, &ref);
	message_write_close(&managed->objects, &entry);
	return true;
}

static DBusMessage *managed_step(const struct object_call *call, void *job) {
	struct managed *managed = job;
	if (!managed->reply)
		managed_begin(managed, call->message);
	bool has_more = true;
	for (unsigned i = 0; i < OBJECTS_A_SLICE && has_more; i++)
		has_more = managed_go_on(managed, call);
	if (message_writer_size(&managed->body) > OBJECT_STANDARD_MANAGED_MAX)
		return message_new_error(call->message, DBUS_ERROR_LIMITS_EXCEEDED,
			"too many objects for one message, ask for pages");
	if (has_more)
		return NULL;
	message_write_close(&managed->body, &managed->objects);
	return TAKE_PTR(managed->reply);
}

static DBusMessage *manager_get_managed_objects(const struct object_call *call) {
	static const struct object_slices slices = { managed_step, managed_free };
	return object_slices_reply(call, &slices, MEMORY_NEW(struct managed));
}

/* org.freedesktop.DBus.Introspectable */

#define CHILDREN_A_SLICE 512

/* The children of a path, while all objects go by. */
struct children {
	struct buffer xml;
	bool has_begun;
	char *last_path; /* of an object */
	char *last; /* objects further down have one child in common */
};

static void *children_free(void *job) {
	struct children *c = job;
	buffer_deinit(&c->xml);
	free(c->last_path);
	free(c->last);
	return memory_free(c);
}

/* The element of `path` right below `parent`; 0: it is not below. */
static size_t element_below(const char *parent, const char *path, const char **ret) {
	size_t n = strcmp(parent, "/") == 0 ? 0 : strlen(parent);
	if (strncmp(path, parent, n) != 0 || path[n] != '/')
		return 0;
	*ret = path + n + 1;
	return strcspn(*ret, "/");
}

static void note_child(struct children *c, const char *parent, const char *path) {
	const char *name;
	size_t n = element_below(parent, path, &name);
	if (n == 0 || (c->last && strlen(c->last) == n && strncmp(c->last, name, n) == 0))
		return;
	free(c->last);
	c->last = memory_strndup(name, n);
	object_introspect_child(&c->xml, name, n);
}

static void introspect_interfaces(
	struct buffer *xml, const struct object_interface *const *interfaces) {
	for (; interfaces && *interfaces; interfaces++)
		object_introspect_interface(xml, *interfaces);
}

static DBusMessage *new_text_reply(DBusMessage *call, struct buffer *xml) {
	DBusMessage *reply = message_new_reply(call);
	struct message_writer w;
	message_writer_init(&w, reply);
	/* ASCII by construction, and longer than the texts of message_write_string() may be. */
	CLEANUP_TEXT char *text = buffer_take_text(xml);
	if (!dbus_message_iter_append_basic(&w.iter, DBUS_TYPE_STRING, &text))
		abort();
	return reply;
}

static void children_begin(struct children *c, const struct object_call *call) {
	const struct object_tree *tree = object_server_tree(call->server);
	bool is_root = strcmp(call->path, tree->root) == 0;
	object_introspect_begin(&c->xml);
	introspect_interfaces(&c->xml, object_standard_interfaces(call->interfaces, is_root));
	introspect_interfaces(&c->xml, call->interfaces);
	note_child(c, call->path, tree->root);
	c->has_begun = true;
}

static bool children_go_on(struct children *c, const struct object_call *call) {
	struct object_ref ref;
	if (!go_to_next(call, &c->last_path, &ref))
		return false;
	note_child(c, call->path, c->last_path);
	return true;
}

static DBusMessage *children_step(const struct object_call *call, void *job) {
	struct children *c = job;
	if (!c->has_begun)
		children_begin(c, call);
	bool has_more = true;
	for (unsigned i = 0; i < CHILDREN_A_SLICE && has_more; i++)
		has_more = children_go_on(c, call);
	if (has_more)
		return NULL;
	object_introspect_end(&c->xml);
	return c->last || call->interfaces
		       ? new_text_reply(call->message, &c->xml)
		       : message_new_error(call->message, DBUS_ERROR_UNKNOWN_OBJECT, "no object %s",
				 call->path);
}

static DBusMessage *introspectable_introspect(const struct object_call *call) {
	static const struct object_slices slices = { children_step, children_free };
	struct children *c = MEMORY_NEW(struct children);
	buffer_init(&c->xml, OBJECT_INTROSPECT_MAX);
	return object_slices_reply(call, &slices, c);
}

/* The tables */

#define STANDARD "org.freedesktop.DBus."

static const struct object_method introspectable_methods[] = {
	{ .name = "Introspect",
		.out = "s",
		.out_names = "xml_data",
		.call = introspectable_introspect },
};
static const struct object_interface introspectable = {
	.name = STANDARD "Introspectable",
	.methods = introspectable_methods,
	.n_methods = ARRAY_SIZE(introspectable_methods),
};

/* Answered inside libdbus, before any of our code; here for the sake of introspection. */
static const struct object_method peer_methods[] = {
	{ .name = "Ping" },
	{ .name = "GetMachineId", .out = "s", .out_names = "machine_uuid" },
};
static const struct object_interface peer = {
	.name = STANDARD "Peer",
	.methods = peer_methods,
	.n_methods = ARRAY_SIZE(peer_methods),
};

static const struct object_method properties_methods[] = {
	{ "Get", "ss", "interface_name property_name", "v", "value", properties_get },
	{ "GetAll", "s", "interface_name", "a{sv}", "props", properties_get_all },
	{ "Set", "ssv", "interface_name property_name value", NULL, NULL, properties_set },
};
static const struct object_signal properties_signals[] = {
	{ "PropertiesChanged", "sa{sv}as",
		"interface_name changed_properties invalidated_properties" },
};
static const struct object_interface properties = {
	.name = STANDARD "Properties",
	.methods = properties_methods,
	.n_methods = ARRAY_SIZE(properties_methods),
	.signals = properties_signals,
	.n_signals = ARRAY_SIZE(properties_signals),
};

static const struct object_method manager_methods[] = {
	{
		.name = "GetManagedObjects",
		.out = "a{oa{sa{sv}}}",
		.out_names = "object_paths_interfaces_and_properties",
		.call = manager_get_managed_objects,
	},
};
static const struct object_signal manager_signals[] = {
	{ "InterfacesAdded", "oa{sa{sv}}", "object_path interfaces_and_properties" },
	{ "InterfacesRemoved", "oas", "object_path interfaces" },
};
static const struct object_interface object_manager = {
	.name = STANDARD "ObjectManager",
	.methods = manager_methods,
	.n_methods = ARRAY_SIZE(manager_methods),
	.signals = manager_signals,
	.n_signals = ARRAY_SIZE(manager_signals),
};

const struct object_interface *const *object_standard_interfaces(bool is_object, bool is_root) {
	static const struct object_interface *const of_node[] = { &introspectable, &peer, NULL };
	static const struct object_interface *const of_object[] = { &introspectable, &peer,
		&properties, NULL };
	static const struct object_interface *const of_root[] = { &introspectable, &peer,
		&properties, &object_manager, NULL };
	if (!is_object)
		return of_node;
	return is_root ? of_root : of_object;
}

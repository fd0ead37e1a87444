#include "bus/object-introspect.h"

#include "base/memory.h"

#include <dbus/dbus.h>
#include <string.h>

void object_introspect_begin(struct buffer *xml) {
	(void)buffer_append_text(xml, DBUS_INTROSPECT_1_0_XML_DOCTYPE_DECL_NODE "<node>\n");
}

void object_introspect_end(struct buffer *xml) {
	(void)buffer_append_text(xml, "</node>\n");
}

void object_introspect_child(struct buffer *xml, const char *name, size_t n) {
	(void)buffer_append_format(xml, " <node name=\"%.*s\"/>\n", (int)n, name);
}

/* The next word of `*names`, "" behind the last. */
static size_t take_word(const char **names, const char **ret_word) {
	const char *from = *names + strspn(*names, " ");
	size_t n = strcspn(from, " ");
	*ret_word = from;
	*names = from + n;
	return n;
}

/* One <arg> for each complete type of the signature. */
static void append_arguments(
	struct buffer *xml, const char *signature, const char *names, const char *direction) {
	if (!signature || !*signature)
		return;
	DBusSignatureIter iter;
	dbus_signature_iter_init(&iter, signature);
	do {
		const char *name;
		size_t n = take_word(&names, &name);
		char *type = dbus_signature_iter_get_signature(&iter);
		if (!type)
			abort();
		(void)buffer_append_format(xml, "   <arg name=\"%.*s\" type=\"%s\"%s/>\n", (int)n,
			name, type, direction);
		dbus_free(type);
	} while (dbus_signature_iter_next(&iter));
}

static void append_method(struct buffer *xml, const struct object_method *method) {
	(void)buffer_append_format(xml, "  <method name=\"%s\">\n", method->name);
	append_arguments(xml, method->in, method->in_names, " direction=\"in\"");
	append_arguments(xml, method->out, method->out_names, " direction=\"out\"");
	(void)buffer_append_text(xml, "  </method>\n");
}

static const char *emits_to_string(enum object_emits emits) {
	switch (emits) {
	case OBJECT_EMITS_CHANGE:
		return "true";
	case OBJECT_EMITS_CONST:
		return "const";
	case OBJECT_EMITS_NOTHING:
		break;
	}
	return "false";
}

static void append_property(struct buffer *xml, const struct object_property *property) {
	(void)buffer_append_format(xml,
		"  <property name=\"%s\" type=\"%s\" access=\"read\">\n"
		"   <annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" "
		"value=\"%s\"/>\n"
		"  </property>\n",
		property->name, property->signature, emits_to_string(property->emits));
}

static void append_signal(struct buffer *xml, const struct object_signal *signal) {
	(void)buffer_append_format(xml, "  <signal name=\"%s\">\n", signal->name);
	append_arguments(xml, signal->signature, signal->names, "");
	(void)buffer_append_text(xml, "  </signal>\n");
}

void object_introspect_interface(struct buffer *xml, const struct object_interface *interface) {
	(void)buffer_append_format(xml, " <interface name=\"%s\">\n", interface->name);
	for (size_t i = 0; i < interface->n_methods; i++)
		append_method(xml, &interface->methods[i]);
	for (size_t i = 0; i < interface->n_properties; i++)
		append_property(xml, &interface->properties[i]);
	for (size_t i = 0; i < interface->n_signals; i++)
		append_signal(xml, &interface->signals[i]);
	(void)buffer_append_text(xml, " </interface>\n");
}

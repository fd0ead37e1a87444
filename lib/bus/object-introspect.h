#pragma once
/* Introspection XML from the tables of object.h. */
#include "base/buffer.h"
#include "bus/object.h"

/* Enough for some ten thousand children; the buffer's cap. */
#define OBJECT_INTROSPECT_MAX (4 * 1024 * 1024)

void object_introspect_begin(struct buffer *xml);
void object_introspect_interface(struct buffer *xml, const struct object_interface *interface);
void object_introspect_child(struct buffer *xml, const char *name, size_t n);
void object_introspect_end(struct buffer *xml);

#include "notify/answers.h"

#include "base/memory.h"
#include "notify/service.h"

/* One question is asked at a time, and one that failed is not followed by another before the service
 * has answered something: so there are never more than two that count. */
#define QUESTIONS_MAX 4

struct answers {
	GDBusConnection *bus;
	guint filter;
	GMutex mutex; /* of what follows: the bus has a thread of its own */
	struct {
		uint32_t serial, number;
	} questions[QUESTIONS_MAX]; /* a ring */
	unsigned last;
};

static void take_question(struct answers *a, GDBusMessage *message) {
	if (g_strcmp0(g_dbus_message_get_member(message), "Notify") ||
		g_strcmp0(g_dbus_message_get_interface(message), SERVICE_NAME))
		return;
	g_mutex_lock(&a->mutex);
	a->last = (a->last + 1) % QUESTIONS_MAX;
	a->questions[a->last].serial = g_dbus_message_get_serial(message);
	a->questions[a->last].number = 0;
	g_mutex_unlock(&a->mutex);
}

static void take_answer(struct answers *a, GDBusMessage *message) {
	GVariant *body = g_dbus_message_get_body(message);
	uint32_t question = g_dbus_message_get_reply_serial(message);

	if (!body || !g_variant_is_of_type(body, G_VARIANT_TYPE("(u)")))
		return;
	g_mutex_lock(&a->mutex);
	for (unsigned i = 0; i < QUESTIONS_MAX; i++)
		if (a->questions[i].serial == question && question > 0)
			g_variant_get(body, "(u)", &a->questions[i].number);
	g_mutex_unlock(&a->mutex);
}

/* In the bus's thread, for every message. */
static GDBusMessage *on_message(
	GDBusConnection *bus, GDBusMessage *message, gboolean is_incoming, gpointer userdata) {
	GDBusMessageType type = g_dbus_message_get_message_type(message);

	if (!is_incoming && type == G_DBUS_MESSAGE_TYPE_METHOD_CALL)
		take_question(userdata, message);
	else if (is_incoming && type == G_DBUS_MESSAGE_TYPE_METHOD_RETURN)
		take_answer(userdata, message);
	return message;
}

/* When no thread of the bus is in on_message() any more. */
static void release(gpointer userdata) {
	struct answers *a = userdata;

	g_mutex_clear(&a->mutex);
	memory_free(a);
}

struct answers *answers_new(GDBusConnection *bus) {
	struct answers *a = MEMORY_NEW(struct answers);

	a->bus = g_object_ref(bus);
	g_mutex_init(&a->mutex);
	a->filter = g_dbus_connection_add_filter(bus, on_message, a, release);
	return a;
}

struct answers *answers_free(struct answers *a) {
	if (!a)
		return NULL;
	GDBusConnection *bus = a->bus;
	g_dbus_connection_remove_filter(bus, a->filter);
	g_object_unref(bus);
	return NULL;
}

uint32_t answers_last_question(struct answers *a) {
	g_mutex_lock(&a->mutex);
	uint32_t serial = a->questions[a->last].serial;
	g_mutex_unlock(&a->mutex);
	return serial;
}

uint32_t answers_find(struct answers *a, uint32_t question) {
	uint32_t number = 0;

	g_mutex_lock(&a->mutex);
	for (unsigned i = 0; i < QUESTIONS_MAX; i++)
		if (a->questions[i].serial == question)
			number = a->questions[i].number;
	g_mutex_unlock(&a->mutex);
	return number;
}

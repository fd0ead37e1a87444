#pragma once
/* The desktop's notification service: whether there is one, what it can do, whether it wants quiet.
 * Nothing of the last one is taken for the next one.
 *
 *              appears, or is            says what
 *              asked to start            it can do
 *     ABSENT ------------------> ASKING -----------> READY ---> a card at a time
 *        ^                        |  ^                 |
 *        +--------- vanishes -----+  +---- a card failed: only who answers gets the next one
 */
#include "base/macros.h"

#include <gio/gio.h>
#include <stdbool.h>
#include <stdint.h>

#define SERVICE_NAME "org.freedesktop.Notifications"
#define SERVICE_PATH "/org/freedesktop/Notifications"

enum service_state {
	SERVICE_ABSENT,
	SERVICE_ASKING,
	SERVICE_READY,
};

struct service_abilities {
	bool actions, body_markup, sound, stack_tag;
	bool forgets_senders; /* who leaves the bus takes his notifications along */
};

struct service_listener {
	void (*on_ready)(void *userdata); /* or its quiet began or ended */
	void (*on_gone)(void *userdata); /* what it showed is not on the screen any more */
	void *userdata;
};

struct service;

struct service *service_new(GDBusConnection *bus, const struct service_listener *listener);
struct service *service_free(struct service *s);
DEFINE_CLEANUP(struct service, service_free);

enum service_state service_state(const struct service *s);
const struct service_abilities *service_abilities(const struct service *s);

/* Do not disturb: it shows no popups at the moment. */
bool service_is_inhibited(const struct service *s);

/* Its unique name; NULL while it is absent. */
const char *service_owner(const struct service *s);

/* There is something to show: the bus starts one where it can, once for each service_allow_start(). */
void service_start(struct service *s);
void service_allow_start(struct service *s);

/* It did not show a card: it is asked again, and nothing is sent to it before the time that
 * service_not_before() says (of g_get_monotonic_time(); grows with each failure). */
void service_failed(struct service *s);
void service_worked(struct service *s);
uint64_t service_not_before(const struct service *s);

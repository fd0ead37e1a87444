#pragma once
/* Whether the screen is locked, as far as anybody says so: logind of our session, or the desktop's
 * screen saver. */
#include "base/macros.h"

#include <gio/gio.h>
#include <stdbool.h>

struct session_lock;

typedef void (*session_lock_changed_fn)(bool is_locked, void *userdata);

/* `bus`: the session's. Called from the loop whenever the answer changes; it is unlocked at first. */
struct session_lock *session_lock_new(
	GDBusConnection *bus, session_lock_changed_fn on_changed, void *userdata);
struct session_lock *session_lock_free(struct session_lock *l);
DEFINE_CLEANUP(struct session_lock, session_lock_free);

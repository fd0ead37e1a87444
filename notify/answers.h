#pragma once
/* What the notification service answers after nobody waits for it any more. libnotify gives up after
 * 25 seconds and forgets its question; the service may have shown the notification all the same, and
 * its number is all by which it can be replaced. So the answers are read as they pass. Used from any
 * thread. */
#include "base/macros.h"

#include <gio/gio.h>
#include <stdint.h>

struct answers;

struct answers *answers_new(GDBusConnection *bus);
struct answers *answers_free(struct answers *a);
DEFINE_CLEANUP(struct answers, answers_free);

/* The question that was sent last: the serial of its message; 0: none was. */
uint32_t answers_last_question(struct answers *a);

/* The number that a question was answered with; 0: it was not, or with an error, or long ago. */
uint32_t answers_find(struct answers *a, uint32_t question);

#pragma once
/* From the reason why an account is not well to what mends it: one table. Pure. */
#include "base/reason.h"
#include "cli/doctor-report.h"

/* How bad a reason is by itself; an account that has given up is a problem whatever the reason. */
enum doctor_mark doctor_advice_mark(enum reason reason);

/* The owned command for account `id`, quoted for a shell where that is needed. REASON_NONE: for a
 * reason that this program does not know. */
char *doctor_advice_format(enum reason reason, const char *id, bool system);

#pragma once
/* What `posthorn doctor` looks at beside the bus: units, configuration, clock, place of the state. */
#include <stdbool.h>

#include "cli/doctor-report.h"

/* What systemd says of a unit, "enabled", "disabled", "masked", ...; owned, NULL where it cannot be
 * asked. */
char *doctor_host_unit(const char *unit, bool system);

void doctor_host_check(bool system, struct doctor_report *report);

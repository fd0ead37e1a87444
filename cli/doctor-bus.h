#pragma once
/* What `posthorn doctor` asks on the bus: the daemon, its accounts, and on a session's bus the
 * notification service and the key ring. Starts nothing. */
#include <stdbool.h>

#include "cli/doctor-report.h"

void doctor_bus_check(bool system, struct doctor_report *report);

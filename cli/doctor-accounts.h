#pragma once
/* What `posthorn doctor` says of the accounts that the daemon lists. Pure. */
#include <stdbool.h>

#include "cli/doctor-report.h"
#include "cli/status.h"

void doctor_accounts_check(const struct status *status, bool system, struct doctor_report *report);

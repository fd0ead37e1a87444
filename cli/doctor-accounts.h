#pragma once
/* The accounts, as the daemon lists them, and what `posthorn doctor` says of them. Pure: the
 * messages are written and read here, and sent by doctor-bus.c. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/message.h"
#include "cli/doctor-report.h"
#include "cli/status.h"

/* ListAccounts for one page. */
DBusMessage *doctor_accounts_new_call(size_t first);

/* Appends the page's accounts. `ret_total`: how many the daemon has in all. -EBADMSG. */
int doctor_accounts_read(DBusMessage *reply, struct status *status, uint32_t *ret_total);

void doctor_accounts_check(const struct status *status, bool system, struct doctor_report *report);

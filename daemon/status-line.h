#pragma once
/* One line for the service manager: "12 accounts: 11 online, 1 failed (work: auth-failed)". */

struct manager;

/* Owned; names two accounts that are not well, and counts the rest. */
char *status_line(struct manager *m);

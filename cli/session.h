#pragma once
/* The way to the daemon, with the complaints and exit codes that every verb shares. */
#include "base/macros.h"
#include "bus/client.h"
#include "cli/arguments.h"

#define SESSION_TIMEOUT_USEC (30 * USEC_PER_SEC)

/* Connects to the bus that the line names. 0, or an exit code after a complaint. */
int session_open(const struct arguments *arguments, struct client **ret);

/* Complains that there is no bus; the exit code that goes with it. */
int session_complain_about_bus(const struct arguments *arguments, const char *problem);

/* Calls and releases `call`. 0 with an owned reply, or an exit code after a complaint. */
int session_call(struct client *client, const struct arguments *arguments, DBusMessage *call,
	DBusMessage **ret_reply);

/* Complains about what client_call() or client_follow() returned, or whoever read the answer (-EBADMSG,
 * `problem` may be NULL); the exit code that goes with it. */
int session_complain(const struct arguments *arguments, int r, const char *problem);

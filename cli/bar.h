#pragma once
/* The state of the mail as a status bar wants it: one line whenever it changes. Pure. */
#include "base/buffer.h"
#include "cli/status.h"

enum bar_format {
	BAR_FORMAT_WAYBAR, /* JSON of its custom module: text, alt, tooltip, class, percentage */
	BAR_FORMAT_I3BLOCKS, /* JSON of interval=persist, format=json */
	BAR_FORMAT_POLYBAR, /* a line with its tags */
	BAR_FORMAT_PLAIN,
};

/* Accounts in a tooltip; more are counted. */
#define BAR_ACCOUNTS_MAX 30

/* `status` is NULL while there is no daemon. One line with its end; text of others is escaped as the
 * bar needs it. */
void bar_print(const struct status *status, enum bar_format format, struct buffer *out);

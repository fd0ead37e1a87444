#pragma once
/* From the daemon's log to the list of what is new and unread. */
#include "cli/arguments.h"
#include "cli/unread-list.h"

/* Events that --account and --mailbox admit. 0, or an exit code after a complaint. */
int unread_reader_load(const struct arguments *arguments, struct unread_list *list);

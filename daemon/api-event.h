#pragma once
/* An event of the log as the contract shows it: keys that are not known are left out. */

#include <stdbool.h>

struct message_writer;
struct store_event;

/* Appends one a{sv}. `with_type` for ReadEvents, where no signal's name tells what it is. */
void api_event_write(struct message_writer *w, const struct store_event *event, bool with_type);

/* "new", "retired", "reset" */
const char *api_event_type(const struct store_event *event);

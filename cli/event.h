#pragma once
/* An event of the log, as a line for people and as a line of JSON; and which events a filter of
 * the command line lets through. Pure. */
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "cli/arguments.h"
#include "cli/record.h"
#include "cli/table.h"

enum event_type {
	EVENT_NEW,
	EVENT_RETIRED,
	EVENT_RESET,
	EVENT_TYPE_COUNT_
};

struct event {
	enum event_type type;
	uint64_t seq;
	const struct record *keys; /* borrowed: the message, or the details of a reset */
};

/* "new", "retired", "reset" */
const char *event_type_to_string(enum event_type type);

/* False for an unknown word. */
bool event_type_from_string(const char *word, enum event_type *ret);

/* One line with its end: local time, account, what happened, sender, subject; or for a reset the
 * mailbox and why. Everything that came from a mail is made printable (text_printable). */
void event_print_line(const struct event *event, bool color, struct buffer *out);

/* A table of new messages: the number, the time, the account, the sender, the subject. */
struct table *event_new_table(void);
void event_add_row(const struct event *event, struct table *table);

/* One object and the end of the line: "type", "seq", then the keys as they came. */
void event_print_json(const struct event *event, struct buffer *out);

/* --account, --mailbox and --type of a command line. */
struct event_filter {
	const struct arguments *arguments; /* borrowed */
	unsigned types; /* 1 << enum event_type */
};

/* -EINVAL: `ret_problem` is an owned sentence. */
int event_filter_parse(
	const struct arguments *arguments, struct event_filter *ret, char **ret_problem);
bool event_filter_admits(const struct event_filter *filter, const struct event *event);

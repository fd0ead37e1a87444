#pragma once
/* Log lines with levels and an account, given to a sink that the program installs. Without a sink
 * nothing is written. Text of a peer must have passed text_printable(); the log functions pass it
 * once more, so that a line is always one line. Never secrets; subjects and addresses never. */
#include <stdarg.h>
#include <stdint.h>

#include "base/macros.h"

/* The numbers are syslog's. */
enum log_level {
	LOG_LEVEL_ERROR = 3, /* someone must act */
	LOG_LEVEL_WARNING = 4, /* something is off, we go on */
	LOG_LEVEL_INFO = 6, /* a change that the user would recognise */
	LOG_LEVEL_DEBUG = 7,
};

/* Their names, as options and settings have them: "error", "warning", "info", "debug", NULL. */
extern const char *const log_level_words[];

/* -EINVAL when it is none of these words. */
int log_level_parse(const char *word, enum log_level *ret);

/* What an administrator looks for: each has a number of its own in the journal, and an explanation. */
enum log_event {
	LOG_EVENT_NONE,
	LOG_EVENT_ACCOUNT_FAILED, /* for a reason that is none of those below */
	LOG_EVENT_ACCOUNT_OFFLINE, /* the way there, or the server */
	LOG_EVENT_ACCOUNT_RECOVERED,
	LOG_EVENT_LOGIN_REFUSED,
	LOG_EVENT_SECRET_FAILED,
	LOG_EVENT_CERTIFICATE_REFUSED,
	LOG_EVENT_INJECTED_DATA,
	LOG_EVENT_THROTTLED,
	LOG_EVENT_MAILBOX_RESET,
	LOG_EVENT_STATE_DAMAGED,
	LOG_EVENT_STATE_FAILED,
	LOG_EVENT_EVENTS_DROPPED,
	LOG_EVENT_UNIT_REFUSED,
	LOG_EVENT_COUNT_
};

/* What a line is about, for who searches by it; NULL and 0: it is not said. */
struct log_fields {
	enum log_event event;
	const char *mailbox;
	const char *reason;
	const char *host;
	uint64_t seq;
};

struct log_line {
	enum log_level level;
	const char *account; /* NULL when the line belongs to none */
	const char *text;
	struct log_fields fields;
};

typedef void (*log_sink_fn)(const struct log_line *line, void *userdata);

void log_set_sink(log_sink_fn sink, void *userdata);
void log_set_level(enum log_level most); /* LOG_LEVEL_INFO unless set */

void log_write(enum log_level level, const char *account, const char *format, ...)
	PRINTF_LIKE(3, 4);

void log_write_fields(enum log_level level, const char *account, const struct log_fields *fields,
	const char *format, ...) PRINTF_LIKE(4, 5);

#define log_error(...) log_write(LOG_LEVEL_ERROR, NULL, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, NULL, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, NULL, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, NULL, __VA_ARGS__)

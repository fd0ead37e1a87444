#pragma once
/* Log lines with levels and an account, given to a sink that the program installs. Without a sink
 * nothing is written. Text of a peer must have passed text_printable(); the log functions pass it
 * once more, so that a line is always one line. Never secrets; subjects and addresses never. */
#include <stdarg.h>

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

struct log_line {
	enum log_level level;
	const char *account; /* NULL when the line belongs to none */
	const char *text;
};

typedef void (*log_sink_fn)(const struct log_line *line, void *userdata);

void log_set_sink(log_sink_fn sink, void *userdata);
void log_set_level(enum log_level most); /* LOG_LEVEL_INFO unless set */

void log_write(enum log_level level, const char *account, const char *format, ...)
	PRINTF_LIKE(3, 4);

#define log_error(...) log_write(LOG_LEVEL_ERROR, NULL, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, NULL, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, NULL, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, NULL, __VA_ARGS__)

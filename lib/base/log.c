#include "base/log.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* The one global that changes: who logs should not have to carry the sink through every call. It is
 * set once, before the loop runs. */
static struct {
	log_sink_fn sink;
	void *userdata;
	enum log_level most;
} state = { .most = LOG_LEVEL_INFO };

const char *const log_level_words[] = { "error", "warning", "info", "debug", NULL };

int log_level_parse(const char *word, enum log_level *ret) {
	static const enum log_level levels[] = { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO,
		LOG_LEVEL_DEBUG };
	for (size_t i = 0; log_level_words[i]; i++)
		if (!strcmp(log_level_words[i], word)) {
			*ret = levels[i];
			return 0;
		}
	return -EINVAL;
}

void log_set_sink(log_sink_fn sink, void *userdata) {
	state.sink = sink;
	state.userdata = userdata;
}

void log_set_level(enum log_level most) {
	state.most = most;
}

PRINTF_LIKE(2, 0)
static void give(struct log_line *line, const char *format, va_list arguments) {
	CLEANUP_TEXT char *raw = memory_vformat(format, arguments);
	CLEANUP_TEXT char *text = text_printable(raw);
	line->text = text;
	state.sink(line, state.userdata);
}

void log_write(enum log_level level, const char *account, const char *format, ...) {
	if (!state.sink || level > state.most)
		return;
	struct log_line line = { .level = level, .account = account };
	va_list arguments;
	va_start(arguments, format);
	give(&line, format, arguments);
	va_end(arguments);
}

void log_write_fields(enum log_level level, const char *account, const struct log_fields *fields,
	const char *format, ...) {
	if (!state.sink || level > state.most)
		return;
	struct log_line line = { .level = level, .account = account, .fields = *fields };
	va_list arguments;
	va_start(arguments, format);
	give(&line, format, arguments);
	va_end(arguments);
}

#include "config/config-messages.h"

#include <stdarg.h>

#include "base/memory.h"
#include "base/text.h"

void config_messages_deinit(struct config_messages *messages) {
	for (size_t i = 0; i < messages->n; i++)
		free(messages->items[i].text);
	free(messages->items);
	*messages = (struct config_messages){ 0 };
}

static const char *config_messages_store(
	struct config_messages *messages, bool is_error, char *text) {
	if (messages->n == 0)
		messages->items = MEMORY_NEW_ARRAY(struct config_message, CONFIG_MESSAGES_MAX);
	messages->items[messages->n++] =
		(struct config_message){ .is_error = is_error, .text = text };
	return text;
}

const char *config_messages_add(struct config_messages *messages, bool is_error, const char *file,
	unsigned line, const char *format, ...) {
	if (is_error)
		messages->n_errors++;
	if (messages->n == CONFIG_MESSAGES_MAX) {
		messages->n_left_out++;
		return messages->items[messages->n - 1].text;
	}
	va_list arguments;
	va_start(arguments, format);
	CLEANUP_TEXT char *what = memory_vformat(format, arguments);
	va_end(arguments);
	CLEANUP_TEXT char *whole = line ? memory_format("%s:%u: %s", file, line, what)
					: memory_format("%s: %s", file, what);
	return config_messages_store(messages, is_error, text_printable(whole));
}

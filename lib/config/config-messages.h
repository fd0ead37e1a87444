#pragma once
/* Complaints about the configuration, each with file and line, collected in order. */
#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"

/* A hostile or hopeless file does not fill memory: the rest is counted. */
#define CONFIG_MESSAGES_MAX 200

struct config_message {
	bool is_error; /* the account cannot run; else a warning */
	char *text; /* "FILE:LINE: what is wrong", printable */
};

struct config_messages {
	struct config_message *items;
	size_t n;
	size_t n_errors;
	size_t n_left_out;
};

void config_messages_deinit(struct config_messages *messages);

/* `line` 0: the complaint is about the file as a whole. Returns the text, borrowed. */
const char *config_messages_add(struct config_messages *messages, bool is_error, const char *file,
	unsigned line, const char *format, ...) PRINTF_LIKE(5, 6);

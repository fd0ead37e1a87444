/* Writes each line of hexadecimal bytes on stdin as one JSON object; read-json.py reads it back with
 * a decoder and a parser that are not ours. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"

static size_t decode_hex(char *line) {
	size_t n = strcspn(line, "\n") / 2;
	for (size_t i = 0; i < n; i++) {
		const char digits[] = { line[2 * i], line[2 * i + 1], '\0' };
		line[i] = (char)strtoul(digits, NULL, 16);
	}
	return n;
}

int main(void) {
	char *line = NULL;
	size_t allocated = 0;
	while (getline(&line, &allocated, stdin) > 0) {
		size_t n = decode_hex(line);
		CLEANUP_TEXT char *valid = text_utf8(line, n, SIZE_MAX);
		CLEANUP_TEXT char *printable = text_printable(valid);
		struct buffer out;
		struct json_writer w;
		buffer_init(&out, 1024 * 1024);
		json_init(&w, &out);
		json_begin_object(&w);
		json_key(&w, "text");
		json_string(&w, valid);
		json_key(&w, "printable");
		json_string(&w, printable);
		json_end_object(&w);
		CLEANUP_TEXT char *json = buffer_take_text(&out);
		puts(json);
	}
	free(line);
	return EXIT_SUCCESS;
}

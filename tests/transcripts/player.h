#pragma once
/* Plays transcripts against an engine: each one whole, byte by byte, and with everything that the
 * server sends at once cut in two, at every place.
 * What comes out must not depend on the cuts. */
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/macros.h"

/* What the clock of the first tick() shows. */
#define PLAYER_BEGIN_USEC USEC_PER_HOUR

/* The verbs of an engine. new() gets the text of the "login" line, "" when there is none; watch()
 * and mark() that of a "watch" and of a "mark" line, as often as there is one; next() appends its event as one line without
 * end. */
struct player_engine {
	void *(*new)(const char *settings);
	void (*watch)(void *session, const char *settings);
	void *(*free)(void *session);
	int (*next)(void *session, struct buffer *ret_text);
	void (*feed)(void *session, const void *bytes, size_t n);
	size_t (*output)(void *session, const uint8_t **ret_bytes);
	void (*sent)(void *session, size_t n);
	uint64_t (*deadline)(const void *session);
	void (*tick)(void *session, uint64_t now_usec);
	void (*secured)(void *session);
	void (*check)(void *session);
	void (*logout)(void *session);
	void (*mark)(void *session, const char *settings); /* NULL: cannot */
};

/* Prints TAP. The exit status for main(), whose arguments are files. */
int player_main(const struct player_engine *engine, int argc, char **argv);

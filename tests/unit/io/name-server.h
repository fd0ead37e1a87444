#pragma once
/* A name server on a loopback port, in the loop of the test. It knows a table of names and counts
 * what it is asked. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/macros.h"

enum name_answer {
	NAME_ADDRESSES,
	NAME_UNKNOWN, /* NXDOMAIN */
	NAME_FAILURE, /* SERVFAIL */
	NAME_SILENCE,
	NAME_GARBAGE,
};

struct name_entry {
	const char *name; /* NULL ends the table */
	enum name_answer answer;
	const char *v4; /* one address; NULL: none */
	const char *v6;
};

/* An answer section of another type. */
struct name_records {
	const char *name; /* NULL ends the table */
	uint8_t n; /* records */
	const char *bytes; /* each begins with the question's name: C0 0C */
	size_t n_bytes;
};

struct name_server {
	sd_event_source *io;
	const struct name_entry *table;
	const struct name_records *records; /* NULL: none; set by the test */
	char address[32]; /* "127.0.0.1:12345" */
	unsigned n_asked;
};

/* The table is borrowed. A name that is not in it is unknown. */
struct name_server *name_server_new(sd_event *loop, const struct name_entry *table);
struct name_server *name_server_free(struct name_server *s);
DEFINE_CLEANUP(struct name_server, name_server_free);

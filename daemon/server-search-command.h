#pragma once
/* posthornd --find-server: where the mail of an address is to be had, on standard output. */
#include <stdbool.h>

struct server_search_command {
	const char *address;
	bool json; /* one JSON object a line, one line a server */
	bool is_offline; /* by our own table alone */
	bool asks_others;
};

/* The exit code: 0 when a server was found, 1 when none was, 2 when that is no address. */
int server_search_command_run(const struct server_search_command *command);

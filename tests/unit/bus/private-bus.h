#pragma once
/* A dbus-daemon of the test's own in a temporary directory: a session bus that activates nothing.
 * It can be stopped, started again at the same address, and held by SIGSTOP. */
#include <stdbool.h>
#include <sys/types.h>

struct private_bus {
	char directory[64];
	char address[128];
	pid_t pid; /* 0: not running */
};

/* `limits`: more elements for the configuration, such as <limit>; may be "". The bus is started. */
void private_bus_init(struct private_bus *b, const char *limits);
void private_bus_deinit(struct private_bus *b);

void private_bus_start(struct private_bus *b);
void private_bus_stop(struct private_bus *b);

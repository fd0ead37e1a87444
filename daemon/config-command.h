#pragma once
/* --check-config and --show-config: the configuration read, and nothing else done. */
struct options;

/* Both return the program's exit status. */
int config_command_check(const struct options *options);
int config_command_show(const struct options *options);

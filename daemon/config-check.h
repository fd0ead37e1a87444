#pragma once
/* What can be wrong with a good configuration on this machine: the files and programs that its keys
 * name. Looked at when the user asks, not at a reload: there they are read when they are needed. */
struct config;

/* Adds to the configuration's messages, each with the line that names the file, and to the problems
 * of accounts. The configuration
 * must have been loaded with its sources. */
void config_check_files(struct config *config);

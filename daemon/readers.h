#pragma once
/* Who may see an account on a bus that all users of a machine are on: the users and groups of
 * Readers=, as numbers. Names are looked up when the configuration is read, since the system's list of
 * users may be far away; who is in a group is the bus's word about each connection. */
#include <stdbool.h>
#include <stdint.h>

struct caller;
struct readers;

/* NULL or a sentence: lines of words, "ada 1000 @staff @100". */
char *readers_check(const char *line);

/* NULL for no lines, or none of use. `unknown` is called for each name that the system does not have. */
struct readers *readers_new(
	char *const *lines, void (*unknown)(const char *word, void *userdata), void *userdata);
struct readers *readers_free(struct readers *readers);

/* Named by its user or by one of its groups. Root and the service itself see everything. */
bool readers_have(const struct readers *readers, const struct caller *caller);

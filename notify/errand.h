#pragma once
/* Runs a program for a click: argv without a shell, the token by which its window may come to the
 * front, and in the end what went wrong, if anything did. Under systemd the program gets a unit of its
 * own: ours may not do what a mail client has to. */
#include "base/macros.h"

#include <gio/gio.h>

/* `problem`: NULL, or why it failed (text of others). The errand frees itself after it. */
typedef void (*errand_done_fn)(const char *problem, void *userdata);

/* `argv` is NULL-terminated; `token` may be NULL. `done` is called once, from the loop, unless it is
 * cancelled before: then `userdata` is not used any more. The program runs on. */
void errand_run(const char *const *argv, const char *token, GCancellable *cancellable,
	errand_done_fn done, void *userdata);

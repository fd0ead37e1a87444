#pragma once
/* posthornd as a child of ours: it knows best what a configuration means and whether an account
 * works, also where no daemon runs. $POSTHORN_DAEMON names another one. */

/* $POSTHORN_DAEMON, or the one that was installed with us. Borrowed. */
const char *daemon_program_path(void);

/* Words behind the program's name, NULL-terminated. What it prints goes where ours goes. The exit
 * code: its own, or EXIT_CODE_UNAVAILABLE after a complaint. */
int daemon_program_run(const char *const *words);

/* The same, but what it prints is kept: owned text, cut at 64 KiB. *ret is set whatever the exit code
 * is. */
int daemon_program_read(const char *const *words, char **ret);

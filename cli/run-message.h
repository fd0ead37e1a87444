#pragma once
/* How `posthorn run` tells its program what came: in the environment, and as JSON. Pure. */
#include <stddef.h>

#include "base/buffer.h"
#include "cli/event.h"
#include "cli/run-queue.h"

/* Of one value, cut between two characters; the JSON is whole. */
#define RUN_MESSAGE_VALUE_MAX 4096
/* Keys beyond that are in the JSON only. */
#define RUN_MESSAGE_KEYS_MAX 100

/* The environment `inherited` without what speaks to us alone (sd_notify, sockets, the variables of a
 * message), and for each key on which all events of the job agree POSTHORN_KEY: _SUBJECT,
 * _ACCOUNT, ...; _SEQ is the number of the last one. Control characters but the line's end between
 * the texts of a list become U+FFFD: a script may show a value, or take it for a line. Ends with
 * NULL; owned: words_free(). */
char **run_message_environment(char *const *inherited, const struct run_job *job);

/* One object a line for each event, as `watch --json` prints them. */
void run_message_input(const struct run_job *job, struct buffer *out);

#pragma once
/* The verbs of the program and the table of them. Each function asks the daemon, prints, and
 * returns the exit code. */
#include "cli/arguments.h"

int verb_status(const struct arguments *arguments);
int verb_watch(const struct arguments *arguments);
int verb_watch_one(const struct arguments *arguments);
int verb_run(const struct arguments *arguments);
int verb_waybar(const struct arguments *arguments);
int verb_list(const struct arguments *arguments);
int verb_open(const struct arguments *arguments);
int verb_mark_seen(const struct arguments *arguments);
int verb_pause(const struct arguments *arguments);
int verb_pause_end(const struct arguments *arguments);
int verb_check(const struct arguments *arguments);
int verb_config(const struct arguments *arguments);
int verb_account(const struct arguments *arguments);
int verb_secret(const struct arguments *arguments);
int verb_doctor(const struct arguments *arguments);
int verb_metrics(const struct arguments *arguments);

extern const struct grammar verbs_grammar;

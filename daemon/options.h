#pragma once
/* What the command line and the environment say: mode, folders, files. */
#include <stdbool.h>

#include "base/log.h"

#define OPTIONS_FOLDERS_MAX 16

struct options {
	bool is_system; /* system bus and /etc/posthorn; else session bus and the user's folders */
	bool check_config; /* read, complain, end */
	char *test_account; /* try this one, report, end; or NULL */
	bool waits_for_push; /* and the trial waits for a message */
	bool json; /* what is printed is for programs */
	enum log_level log_level;
	bool has_log_level; /* given, so that posthorn.conf has no say */
	char *config_folders[OPTIONS_FOLDERS_MAX + 1]; /* first one wins; NULL-terminated */
	char *state_path; /* the store's file */
};

/* 1: go on; 0: --help or --version was printed, end well; -EINVAL: complained on stderr. */
int options_parse(struct options *options, int argc, char **argv);
void options_deinit(struct options *options);

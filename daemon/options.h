#pragma once
/* What the command line and the environment say: mode, folders, files. */
#include <stdbool.h>

#include "base/log.h"
#include "config/config-folders.h"

enum options_command {
	OPTIONS_RUN,
	OPTIONS_CHECK_CONFIG, /* read, complain, end */
	OPTIONS_SHOW_CONFIG, /* read, print what holds, end */
	OPTIONS_TEST_ACCOUNT, /* try one, report, end */
	OPTIONS_FETCH_TICKET, /* of Kerberos; end */
	OPTIONS_FIND_SERVER, /* of an address; end */
};

struct options {
	bool is_system; /* system bus and /etc/posthorn; else session bus and the user's folders */
	enum options_command command;
	const char *show_account; /* NULL: all; borrowed from the command line */
	bool show_origins;
	char *test_account;
	const char *fetch_ticket; /* "imap@host"; borrowed from the command line */
	const char *find_server; /* an address; borrowed from the command line */
	bool is_offline; /* no server is asked for one */
	bool asks_others; /* third parties are */
	bool waits_for_push; /* the trial waits for a message */
	bool json; /* what is printed is for programs */
	enum log_level log_level;
	bool has_log_level; /* given, so that posthorn.conf has no say */
	char *config_folders[CONFIG_FOLDERS_MAX + 1]; /* first one wins; NULL-terminated */
	char *state_path; /* the store's file */
};

/* 1: go on; 0: --help or --version was printed, end well; -EINVAL: complained on stderr. */
int options_parse(struct options *options, int argc, char **argv);
void options_deinit(struct options *options);

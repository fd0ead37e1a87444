#include "daemon/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/memory.h"
#include "base/text.h"
#include "configuration.h"
#include "daemon/complaint.h"

static const char help[] =
	"posthornd [OPTIONS...]\n"
	"\n"
	"Watches mailboxes over IMAP and POP3 and publishes every new message on D-Bus.\n"
	"\n"
	"  --user              run for this user: session bus, folders of the user (default)\n"
	"  --system            run for the machine: system bus, " POSTHORN_SYSCONFDIR "\n"
	"                      (default in a system unit)\n"
	"  --config DIR        read the configuration from DIR alone\n"
	"  --state DIR         keep posthorn.db in DIR\n"
	"  --check-config      read the configuration, say what is wrong with it, and end\n"
	"  --show-config [ACCOUNT]\n"
	"                      print the settings that hold, of all accounts or of one, and end\n"
	"  --origin            with --show-config: where each of them comes from\n"
	"  --test-account ID   try one account, say what was found, and end\n"
	"  --push              with --test-account: wait until a message has come\n"
	"  --find-server ADDRESS\n"
	"                      say where the mail of an address is to be had, and end\n"
	"  --offline           with --find-server: ask nobody\n"
	"  --ask-others        with --find-server: ask third parties too, who learn the domain\n"
	"  --json              print JSON, with the options above that print\n"
	"  --fetch-ticket NAME get a Kerberos ticket for SERVICE@HOST, and end\n"
	"  --log-level LEVEL   error, warning, info or debug, whatever LogLevel= says\n"
	"  -h, --help          show this\n"
	"      --version       show the version\n"
	"\n"
	"SIGHUP reads the configuration again. See posthornd(8) and posthorn.conf(5).\n";

enum option_code {
	OPTION_USER = 256,
	OPTION_SYSTEM,
	OPTION_CONFIG,
	OPTION_STATE,
	OPTION_CHECK_CONFIG,
	OPTION_SHOW_CONFIG,
	OPTION_ORIGIN,
	OPTION_TEST_ACCOUNT,
	OPTION_PUSH,
	OPTION_JSON,
	OPTION_FETCH_TICKET,
	OPTION_FIND_SERVER,
	OPTION_OFFLINE,
	OPTION_ASK_OTHERS,
	OPTION_LOG_LEVEL,
	OPTION_VERSION,
};

static const struct option long_options[] = {
	{ "user", no_argument, NULL, OPTION_USER },
	{ "system", no_argument, NULL, OPTION_SYSTEM },
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "state", required_argument, NULL, OPTION_STATE },
	{ "check-config", no_argument, NULL, OPTION_CHECK_CONFIG },
	{ "show-config", no_argument, NULL, OPTION_SHOW_CONFIG },
	{ "origin", no_argument, NULL, OPTION_ORIGIN },
	{ "test-account", required_argument, NULL, OPTION_TEST_ACCOUNT },
	{ "push", no_argument, NULL, OPTION_PUSH },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "fetch-ticket", required_argument, NULL, OPTION_FETCH_TICKET },
	{ "find-server", required_argument, NULL, OPTION_FIND_SERVER },
	{ "offline", no_argument, NULL, OPTION_OFFLINE },
	{ "ask-others", no_argument, NULL, OPTION_ASK_OTHERS },
	{ "log-level", required_argument, NULL, OPTION_LOG_LEVEL },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL, 0, NULL, 0 },
};

/* A variable with an absolute path; anything else is ignored, as the XDG specification demands. */
static const char *absolute_variable(const char *name) {
	const char *value = getenv(name);
	return value && value[0] == '/' ? value : NULL;
}

static void options_default_folders(struct options *options) {
	if (options->is_system) {
		options->config_folders[0] = memory_strdup(POSTHORN_SYSCONFDIR);
		options->config_folders[1] = memory_strdup("/run/posthorn");
		options->config_folders[2] = memory_strdup(POSTHORN_VENDORDIR);
		return;
	}
	char **folders = config_folders_of_user(POSTHORN_VENDORDIR);
	for (size_t i = 0; folders[i]; i++)
		options->config_folders[i] = TAKE_PTR(folders[i]);
	free(folders);
}

/* The first folder of $STATE_DIRECTORY, which may name several with colons between them. */
static char *system_state_folder(void) {
	const char *folders = absolute_variable("STATE_DIRECTORY");
	return folders ? memory_strndup(folders, strcspn(folders, ":"))
		       : memory_strdup("/var/lib/posthorn");
}

static int options_default_state(struct options *options) {
	/* A user unit's StateDirectory= changed its meaning with systemd 254: the user's state is
	 * where XDG says, whatever the unit. */
	CLEANUP_TEXT char *folder = options->is_system
					    ? system_state_folder()
					    : config_folders_home("XDG_STATE_HOME", ".local/state");
	if (!folder) {
		complaint_print("neither $XDG_STATE_HOME nor $HOME is set; use --state DIR");
		return -EINVAL;
	}
	options->state_path = memory_format("%s/posthorn.db", folder);
	return 0;
}

static int options_parse_level(struct options *options, const char *word) {
	options->has_log_level = log_level_parse(word, &options->log_level) == 0;
	if (options->has_log_level)
		return 1;
	complaint_print("--log-level: '%s' is none of error, warning, info, debug", word);
	return -EINVAL;
}

/* Anything that the service manager started outside a user's session is a system service. */
static bool is_system_unit(void) {
	return getenv("INVOCATION_ID") && !getenv("XDG_RUNTIME_DIR");
}

/* 1: go on; 0: done; -EINVAL. */
static int options_take(struct options *options, int option, const char *argument) {
	switch (option) {
	case OPTION_USER:
		options->is_system = false;
		return 1;
	case OPTION_SYSTEM:
		options->is_system = true;
		return 1;
	case OPTION_CONFIG:
		free(options->config_folders[0]);
		options->config_folders[0] = memory_strdup(argument);
		return 1;
	case OPTION_STATE:
		free(options->state_path);
		options->state_path = memory_format("%s/posthorn.db", argument);
		return 1;
	case OPTION_CHECK_CONFIG:
		options->command = OPTIONS_CHECK_CONFIG;
		return 1;
	case OPTION_SHOW_CONFIG:
		options->command = OPTIONS_SHOW_CONFIG;
		return 1;
	case OPTION_ORIGIN:
		options->show_origins = true;
		return 1;
	case OPTION_TEST_ACCOUNT:
		options->command = OPTIONS_TEST_ACCOUNT;
		free(options->test_account);
		options->test_account = memory_strdup(argument);
		return 1;
	case OPTION_FETCH_TICKET:
		options->command = OPTIONS_FETCH_TICKET;
		options->fetch_ticket = argument;
		return 1;
	case OPTION_FIND_SERVER:
		options->command = OPTIONS_FIND_SERVER;
		options->find_server = argument;
		return 1;
	case OPTION_OFFLINE:
		options->is_offline = true;
		return 1;
	case OPTION_ASK_OTHERS:
		options->asks_others = true;
		return 1;
	case OPTION_PUSH:
		options->waits_for_push = true;
		return 1;
	case OPTION_JSON:
		options->json = true;
		return 1;
	case OPTION_LOG_LEVEL:
		return options_parse_level(options, argument);
	case OPTION_VERSION:
		printf("posthornd " POSTHORN_VERSION "\n");
		return 0;
	case 'h':
		fputs(help, stdout);
		return 0;
	default:
		fprintf(stderr, "Try 'posthornd --help'.\n");
		return -EINVAL;
	}
}

static bool is_combination(const struct options *options) {
	bool is_show = options->command == OPTIONS_SHOW_CONFIG;
	bool is_test = options->command == OPTIONS_TEST_ACCOUNT;
	bool is_find = options->command == OPTIONS_FIND_SERVER;
	if (!is_find && (options->is_offline || options->asks_others))
		return false;
	return (is_test || !options->waits_for_push) && (is_show || !options->show_origins) &&
	       (is_show || is_test || is_find || !options->json);
}

int options_parse(struct options *options, int argc, char **argv) {
	*options = (struct options){ .log_level = LOG_LEVEL_INFO, .is_system = is_system_unit() };
	int option;
	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		int r = options_take(options, option, optarg);
		if (r <= 0)
			return r;
	}
	if (options->command == OPTIONS_SHOW_CONFIG && optind < argc)
		options->show_account = argv[optind++];
	if (optind < argc) {
		complaint_print("'%s': too many arguments", argv[optind]);
		return -EINVAL;
	}
	if (!is_combination(options)) {
		complaint_print("--push goes with --test-account, --origin with "
				"--show-config, --json with either; --offline and "
				"--ask-others with --find-server");
		return -EINVAL;
	}
	if (!options->config_folders[0])
		options_default_folders(options);
	if (!options->state_path && options->command == OPTIONS_RUN) {
		int r = options_default_state(options);
		if (r < 0)
			return r;
	}
	return 1;
}

void options_deinit(struct options *options) {
	for (size_t i = 0; options->config_folders[i]; i++)
		free(options->config_folders[i]);
	free(options->state_path);
	free(options->test_account);
	*options = (struct options){ 0 };
}

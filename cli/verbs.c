#include "cli/verbs.h"

static const struct option_entry options[OPTION_COUNT_] = {
	[OPTION_HELP] = { "help", .letter = 'h', .help = "Show this help" },
	[OPTION_SYSTEM] = { "system", .help = "Talk to the daemon on the system bus" },
	[OPTION_VERSION] = { "version", .help = "Show the version" },
	[OPTION_PRINT_COMPLETION] = { "print-completion", "SHELL",
		.help = "Print the completion script for bash, zsh or fish",
		.words = "bash zsh fish" },
	[OPTION_JSON] = { "json", .help = "Print JSON for scripts" },
	[OPTION_ORIGIN] = { "origin", .help = "Say where each value comes from" },
	[OPTION_SINCE] = { "since", "SEQ", .help = "First show the events after this number" },
	[OPTION_NO_FOLLOW] = { "no-follow", .help = "Show what the log holds and end" },
	[OPTION_ACCOUNT] = { "account", "ACCOUNT", .help = "Only events of this account",
		.names = "accounts" },
	[OPTION_MAILBOX] = { "mailbox", "MAILBOX", .help = "Only events of this mailbox",
		.names = "mailboxes" },
	[OPTION_TYPE] = { "type", "TYPES", .help = "Only some of new, retired and reset",
		.words = "new retired reset" },
	[OPTION_HOST] = { "host", "HOST", .help = "The server of the new account" },
	[OPTION_USER] = { "user", "USER", .help = "The login name, where it is not the address" },
	[OPTION_PUSH] = { "push", .help = "Go on until a message has come" },
	[OPTION_YES] = { "yes", .help = "Ask nothing" },
	[OPTION_COLOR] = { "color", "WHEN", .help = "Use colors, auto is on a terminal",
		.words = "auto always never" },
	[OPTION_TIMEOUT] = { "timeout", "TIME", .help = "Wait no longer than this" },
	[OPTION_CURSOR] = { "cursor", "NAME", .help = "Remember under this name what is done" },
	[OPTION_JOBS] = { "jobs", "N", .help = "Run so many at once, one for each mailbox" },
	[OPTION_TOGETHER] = { "together", .help = "Take all mailboxes as one" },
	[OPTION_DEBOUNCE] = { "debounce", "TIME",
		.help = "Run once for all that came, when nothing came for this long" },
	[OPTION_MAX_DELAY] = { "max-delay", "TIME", .help = "But wait no longer than this" },
	[OPTION_RETRIES] = { "retries", "N", .help = "Try so often again what failed" },
	[OPTION_SKIP_FAILED] = { "skip-failed", .help = "Then go on behind it instead of ending" },
	[OPTION_ON_GAP] = { "on-gap", "WHAT", .help = "What to do when events have been lost",
		.words = "continue stop" },
	[OPTION_HTTP] = { "http", .help = "Answer one HTTP request on standard input" },
	[OPTION_WATCH] = { "watch", .help = "Show it anew whenever it changes, q ends" },
	[OPTION_FORMAT] = { "format", "BAR", .help = "For which status bar",
		.words = "waybar i3blocks polybar plain" },
	[OPTION_ALL] = { "all", .help = "All messages that are new" },
	[OPTION_FOR] = { "for", "TIME", .help = "Go on by itself after this time" },
	[OPTION_UNTIL] = { "until", "TIME", .help = "Go on by itself at this time" },
};

/* Which events. */
#define PLACE (OPTION_BIT(OPTION_ACCOUNT) | OPTION_BIT(OPTION_MAILBOX))
#define FILTER (PLACE | OPTION_BIT(OPTION_TYPE))

static const struct verb verbs[] = {
	{ "status", "[ACCOUNT...]", "Show how the accounts are",
		OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_WATCH) | OPTION_BIT(OPTION_COLOR),
		OPERAND_ACCOUNT, verb_status, NULL },
	{ "list", "", "Show which messages are new and unread",
		PLACE | OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_COLOR), OPERAND_NONE, verb_list,
		NULL },
	{ "watch", "", "Show events as they come",
		FILTER | OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_SINCE) |
			OPTION_BIT(OPTION_NO_FOLLOW) | OPTION_BIT(OPTION_COLOR),
		OPERAND_NONE, verb_watch, NULL },
	{ "wait", "", "Wait for new mail and end",
		FILTER | OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_SINCE) |
			OPTION_BIT(OPTION_TIMEOUT) | OPTION_BIT(OPTION_COLOR),
		OPERAND_NONE, verb_watch_one, NULL },
	{ "run", "[--] COMMAND...", "Run a program once for each message",
		FILTER | OPTION_BIT(OPTION_CURSOR) | OPTION_BIT(OPTION_SINCE) |
			OPTION_BIT(OPTION_NO_FOLLOW) | OPTION_BIT(OPTION_JOBS) |
			OPTION_BIT(OPTION_TOGETHER) | OPTION_BIT(OPTION_DEBOUNCE) |
			OPTION_BIT(OPTION_MAX_DELAY) | OPTION_BIT(OPTION_TIMEOUT) |
			OPTION_BIT(OPTION_RETRIES) | OPTION_BIT(OPTION_SKIP_FAILED) |
			OPTION_BIT(OPTION_ON_GAP),
		OPERAND_COMMAND, verb_run, NULL },
	{ "waybar", "", "Print a line for a status bar whenever something changes",
		OPTION_BIT(OPTION_FORMAT), OPERAND_NONE, verb_waybar, NULL },
	{ "open", "[MESSAGE]", "Open a message in the mail program", PLACE, OPERAND_MESSAGE,
		verb_open, NULL },
	{ "mark-seen", "[MESSAGE...]", "Mark messages as seen on their server",
		PLACE | OPTION_BIT(OPTION_ALL), OPERAND_MESSAGE, verb_mark_seen, NULL },
	{ "pause", "[ACCOUNT...]", "Let accounts rest",
		OPTION_BIT(OPTION_FOR) | OPTION_BIT(OPTION_UNTIL), OPERAND_ACCOUNT, verb_pause,
		NULL },
	{ "resume", "[ACCOUNT...]", "Let accounts that rest go on", 0, OPERAND_ACCOUNT,
		verb_pause_end, NULL },
	{ "check", "[ACCOUNT...]", "Look for new mail now", 0, OPERAND_ACCOUNT, verb_check, NULL },
	{ "config", "show|check [ACCOUNT]", "Show the configuration and what is wrong with it",
		OPTION_BIT(OPTION_ORIGIN) | OPTION_BIT(OPTION_JSON), OPERAND_ACCOUNT, verb_config,
		"show check" },
	{ "account", "list|add|import|test|remove [ACCOUNT]", "Set up accounts and try them",
		OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_HOST) | OPTION_BIT(OPTION_USER) |
			OPTION_BIT(OPTION_PUSH) | OPTION_BIT(OPTION_YES),
		OPERAND_ACCOUNT, verb_account, "list add import test remove" },
	{ "secret", "set|clear|unlock [ACCOUNT]", "Keep passwords in the key ring", 0,
		OPERAND_ACCOUNT, verb_secret, "set clear unlock" },
	{ "doctor", "", "Find what is wrong and say what mends it", OPTION_BIT(OPTION_JSON),
		OPERAND_NONE, verb_doctor, NULL },
	{ "metrics", "", "Print the numbers of the daemon for Prometheus", OPTION_BIT(OPTION_HTTP),
		OPERAND_NONE, verb_metrics, NULL },
};

const struct grammar verbs_grammar = {
	.options = options,
	.verbs = verbs,
	.n_verbs = ARRAY_SIZE(verbs),
	.common = OPTION_BIT(OPTION_HELP) | OPTION_BIT(OPTION_SYSTEM),
	.alone = OPTION_BIT(OPTION_VERSION) | OPTION_BIT(OPTION_PRINT_COMPLETION),
};

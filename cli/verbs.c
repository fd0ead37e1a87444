#include "cli/verbs.h"

#include "config/language.h"

static const struct option_entry options[OPTION_COUNT_] = {
	[OPTION_HELP] = { "help", .letter = 'h', .help = N_("Show this help") },
	[OPTION_SYSTEM] = { "system", .help = N_("Talk to the daemon on the system bus") },
	[OPTION_VERSION] = { "version", .help = N_("Show the version") },
	[OPTION_PRINT_COMPLETION] = { "print-completion", "SHELL",
		.help = N_("Print the completion script for bash, zsh or fish"),
		.words = "bash zsh fish" },
	[OPTION_JSON] = { "json", .help = N_("Print JSON for scripts") },
	[OPTION_ORIGIN] = { "origin", .help = N_("Say where each value comes from") },
	[OPTION_SINCE] = { "since", "SEQ", .help = N_("First show the events after this number") },
	[OPTION_NO_FOLLOW] = { "no-follow", .help = N_("Show what the log holds and end") },
	[OPTION_ACCOUNT] = { "account", "ACCOUNT", .help = N_("Only events of this account"),
		.names = "accounts" },
	[OPTION_MAILBOX] = { "mailbox", "MAILBOX", .help = N_("Only events of this mailbox"),
		.names = "mailboxes" },
	[OPTION_TYPE] = { "type", "TYPES", .help = N_("Only some of new, retired and reset"),
		.words = "new retired reset" },
	[OPTION_HOST] = { "host", "HOST", .help = N_("The server of the new account") },
	[OPTION_USER] = { "user", "USER",
		.help = N_("The login name, where it is not the address") },
	[OPTION_PUSH] = { "push", .help = N_("Go on until a message has come") },
	[OPTION_YES] = { "yes", .help = N_("Ask nothing") },
	[OPTION_COLOR] = { "color", "WHEN", .help = N_("Use colors, auto is on a terminal"),
		.words = "auto always never" },
	[OPTION_TIMEOUT] = { "timeout", "TIME", .help = N_("Wait no longer than this") },
	[OPTION_CURSOR] = { "cursor", "NAME", .help = N_("Remember under this name what is done") },
	[OPTION_JOBS] = { "jobs", "N", .help = N_("Run so many at once, one for each mailbox") },
	[OPTION_TOGETHER] = { "together", .help = N_("Take all mailboxes as one") },
	[OPTION_DEBOUNCE] = { "debounce", "TIME",
		.help = N_("Run once for all that came, when nothing came for this long") },
	[OPTION_MAX_DELAY] = { "max-delay", "TIME", .help = N_("But wait no longer than this") },
	[OPTION_RETRIES] = { "retries", "N", .help = N_("Try so often again what failed") },
	[OPTION_SKIP_FAILED] = { "skip-failed",
		.help = N_("Then go on behind it instead of ending") },
	[OPTION_ON_GAP] = { "on-gap", "WHAT", .help = N_("What to do when events have been lost"),
		.words = "continue stop" },
	[OPTION_HTTP] = { "http", .help = N_("Answer one HTTP request on standard input") },
	[OPTION_WATCH] = { "watch", .help = N_("Show it anew whenever it changes, q ends") },
	[OPTION_FORMAT] = { "format", "BAR", .help = N_("For which status bar"),
		.words = "waybar i3blocks polybar plain" },
	[OPTION_ALL] = { "all", .help = N_("All messages that are new") },
	[OPTION_FOR] = { "for", "TIME", .help = N_("Go on by itself after this time") },
	[OPTION_UNTIL] = { "until", "TIME", .help = N_("Go on by itself at this time") },
};

/* Which events. */
#define PLACE (OPTION_BIT(OPTION_ACCOUNT) | OPTION_BIT(OPTION_MAILBOX))
#define FILTER (PLACE | OPTION_BIT(OPTION_TYPE))

static const struct verb verbs[] = {
	{ "status", "[ACCOUNT...]", N_("Show how the accounts are"),
		OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_WATCH) | OPTION_BIT(OPTION_COLOR),
		OPERAND_ACCOUNT, verb_status, NULL },
	{ "list", "", N_("Show which messages are new and unread"),
		PLACE | OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_COLOR), OPERAND_NONE, verb_list,
		NULL },
	{ "watch", "", N_("Show events as they come"),
		FILTER | OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_SINCE) |
			OPTION_BIT(OPTION_NO_FOLLOW) | OPTION_BIT(OPTION_COLOR),
		OPERAND_NONE, verb_watch, NULL },
	{ "wait", "", N_("Wait for new mail and end"),
		FILTER | OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_SINCE) |
			OPTION_BIT(OPTION_TIMEOUT) | OPTION_BIT(OPTION_COLOR),
		OPERAND_NONE, verb_watch_one, NULL },
	{ "run", "[--] COMMAND...", N_("Run a program once for each message"),
		FILTER | OPTION_BIT(OPTION_CURSOR) | OPTION_BIT(OPTION_SINCE) |
			OPTION_BIT(OPTION_NO_FOLLOW) | OPTION_BIT(OPTION_JOBS) |
			OPTION_BIT(OPTION_TOGETHER) | OPTION_BIT(OPTION_DEBOUNCE) |
			OPTION_BIT(OPTION_MAX_DELAY) | OPTION_BIT(OPTION_TIMEOUT) |
			OPTION_BIT(OPTION_RETRIES) | OPTION_BIT(OPTION_SKIP_FAILED) |
			OPTION_BIT(OPTION_ON_GAP),
		OPERAND_COMMAND, verb_run, NULL },
	{ "waybar", "[ACCOUNT...]", N_("Print a line for a status bar whenever something changes"),
		OPTION_BIT(OPTION_FORMAT), OPERAND_ACCOUNT, verb_waybar, NULL },
	{ "open", "[MESSAGE]", N_("Open a message in the mail program"), PLACE, OPERAND_MESSAGE,
		verb_open, NULL },
	{ "mark-seen", "[MESSAGE...]", N_("Mark messages as seen on their server"),
		PLACE | OPTION_BIT(OPTION_ALL), OPERAND_MESSAGE, verb_mark_seen, NULL },
	{ "pause", "[ACCOUNT...]", N_("Let accounts rest"),
		OPTION_BIT(OPTION_FOR) | OPTION_BIT(OPTION_UNTIL), OPERAND_ACCOUNT, verb_pause,
		NULL },
	{ "resume", "[ACCOUNT...]", N_("Let accounts that rest go on"), 0, OPERAND_ACCOUNT,
		verb_pause_end, NULL },
	{ "check", "[ACCOUNT...]", N_("Look for new mail now"), 0, OPERAND_ACCOUNT, verb_check,
		NULL },
	{ "config", "show|check [ACCOUNT]", N_("Show the configuration and what is wrong with it"),
		OPTION_BIT(OPTION_ORIGIN) | OPTION_BIT(OPTION_JSON), OPERAND_ACCOUNT, verb_config,
		"show check" },
	{ "account", "list|add|import|test|remove [ACCOUNT]", N_("Set up accounts and try them"),
		OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_HOST) | OPTION_BIT(OPTION_USER) |
			OPTION_BIT(OPTION_PUSH) | OPTION_BIT(OPTION_YES),
		OPERAND_ACCOUNT, verb_account, "list add import test remove" },
	{ "secret", "set|clear|unlock [ACCOUNT]", N_("Keep passwords in the key ring"), 0,
		OPERAND_ACCOUNT, verb_secret, "set clear unlock" },
	{ "doctor", "", N_("Find what is wrong and say what mends it"), OPTION_BIT(OPTION_JSON),
		OPERAND_NONE, verb_doctor, NULL },
	{ "metrics", "", N_("Print the numbers of the daemon for Prometheus"),
		OPTION_BIT(OPTION_HTTP), OPERAND_NONE, verb_metrics, NULL },
};

const struct grammar verbs_grammar = {
	.options = options,
	.verbs = verbs,
	.n_verbs = ARRAY_SIZE(verbs),
	.common = OPTION_BIT(OPTION_HELP) | OPTION_BIT(OPTION_SYSTEM),
	.alone = OPTION_BIT(OPTION_VERSION) | OPTION_BIT(OPTION_PRINT_COMPLETION),
};

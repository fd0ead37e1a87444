#pragma once
/* The command line, parsed by the tables below. Every option, every verb and every text about
 * them stands in verbs.c once; parsing, --help, completion and the tests of the manual page read
 * that table. Nothing here prints or exits. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

enum option {
	OPTION_HELP,
	OPTION_SYSTEM,
	OPTION_VERSION,
	OPTION_PRINT_COMPLETION,
	OPTION_JSON,
	OPTION_ORIGIN,
	OPTION_SINCE,
	OPTION_NO_FOLLOW,
	OPTION_ACCOUNT,
	OPTION_MAILBOX,
	OPTION_TYPE,
	OPTION_HOST,
	OPTION_USER,
	OPTION_PUSH,
	OPTION_YES,
	OPTION_COLOR,
	OPTION_TIMEOUT,
	OPTION_CURSOR,
	OPTION_JOBS,
	OPTION_TOGETHER,
	OPTION_DEBOUNCE,
	OPTION_MAX_DELAY,
	OPTION_RETRIES,
	OPTION_SKIP_FAILED,
	OPTION_ON_GAP,
	OPTION_HTTP,
	OPTION_WATCH,
	OPTION_FORMAT,
	OPTION_ALL,
	OPTION_FOR,
	OPTION_UNTIL,
	OPTION_COUNT_
};

#define OPTION_BIT(option) (UINT64_C(1) << (option))

struct option_entry {
	const char *name; /* without the dashes */
	const char *argument; /* what --help calls its value; NULL: it takes none */
	const char *help; /* one line, no final stop; no ' \\ [ ] : (they go into shell scripts) */
	const char
		*words; /* the values it may have, separated by blanks, for completion; or NULL */
	char letter; /* '\0': there is no short form */
	const char *names; /* the value is one of what --print-completion=NAMES prints; or NULL */
};

struct arguments;
typedef int (*verb_fn)(const struct arguments *arguments);

/* What the operands of a verb are; any number of them but where there are none. */
enum operand_kind {
	OPERAND_NONE,
	OPERAND_ACCOUNT,
	OPERAND_MESSAGE,
	OPERAND_COMMAND, /* a program and its arguments: no word behind the first is an option */
};

struct verb {
	const char *name;
	const char *operands; /* as --help shows them; "" when it takes none */
	const char *help; /* as above */
	uint64_t options; /* OPTION_BIT()s beside the common ones */
	enum operand_kind operand_kind;
	verb_fn run; /* returns the exit code */
	/* The first operand is one of these words, separated by blanks; NULL: no such thing. */
	const char *orders;
};

/* What the parser works on: the table of the program, or one of a test. */
struct grammar {
	const struct option_entry *options; /* OPTION_COUNT_ of them */
	const struct verb *verbs;
	size_t n_verbs;
	uint64_t common; /* OPTION_BIT()s that may stand everywhere */
	uint64_t alone; /* OPTION_BIT()s that are an order of their own and take no verb */
};

/* NULL: there is no such verb. */
const struct verb *arguments_find_verb(const struct grammar *grammar, const char *name);

/* Options may stand before and behind operands, "--" ends them; "--name=value", "--name value".
 * `argv` is borrowed for the life of the result. -EINVAL: `ret_problem` is an owned sentence for
 * the user, with the nearest word where one is near. */
int arguments_parse(const struct grammar *grammar, int argc, char *const *argv,
	struct arguments **ret, char **ret_problem);
struct arguments *arguments_free(struct arguments *arguments);
DEFINE_CLEANUP(struct arguments, arguments_free);

/* NULL when the line is --help or one of the orders without a verb. */
const struct verb *arguments_verb(const struct arguments *arguments);

bool arguments_has(const struct arguments *arguments, enum option option);

/* The last one given, or NULL. */
const char *arguments_value(const struct arguments *arguments, enum option option);

/* All values of an option that was given more than once, in their order; NULL at the end. */
const char *arguments_nth_value(const struct arguments *arguments, enum option option, size_t nth);

/* NULL-terminated. */
const char *const *arguments_operands(const struct arguments *arguments);

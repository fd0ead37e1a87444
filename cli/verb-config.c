/* `posthorn config`: what the configuration says. The daemon's own reader is asked, also when no
 * daemon runs: a second reader here would one day say something else. */
#include <string.h>

#include "cli/daemon-program.h"
#include "cli/exit-code.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "config/language.h"

#define WORDS_MAX 8

static bool is_usage_right(const struct arguments *arguments) {
	const char *const *operands = arguments_operands(arguments);
	bool shows = !strcmp(operands[0], "show");
	if (shows && operands[1] && operands[2])
		output_complain(_("'config show' takes one account at most"));
	else if (!shows && operands[1])
		output_complain(_("'config check' takes no account"));
	else if (!shows &&
		 (arguments_has(arguments, OPTION_ORIGIN) || arguments_has(arguments, OPTION_JSON)))
		output_complain(_("--origin and --json are for 'config show'"));
	else
		return true;
	return false;
}

int verb_config(const struct arguments *arguments) {
	const char *const *operands = arguments_operands(arguments);
	const char *words[WORDS_MAX] = { NULL };
	size_t n = 0;
	if (!is_usage_right(arguments))
		return EXIT_CODE_USAGE;
	words[n++] = arguments_has(arguments, OPTION_SYSTEM) ? "--system" : "--user";
	words[n++] = strcmp(operands[0], "show") ? "--check-config" : "--show-config";
	if (arguments_has(arguments, OPTION_ORIGIN))
		words[n++] = "--origin";
	if (arguments_has(arguments, OPTION_JSON))
		words[n++] = "--json";
	words[n++] = "--";
	words[n++] = operands[1];
	return daemon_program_run(words);
}

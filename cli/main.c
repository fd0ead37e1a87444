/* posthorn: what the daemon knows, for people and scripts. Options here, the rest in the verbs. */
#include <signal.h>
#include <string.h>

#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/completion/completion-names.h"
#include "cli/completion/completion.h"
#include "cli/exit-code.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "config/language.h"
#include "configuration.h"

static int print(struct buffer *out) {
	int r = output_exit_code(output_write(out));
	buffer_deinit(out);
	return r;
}

static int print_help(const struct verb *verb) {
	struct buffer out;
	buffer_init(&out, OUTPUT_MAX);
	help_print(&verbs_grammar, verb, &out);
	return print(&out);
}

static int print_version(void) {
	struct buffer out;
	buffer_init(&out, OUTPUT_MAX);
	(void)buffer_append_text(&out, "posthorn " POSTHORN_VERSION "\n");
	return print(&out);
}

static int print_completion(const struct arguments *arguments) {
	const char *shell = arguments_value(arguments, OPTION_PRINT_COMPLETION);
	int code = EXIT_CODE_OK;
	struct buffer out;
	buffer_init(&out, OUTPUT_MAX);
	if (strcmp(shell, "bash") == 0)
		completion_bash(&verbs_grammar, &out);
	else if (strcmp(shell, "zsh") == 0)
		completion_zsh(&verbs_grammar, &out);
	else if (strcmp(shell, "fish") == 0)
		completion_fish(&verbs_grammar, &out);
	else if (!completion_names_load(arguments, shell, &code, &out)) {
		output_complain(
			_("There is no completion for '%s', only for bash, zsh and fish"), shell);
		return EXIT_CODE_USAGE;
	}
	int r = print(&out);
	return code == EXIT_CODE_OK ? r : code;
}

static int complain_about_usage(const char *problem) {
	output_complain("%s", problem);
	output_complain(_("'posthorn --help' shows what there is"));
	return EXIT_CODE_USAGE;
}

int main(int argc, char **argv) {
	CLEANUP(arguments_free) struct arguments *arguments = NULL;
	CLEANUP_TEXT char *problem = NULL;

	output_occupy_descriptors();
	language_start(POSTHORN_LOCALEDIR);
	/* A reader that has had enough is an end of ours, not a death. */
	(void)signal(SIGPIPE, SIG_IGN);

	if (arguments_parse(&verbs_grammar, argc, argv, &arguments, &problem) < 0)
		return complain_about_usage(problem);
	/* JSON holds sentences too, and who reads it looks for their words. */
	if (arguments_has(arguments, OPTION_JSON))
		language_stop();
	if (arguments_has(arguments, OPTION_HELP))
		return print_help(arguments_verb(arguments));
	if (arguments_has(arguments, OPTION_VERSION))
		return print_version();
	if (arguments_has(arguments, OPTION_PRINT_COMPLETION))
		return print_completion(arguments);
	return arguments_verb(arguments)->run(arguments);
}

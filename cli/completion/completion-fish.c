#include "cli/completion/completion.h"

#include "base/memory.h"

static void print_option(const char *condition, const struct option_entry *o, struct buffer *out) {
	(void)buffer_append_format(out, "complete -c posthorn%s -l %s", condition, o->name);
	if (o->letter)
		(void)buffer_append_format(out, " -s %c", o->letter);
	if (o->argument)
		(void)buffer_append_text(out, " -x");
	if (o->names)
		(void)buffer_append_format(out, " -a '(__posthorn_names %s)'", o->names);
	else if (o->words)
		(void)buffer_append_format(out, " -a '%s'", o->words);
	(void)buffer_append_format(out, " -d '%s'\n", o->help);
}

static void print_options(
	const struct grammar *grammar, const char *condition, uint64_t set, struct buffer *out) {
	for (size_t i = 0; i < OPTION_COUNT_; i++)
		if (set & OPTION_BIT(i))
			print_option(condition, &grammar->options[i], out);
}

static void print_verb(const struct grammar *grammar, const struct verb *v, struct buffer *out) {
	static const char *const operands[] = {
		[OPERAND_NONE] = NULL,
		[OPERAND_ACCOUNT] = "(__posthorn_names accounts)",
		[OPERAND_MESSAGE] = "(__posthorn_names messages)",
		[OPERAND_COMMAND] = "(__fish_complete_subcommand --fcs-skip=2)",
	};
	CLEANUP_TEXT char *condition =
		memory_format(" -n '__fish_seen_subcommand_from %s'", v->name);
	print_options(grammar, condition, v->options, out);
	if (v->orders)
		(void)buffer_append_format(
			out, "complete -c posthorn%s -a '%s'\n", condition, v->orders);
	if (operands[v->operand_kind])
		(void)buffer_append_format(out, "complete -c posthorn%s -a '%s'\n", condition,
			operands[v->operand_kind]);
}

void completion_fish(const struct grammar *grammar, struct buffer *out) {
	(void)buffer_append_text(out, "# fish completion for posthorn(1)\n"
				      "\n"
				      "function __posthorn_names\n"
				      "\tset -l bus (string match -- --system (commandline -opc))\n"
				      "\tposthorn $bus[1] --print-completion=$argv[1] 2>/dev/null\n"
				      "end\n"
				      "\n"
				      "complete -c posthorn -f\n");
	for (size_t i = 0; i < grammar->n_verbs; i++)
		(void)buffer_append_format(out,
			"complete -c posthorn -n __fish_use_subcommand -a %s -d '%s'\n",
			grammar->verbs[i].name, grammar->verbs[i].help);
	print_options(grammar, "", grammar->common, out);
	print_options(grammar, " -n __fish_use_subcommand", grammar->alone, out);
	for (size_t i = 0; i < grammar->n_verbs; i++)
		print_verb(grammar, &grammar->verbs[i], out);
}

#include "cli/completion/completion.h"

/* One specification of _arguments: '--name=[help]:ARGUMENT:action'. */
static void print_option(const struct option_entry *o, struct buffer *out) {
	if (o->letter)
		(void)buffer_append_format(out, " \\\n\t\t'(-%c --%s)-%c[%s]'", o->letter, o->name,
			o->letter, o->help);
	(void)buffer_append_format(
		out, " \\\n\t\t'--%s%s[%s]", o->name, o->argument ? "=" : "", o->help);
	if (o->names)
		(void)buffer_append_format(out, ":%s: _posthorn_names %s", o->argument, o->names);
	else if (o->words)
		(void)buffer_append_format(out, ":%s:(%s)", o->argument, o->words);
	else if (o->argument)
		(void)buffer_append_format(out, ":%s: ", o->argument);
	(void)buffer_append_text(out, "'");
}

static void print_options(const struct grammar *grammar, uint64_t set, struct buffer *out) {
	for (size_t i = 0; i < OPTION_COUNT_; i++)
		if (set & OPTION_BIT(i))
			print_option(&grammar->options[i], out);
}

static void print_operands(const struct verb *v, struct buffer *out) {
	switch (v->operand_kind) {
	case OPERAND_NONE:
		break;
	case OPERAND_ACCOUNT:
		(void)buffer_append_text(out, " \\\n\t\t'*:ACCOUNT: _posthorn_names accounts'");
		break;
	case OPERAND_MESSAGE:
		(void)buffer_append_text(out, " \\\n\t\t'*:MESSAGE: _posthorn_names messages'");
		break;
	case OPERAND_COMMAND:
		(void)buffer_append_text(out, " \\\n\t\t'(-)1:COMMAND:_command_names -e' \\\n"
					      "\t\t'*::ARGUMENT:_normal'");
		break;
	}
}

static void print_verb(const struct grammar *grammar, const struct verb *v, struct buffer *out) {
	(void)buffer_append_format(out, "\t%s)\n\t\t_arguments", v->name);
	print_options(grammar, grammar->common | v->options, out);
	if (v->orders)
		(void)buffer_append_format(out, " \\\n\t\t'1:ORDER:(%s)'", v->orders);
	print_operands(v, out);
	(void)buffer_append_text(out, "\n\t\t;;\n");
}

void completion_zsh(const struct grammar *grammar, struct buffer *out) {
	(void)buffer_append_text(out,
		"#compdef posthorn\n"
		"# zsh completion for posthorn(1)\n"
		"\n"
		"_posthorn_names() {\n"
		"\tlocal kind=$1\n"
		"\tlocal -a ids\n"
		"\tshift\n"
		"\tids=(${(f)\"$(posthorn $bus --print-completion=$kind 2>/dev/null)\"})\n"
		"\tcompadd \"$@\" -- $ids\n"
		"}\n"
		"\n"
		"_posthorn() {\n"
		"\tlocal curcontext=$curcontext state line\n"
		"\tlocal -A opt_args\n"
		"\tlocal -a bus=(${(M)words:#--system})\n"
		"\tlocal -a verbs=(");
	for (size_t i = 0; i < grammar->n_verbs; i++)
		(void)buffer_append_format(
			out, "\n\t\t'%s:%s'", grammar->verbs[i].name, grammar->verbs[i].help);
	(void)buffer_append_text(out, "\n\t)\n\t_arguments -C");
	print_options(grammar, grammar->common | grammar->alone, out);
	(void)buffer_append_text(out, " \\\n\t\t'1:VERB:->verb' '*::argument:->rest' && return\n"
				      "\tif [[ $state == verb ]]; then\n"
				      "\t\t_describe verb verbs\n"
				      "\t\treturn\n"
				      "\tfi\n"
				      "\tcase $line[1] in\n");
	for (size_t i = 0; i < grammar->n_verbs; i++)
		print_verb(grammar, &grammar->verbs[i], out);
	(void)buffer_append_text(out, "\tesac\n}\n\n_posthorn \"$@\"\n");
}

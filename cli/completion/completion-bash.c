#include "cli/completion/completion.h"

/* bash breaks "--type=new" into three words at the '=', hence the two ways to see a value. Ids of
 * accounts do not go through `compgen -W`, which would expand what stands in them. */

static void print_options(const struct grammar *grammar, uint64_t set, struct buffer *out) {
	const char *blank = "";
	(void)buffer_append_text(out, " options='");
	for (size_t i = 0; i < OPTION_COUNT_; i++) {
		if (!(set & OPTION_BIT(i)))
			continue;
		(void)buffer_append_format(out, "%s--%s%s", blank, grammar->options[i].name,
			grammar->options[i].argument ? "=" : "");
		blank = " ";
	}
	(void)buffer_append_text(out, "'");
}

/* case $before in --type) ... */
static void print_values(const struct grammar *grammar, struct buffer *out) {
	(void)buffer_append_text(out, "\tcase $before in\n");
	for (size_t i = 0; i < OPTION_COUNT_; i++) {
		const struct option_entry *o = &grammar->options[i];
		if (!o->argument)
			continue;
		(void)buffer_append_format(out, "\t--%s)", o->name);
		if (o->names)
			(void)buffer_append_format(out, " _posthorn_names %s \"$word\";", o->names);
		else if (o->words)
			(void)buffer_append_format(
				out, " COMPREPLY=($(compgen -W '%s' -- \"$word\"));", o->words);
		(void)buffer_append_text(out, " return ;;\n");
	}
	(void)buffer_append_text(out, "\tesac\n");
}

/* Behind the program that `run` starts its own words follow: files, as far as anybody knows. */
static void print_operands(const struct verb *v, struct buffer *out) {
	switch (v->operand_kind) {
	case OPERAND_NONE:
		break;
	case OPERAND_ACCOUNT:
	case OPERAND_MESSAGE:
		(void)buffer_append_format(out,
			"; [[ $word == -*%s ]] || _posthorn_names %s \"$word\"",
			v->orders ? " || -z $order" : "",
			v->operand_kind == OPERAND_ACCOUNT ? "accounts" : "messages");
		break;
	case OPERAND_COMMAND:
		(void)buffer_append_text(out,
			"\n\t\tif [[ -n $order ]]; then\n"
			"\t\t\toptions= COMPREPLY=($(compgen -f -- \"$word\"))\n"
			"\t\telif [[ $word != -* ]]; then\n"
			"\t\t\tCOMPREPLY=($(compgen -c -- \"$word\"))\n"
			"\t\tfi");
		break;
	}
}

/* Options are proposed to whoever began one; accounts and verbs to everybody else. */
static void print_verbs(const struct grammar *grammar, struct buffer *out) {
	(void)buffer_append_text(out, "\tcase $verb in\n\t'') candidates='");
	for (size_t i = 0; i < grammar->n_verbs; i++)
		(void)buffer_append_format(out, "%s%s", i > 0 ? " " : "", grammar->verbs[i].name);
	(void)buffer_append_text(out, "'");
	print_options(grammar, grammar->common | grammar->alone, out);
	(void)buffer_append_text(out, " ;;\n");
	for (size_t i = 0; i < grammar->n_verbs; i++) {
		const struct verb *v = &grammar->verbs[i];
		(void)buffer_append_format(out, "\t%s)", v->name);
		print_options(grammar, grammar->common | v->options, out);
		if (v->orders)
			(void)buffer_append_format(
				out, "; [[ -z $order ]] && candidates='%s'", v->orders);
		print_operands(v, out);
		(void)buffer_append_text(out, " ;;\n");
	}
	(void)buffer_append_text(out, "\tesac\n\t[[ $word == -* ]] && candidates=$options\n");
}

static void print_names_function(struct buffer *out) {
	(void)buffer_append_text(out,
		"_posthorn_names() {\n"
		"\tlocal id\n"
		"\twhile IFS= read -r id; do\n"
		"\t\t[[ $id == \"$2\"* ]] && COMPREPLY+=(\"$(printf %q \"$id\")\")\n"
		"\tdone < <(posthorn $bus --print-completion=\"$1\" 2>/dev/null)\n"
		"}\n\n");
}

void completion_bash(const struct grammar *grammar, struct buffer *out) {
	(void)buffer_append_text(out, "# bash completion for posthorn(1)\n\n");
	print_names_function(out);
	(void)buffer_append_text(out,
		"_posthorn() {\n"
		"\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
		"\tlocal verb= bus= order= candidates= options= i\n"
		"\tif [[ $word == = ]]; then\n"
		"\t\tword=\n"
		"\telif [[ $before == = ]]; then\n"
		"\t\tbefore=${COMP_WORDS[COMP_CWORD - 2]}\n"
		"\tfi\n"
		"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
		"\t\tcase ${COMP_WORDS[i]} in\n"
		"\t\t--system) bus=--system ;;\n"
		"\t\t-*) ;;\n"
		"\t\t*) if [[ -z $verb ]]; then verb=${COMP_WORDS[i]}; else "
		"order=${COMP_WORDS[i]}; fi ;;\n"
		"\t\tesac\n"
		"\tdone\n");
	print_values(grammar, out);
	print_verbs(grammar, out);
	(void)buffer_append_text(out,
		"\tCOMPREPLY+=($(compgen -W \"$candidates\" -- \"$word\"))\n"
		"\t[[ ${#COMPREPLY[@]} -eq 1 && $COMPREPLY == *= ]] && compopt -o nospace\n"
		"}\n"
		"complete -F _posthorn posthorn\n");
}

#include "cli/help.h"

#include "base/memory.h"
#include "config/language.h"

#define LEFT_WIDTH 24 /* of all but the longest left sides */

static void print_line(struct buffer *out, const char *left, const char *right) {
	(void)buffer_append_format(out, "  %-*s  %s\n", LEFT_WIDTH, left, right);
}

static void print_option(struct buffer *out, const struct option_entry *o) {
	CLEANUP_TEXT char *letter =
		o->letter ? memory_format("-%c, ", o->letter) : memory_strdup("");
	CLEANUP_TEXT char *left = memory_format("%s--%s%s%s", letter, o->name,
		o->argument ? "=" : "", o->argument ? o->argument : "");
	print_line(out, left, _(o->help));
}

static void print_options(struct buffer *out, const struct grammar *grammar, uint64_t set) {
	for (size_t i = 0; i < OPTION_COUNT_; i++)
		if (set & OPTION_BIT(i))
			print_option(out, &grammar->options[i]);
}

static void print_verb_line(struct buffer *out, const struct verb *v) {
	CLEANUP_TEXT char *left =
		memory_format("%s%s%s", v->name, *v->operands ? " " : "", v->operands);
	print_line(out, left, _(v->help));
}

static void print_program(const struct grammar *grammar, struct buffer *out) {
	(void)buffer_append_format(out, "posthorn [OPTIONS] VERB [...]\n\n%s\n\n%s\n",
		_("Shows what the mailbox monitor posthornd sees."), _("Verbs:"));
	for (size_t i = 0; i < grammar->n_verbs; i++)
		print_verb_line(out, &grammar->verbs[i]);
	(void)buffer_append_format(out, "\n%s\n", _("Options:"));
	print_options(out, grammar, grammar->common | grammar->alone);
	(void)buffer_append_format(out, "\n%s\n",
		_("'posthorn VERB --help' shows the options of a verb; see posthorn(1) for more."));
}

void help_print(const struct grammar *grammar, const struct verb *verb, struct buffer *out) {
	if (!verb) {
		print_program(grammar, out);
		return;
	}
	(void)buffer_append_format(out, "posthorn %s [OPTIONS]%s%s\n\n%s.\n\n%s\n", verb->name,
		*verb->operands ? " " : "", verb->operands, _(verb->help), _("Options:"));
	print_options(out, grammar, verb->options);
	print_options(out, grammar, grammar->common);
}

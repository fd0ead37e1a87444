#include "cli/arguments.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "config/language.h"

struct given {
	enum option option;
	const char *value; /* NULL where the option takes none */
};

struct arguments {
	const struct verb *verb;
	struct given *given;
	size_t n_given;
	const char **operands; /* NULL-terminated */
	size_t n_operands;
};

/* One walk over the line. */
struct walk {
	const struct grammar *grammar;
	struct arguments *arguments;
	char *const *next; /* what follows the word at hand */
	char *const *end;
	char *problem;
};

const struct verb *arguments_find_verb(const struct grammar *grammar, const char *name) {
	for (size_t i = 0; i < grammar->n_verbs; i++)
		if (strcmp(grammar->verbs[i].name, name) == 0)
			return &grammar->verbs[i];
	return NULL;
}

static uint64_t allowed(const struct walk *w) {
	const struct verb *verb = w->arguments->verb;
	return w->grammar->common | (verb ? verb->options : w->grammar->alone);
}

static int refuse(struct walk *w, char *problem) {
	w->problem = problem;
	return -EINVAL;
}

/* The words are the user's own, yet they may come from a script: they are shown escaped. */
static int refuse_option(struct walk *w, const char *word, const char *name) {
	const char *candidates[OPTION_COUNT_ + 1] = { NULL };
	size_t n = 0;
	for (size_t i = 0; i < OPTION_COUNT_; i++)
		if (allowed(w) & OPTION_BIT(i))
			candidates[n++] = w->grammar->options[i].name;
	CLEANUP_TEXT char *shown = text_printable(word);
	const char *nearest = text_nearest(name, candidates);
	if (nearest)
		return refuse(w, memory_format(_("Unknown option '%s', did you mean '--%s'?"),
					 shown, nearest));
	return refuse(w, memory_format(_("Unknown option '%s'"), shown));
}

static int refuse_verb(struct walk *w, const char *word) {
	const struct grammar *g = w->grammar;
	const char **candidates = MEMORY_NEW_ARRAY(const char *, g->n_verbs + 1);
	for (size_t i = 0; i < g->n_verbs; i++)
		candidates[i] = g->verbs[i].name;
	CLEANUP_TEXT char *shown = text_printable(word);
	const char *nearest = text_nearest(word, candidates);
	free(candidates);
	if (nearest)
		return refuse(w,
			memory_format(_("Unknown verb '%s', did you mean '%s'?"), shown, nearest));
	return refuse(w, memory_format(_("Unknown verb '%s'"), shown));
}

/* `inline_value` is what stands behind '=', or NULL. */
static int take_option(struct walk *w, size_t option, const char *inline_value) {
	const struct option_entry *entry = &w->grammar->options[option];
	struct given given = { .option = (enum option)option };
	if (entry->argument) {
		given.value = inline_value;
		if (!given.value && w->next < w->end)
			given.value = *w->next++;
		if (!given.value)
			return refuse(w, memory_format(_("Option '--%s' needs a value: --%s=%s"),
						 entry->name, entry->name, entry->argument));
	} else if (inline_value) {
		return refuse(w, memory_format(_("Option '--%s' takes no value"), entry->name));
	}
	w->arguments->given[w->arguments->n_given++] = given;
	return 0;
}

static int take_long(struct walk *w, const char *word) {
	const char *name = word + 2;
	const char *equals = strchr(name, '=');
	CLEANUP_TEXT char *bare =
		equals ? memory_strndup(name, (size_t)(equals - name)) : memory_strdup(name);
	for (size_t i = 0; i < OPTION_COUNT_; i++)
		if ((allowed(w) & OPTION_BIT(i)) && strcmp(w->grammar->options[i].name, bare) == 0)
			return take_option(w, i, equals ? equals + 1 : NULL);
	return refuse_option(w, word, bare);
}

/* "-h". Short forms take no value and do not cluster: there are too few of them. */
static int take_short(struct walk *w, const char *word) {
	for (size_t i = 0; i < OPTION_COUNT_; i++)
		if ((allowed(w) & OPTION_BIT(i)) && word[2] == '\0' &&
			w->grammar->options[i].letter == word[1])
			return take_option(w, i, NULL);
	return refuse_option(w, word, word + 1);
}

static bool is_order(const char *orders, const char *word) {
	size_t n = strlen(word);
	while (*orders) {
		size_t length = strcspn(orders, " ");
		if (length == n && !strncmp(orders, word, n))
			return true;
		orders += length + strspn(orders + length, " ");
	}
	return false;
}

static int refuse_order(struct walk *w, const char *word) {
	const struct verb *verb = w->arguments->verb;
	CLEANUP_TEXT char *shown = text_printable(word);
	return refuse(w, memory_format(_("'%s' does not know '%s', only: %s"), verb->name, shown,
				 verb->orders));
}

static int take_operand(struct walk *w, const char *word) {
	struct arguments *a = w->arguments;
	if (!a->verb) {
		a->verb = arguments_find_verb(w->grammar, word);
		return a->verb ? 0 : refuse_verb(w, word);
	}
	bool is_first = a->n_operands == 0 && a->verb->orders;
	if (is_first && !is_order(a->verb->orders, word))
		return refuse_order(w, word);
	if (a->verb->operand_kind == OPERAND_NONE && !is_first) {
		CLEANUP_TEXT char *shown = text_printable(word);
		return refuse(w, memory_format(_("'%s' takes no argument, but got '%s'"),
					 a->verb->name, shown));
	}
	a->operands[a->n_operands++] = word;
	return 0;
}

static bool is_inside_command(const struct arguments *a) {
	return a->verb && a->verb->operand_kind == OPERAND_COMMAND && a->n_operands > 0;
}

static int take_words(struct walk *w) {
	bool only_operands = false;
	while (w->next < w->end) {
		only_operands |= is_inside_command(w->arguments);
		const char *word = *w->next++;
		int r = 0;
		if (only_operands || word[0] != '-' || word[1] == '\0')
			r = take_operand(w, word);
		else if (strcmp(word, "--") == 0)
			only_operands = true;
		else if (word[1] == '-')
			r = take_long(w, word);
		else
			r = take_short(w, word);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool needs_no_verb(const struct grammar *grammar, const struct arguments *a) {
	for (size_t i = 0; i < a->n_given; i++)
		if (a->given[i].option == OPTION_HELP ||
			(grammar->alone & OPTION_BIT(a->given[i].option)))
			return true;
	return false;
}

int arguments_parse(const struct grammar *grammar, int argc, char *const *argv,
	struct arguments **ret, char **ret_problem) {
	CLEANUP(arguments_free) struct arguments *a = MEMORY_NEW(struct arguments);
	size_t n_words = argc > 0 ? (size_t)argc : 1;
	a->given = MEMORY_NEW_ARRAY(struct given, n_words);
	a->operands = MEMORY_NEW_ARRAY(const char *, n_words + 1);

	struct walk w = { .grammar = grammar, .arguments = a, .next = argv, .end = argv + argc };
	if (argc > 0)
		w.next++;
	int r = take_words(&w);
	if (r == 0 && !a->verb && !needs_no_verb(grammar, a))
		r = refuse(&w, memory_strdup(_("No verb given")));
	if (r == 0 && a->verb && a->verb->orders && a->n_operands == 0 &&
		!needs_no_verb(grammar, a))
		r = refuse(&w,
			memory_format(_("'%s' needs one of: %s"), a->verb->name, a->verb->orders));
	if (r < 0) {
		*ret_problem = w.problem;
		return r;
	}
	*ret = TAKE_PTR(a);
	return 0;
}

struct arguments *arguments_free(struct arguments *arguments) {
	if (arguments) {
		free(arguments->given);
		free(arguments->operands);
		free(arguments);
	}
	return NULL;
}

const struct verb *arguments_verb(const struct arguments *arguments) {
	return arguments->verb;
}

const char *arguments_nth_value(const struct arguments *arguments, enum option option, size_t nth) {
	for (size_t i = 0; i < arguments->n_given; i++)
		if (arguments->given[i].option == option && nth-- == 0)
			return arguments->given[i].value;
	return NULL;
}

bool arguments_has(const struct arguments *arguments, enum option option) {
	for (size_t i = 0; i < arguments->n_given; i++)
		if (arguments->given[i].option == option)
			return true;
	return false;
}

const char *arguments_value(const struct arguments *arguments, enum option option) {
	for (size_t i = arguments->n_given; i > 0; i--)
		if (arguments->given[i - 1].option == option)
			return arguments->given[i - 1].value;
	return NULL;
}

const char *const *arguments_operands(const struct arguments *arguments) {
	return arguments->operands;
}

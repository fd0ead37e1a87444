#include "cli/option-value.h"

#include "base/number.h"
#include "cli/exit-code.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "config/language.h"

#include <string.h>

static const char *name_of(enum option option) {
	return verbs_grammar.options[option].name;
}

int option_value_span(const struct arguments *arguments, enum option option, uint64_t *ret_usec) {
	const char *text = arguments_value(arguments, option);
	uint64_t usec;
	if (!text)
		return EXIT_CODE_OK;
	if (number_parse_timespan(text, &usec) < 0 || usec > OPTION_VALUE_SPAN_MAX) {
		output_complain(
			_("--%s: '%s' is no span of time, it is one as 90s, 5min or 1h 30min"),
			name_of(option), text);
		return EXIT_CODE_USAGE;
	}
	*ret_usec = usec;
	return EXIT_CODE_OK;
}

int option_value_number(const struct arguments *arguments, enum option option, unsigned min,
	unsigned max, unsigned *ret) {
	const char *text = arguments_value(arguments, option);
	uint32_t number;
	if (!text)
		return EXIT_CODE_OK;
	if (number_parse_u32(text, strlen(text), &number) < 0 || number < min || number > max) {
		output_complain(_("--%s: '%s' is no number from %u to %u"), name_of(option), text,
			min, max);
		return EXIT_CODE_USAGE;
	}
	*ret = number;
	return EXIT_CODE_OK;
}

/* The largest number is none: no event has it, and behind it is nothing. */
int option_value_seq(const struct arguments *arguments, enum option option, uint64_t *ret) {
	const char *text = arguments_value(arguments, option);
	uint64_t seq;
	if (!text)
		return EXIT_CODE_OK;
	if (number_parse_u64(text, strlen(text), &seq) < 0 || seq == UINT64_MAX) {
		output_complain(_("'%s' is no number of an event"), text);
		return EXIT_CODE_USAGE;
	}
	*ret = seq;
	return EXIT_CODE_OK;
}

int option_value_word(const struct arguments *arguments, enum option option, unsigned *ret) {
	const struct option_entry *entry = &verbs_grammar.options[option];
	const char *text = arguments_value(arguments, option);
	unsigned i = 0;
	if (!text)
		return EXIT_CODE_OK;
	for (const char *word = entry->words; *word; i++) {
		size_t n = strcspn(word, " ");
		if (strlen(text) == n && strncmp(word, text, n) == 0) {
			*ret = i;
			return EXIT_CODE_OK;
		}
		word += n + strspn(word + n, " ");
	}
	output_complain(_("--%s: '%s' is none of: %s"), entry->name, text, entry->words);
	return EXIT_CODE_USAGE;
}

int option_value_color(const struct arguments *arguments, bool *ret) {
	enum {
		AUTO,
		ALWAYS,
		NEVER,
	};
	unsigned word = AUTO;
	int code = option_value_word(arguments, OPTION_COLOR, &word);
	if (code == EXIT_CODE_OK)
		*ret = word == ALWAYS || (word == AUTO && output_wants_color());
	return code;
}

#include "daemon/trigger-rule.h"

#include <assert.h>
#include <string.h>

#include "base/buffer.h"
#include "base/macros.h"
#include "base/memory.h"
#include "base/words.h"
#include "protocol/imap-pattern.h"

#define ALPHANUMERIC "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
/* systemd.unit(5): "a-z", digits, and these. */
#define NAME_CHARACTERS ALPHANUMERIC ":-_.\\"

/* systemd.unit(5), "String Escaping for Inclusion in Unit Names". */
static void append_escaped(struct buffer *name, const char *text) {
	for (const char *p = text; *p; p++)
		if (*p == '/')
			(void)buffer_append_text(name, "-");
		else if (strchr(ALPHANUMERIC ":_", *p) || (*p == '.' && p != text))
			(void)buffer_append(name, p, 1);
		else
			(void)buffer_append_format(name, "\\x%02x", (unsigned char)*p);
}

/* False: there is a % that means nothing. */
static bool expand(
	struct buffer *name, const char *template, const char *account, const char *mailbox) {
	for (const char *p = template; *p; p++) {
		if (*p != '%') {
			(void)buffer_append(name, p, 1);
			continue;
		}
		switch (*++p) {
		case 'a':
			append_escaped(name, account);
			break;
		case 'm':
			append_escaped(name, mailbox);
			break;
		case '%':
			append_escaped(name, "%");
			break;
		default:
			return false;
		}
	}
	return true;
}

/* The dot of its end: of the kinds that can be started, and for which that makes sense. Or NULL. */
static const char *find_type(const char *name) {
	static const char *const types[] = { ".service", ".target", ".path", ".timer", ".socket" };
	const char *dot = strrchr(name, '.');
	for (size_t i = 0; dot && i < ARRAY_SIZE(types); i++)
		if (!strcmp(dot, types[i]))
			return dot;
	return NULL;
}

/* prefix[@instance].type */
static const char *judge_name(const char *name) {
	const char *type = find_type(name), *at = strchr(name, '@');
	if (!type)
		return "it ends in .service, .target, .path, .timer or .socket";
	if (name[strspn(name, NAME_CHARACTERS "@")] != '\0')
		return "it is made of letters, digits and :-_.\\@";
	if (type == name || at == name)
		return "it begins with letters or digits";
	if (at && type == at + 1)
		return "a template needs an instance, as in fetch@%a.service";
	return NULL;
}

static char *name_of(const char *template, const char *account, const char *mailbox) {
	struct buffer name;
	buffer_init(&name, (size_t)64 * 1024);
	bool is_good = expand(&name, template, account, mailbox) && name.n < TRIGGER_UNIT_MAX;
	char *text = is_good ? buffer_take_text(&name) : NULL;
	buffer_deinit(&name);
	return text;
}

char *trigger_rule_check(const char *text) {
	char **words = NULL;
	if (words_split(text, &words) < 0)
		return memory_format("'%s' is no list of words: a quote is open, perhaps", text);
	CLEANUP_TEXT char *name = name_of(words[0], "a", "m");
	const char *problem = name ? judge_name(name)
				   : "of percent signs it has %a, %m and %% only, and it is short";
	char *sentence =
		problem ? memory_format("'%s' is no name of a unit to start: %s", words[0], problem)
			: NULL;
	for (size_t i = 1; !sentence && words[i]; i++)
		if (imap_pattern_kind(words[i]) > IMAP_PATTERN_GLOB)
			sentence = memory_format("'%s' is no mailbox and no pattern", words[i]);
	words_free(words);
	return sentence;
}

void trigger_rule_init(struct trigger_rule *rule, const char *text) {
	int r = words_split(text, &rule->words);
	assert(r == 0);
	(void)r;
}

void trigger_rule_deinit(struct trigger_rule *rule) {
	rule->words = words_free(rule->words);
}

bool trigger_rule_matches(const struct trigger_rule *rule, const char *mailbox) {
	if (!rule->words[1])
		return true;
	for (size_t i = 1; rule->words[i]; i++)
		if (imap_pattern_matches(rule->words[i], mailbox, '/'))
			return true;
	return false;
}

char *trigger_rule_unit(const struct trigger_rule *rule, const char *account, const char *mailbox) {
	return name_of(rule->words[0], account, mailbox);
}

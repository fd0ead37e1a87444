#include "notify/rule.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/words.h"

#include <glib.h>
#include <string.h>

enum subject {
	SUBJECT_ACCOUNT,
	SUBJECT_MAILBOX,
	SUBJECT_FROM,
	SUBJECT_LIST_ID,
	SUBJECT_SUBJECT,
	SUBJECT_COUNT_
};

/* In the order of the enums. */
static const char *const action_words[] = { "notify", "silent", "urgent", "ignore", NULL };
static const char *const subject_words[] = { "account", "mailbox", "from", "list-id", "subject",
	NULL };

struct rule {
	enum rule_action action;
	char *patterns[SUBJECT_COUNT_]; /* NULL: anything */
};

/* Both are folded. Goes back to the last star only: what an earlier one took does not matter. */
static bool match(const char *pattern, const char *text) {
	const char *star = NULL, *resume = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			resume = text;
		} else if (*pattern &&
			   (*pattern == '?' || g_utf8_get_char(pattern) == g_utf8_get_char(text))) {
			pattern = g_utf8_next_char(pattern);
			text = g_utf8_next_char(text);
		} else if (star) {
			pattern = star;
			text = resume = g_utf8_next_char(resume);
		} else {
			return false;
		}
	}
	return !pattern[strspn(pattern, "*")];
}

bool rule_glob(const char *pattern, const char *text) {
	g_autofree char *folded_pattern = g_utf8_casefold(pattern, -1);
	g_autofree char *folded_text = NULL;

	if (!text || !g_utf8_validate(text, -1, NULL))
		return !strcmp(pattern, "*");
	folded_text = g_utf8_casefold(text, -1);
	return match(folded_pattern, folded_text);
}

/* --- reading --- */

static int find_word(const char *const *words, const char *word, size_t n) {
	for (int i = 0; words[i]; i++)
		if (strlen(words[i]) == n && !strncmp(words[i], word, n))
			return i;
	return -1;
}

static char *unknown_word(const char *what, const char *word, const char *const *words) {
	const char *nearest = text_nearest(word, words);

	if (nearest)
		return memory_format(
			"'%s' is no %s of a rule; did you mean %s?", word, what, nearest);
	return memory_format("'%s' is no %s of a rule", word, what);
}

static char *take_condition(struct rule *rule, const char *word) {
	size_t n = strcspn(word, ":");
	int subject = find_word(subject_words, word, n);

	if (word[n] != ':')
		return memory_format("'%s' is no condition; it is written NAME:GLOB", word);
	if (subject < 0) {
		CLEANUP_TEXT char *name = memory_strndup(word, n);
		return unknown_word("condition", name, subject_words);
	}
	if (rule->patterns[subject])
		return memory_format("%s: is given twice in one rule", subject_words[subject]);
	if (!word[n + 1])
		return memory_format("%s: has no pattern; any is *", subject_words[subject]);
	rule->patterns[subject] = memory_strdup(word + n + 1);
	return NULL;
}

static char *take_words(struct rule *rule, char **words) {
	int action = find_word(action_words, words[0], strlen(words[0]));
	char *problem = NULL;

	if (action < 0)
		return unknown_word("action", words[0], action_words);
	rule->action = (enum rule_action)action;
	for (char **word = words + 1; *word && !problem; word++)
		problem = take_condition(rule, *word);
	return problem;
}

struct rule *rule_new(const char *line, char **ret_problem) {
	CLEANUP(rule_free) struct rule *rule = MEMORY_NEW(struct rule);
	char **words = NULL, *problem = NULL;

	if (words_split(line, &words) < 0)
		problem = memory_strdup("the rule cannot be split into words: a quote is open");
	else
		problem = take_words(rule, words);
	(void)words_free(words);
	if (!problem)
		return TAKE_PTR(rule);
	*ret_problem = problem;
	return NULL;
}

struct rule *rule_free(struct rule *rule) {
	if (!rule)
		return NULL;
	for (int i = 0; i < SUBJECT_COUNT_; i++)
		memory_free(rule->patterns[i]);
	return memory_free(rule);
}

/* --- deciding --- */

/* "Maths <maths.lists.example.org>" is known by what stands in the brackets (RFC 2919). */
static bool fits_list_id(const char *pattern, const char *list_id) {
	const char *start = list_id ? strrchr(list_id, '<') : NULL;

	if (rule_glob(pattern, list_id))
		return true;
	if (!start)
		return false;
	CLEANUP_TEXT char *id = memory_strndup(start + 1, strcspn(start + 1, ">"));
	return rule_glob(pattern, id);
}

static bool fits(enum subject subject, const char *pattern, const struct rule_mail *mail) {
	switch (subject) {
	case SUBJECT_ACCOUNT:
		return rule_glob(pattern, mail->account);
	case SUBJECT_MAILBOX:
		return rule_glob(pattern, mail->mailbox);
	case SUBJECT_FROM:
		return rule_glob(pattern, mail->from_address) ||
		       rule_glob(pattern, mail->from_name);
	case SUBJECT_LIST_ID:
		return fits_list_id(pattern, mail->list_id);
	case SUBJECT_SUBJECT:
		return rule_glob(pattern, mail->subject);
	case SUBJECT_COUNT_:
		break;
	}
	return false;
}

bool rule_fits(const struct rule *rule, const struct rule_mail *mail) {
	for (int i = 0; i < SUBJECT_COUNT_; i++)
		if (rule->patterns[i] && !fits((enum subject)i, rule->patterns[i], mail))
			return false;
	return true;
}

enum rule_action rule_action(const struct rule *rule) {
	return rule->action;
}

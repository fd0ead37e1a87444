#pragma once
/* A rule says what becomes of mail that fits it, in the words of Rule= of [Notify]:
 *
 *     ACTION CONDITION...
 *
 *     ACTION     notify, silent, urgent or ignore
 *     CONDITION  account:GLOB mailbox:GLOB from:GLOB list-id:GLOB subject:GLOB
 *
 * All conditions must fit, and the last rule that fits decides. Case does not matter; * is any text,
 * ? any character. Words are split as in commands, so quotes keep blanks. Pure. */
#include "base/macros.h"

#include <stdbool.h>

enum rule_action {
	RULE_NOTIFY,
	RULE_SILENT, /* no sound */
	RULE_URGENT,
	RULE_IGNORE,
};

/* What a rule looks at; NULL where it is not known, which fits nothing but "*". */
struct rule_mail {
	const char *account;
	const char *mailbox;
	const char *from_name;
	const char *from_address;
	const char *list_id;
	const char *subject;
};

struct rule;

/* NULL with `*ret_problem`, an owned sentence, when the line is none. */
struct rule *rule_new(const char *line, char **ret_problem);
struct rule *rule_free(struct rule *rule);
DEFINE_CLEANUP(struct rule, rule_free);

bool rule_fits(const struct rule *rule, const struct rule_mail *mail);
enum rule_action rule_action(const struct rule *rule);

/* Case does not matter. Takes no more time than pattern times text. */
bool rule_glob(const char *pattern, const char *text);

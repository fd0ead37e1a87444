#pragma once
/* A value of StartUnit=: the name of a unit, and the mailboxes that it is for, as
 * `fetch@%a.service INBOX Lists/...`. %a in the name is the account's id, %m the mailbox, %% a
 * percent sign, each escaped as systemd-escape(1) does it. Pure. */
#include <stdbool.h>

/* systemd's UNIT_NAME_MAX, with the NUL. */
#define TRIGGER_UNIT_MAX 256

struct trigger_rule {
	char **words; /* the unit, then the mailboxes: names, or patterns with * and %; NULL-terminated */
};

/* What is wrong with the text, owned; NULL: nothing. */
char *trigger_rule_check(const char *text);

/* Of a text that was checked. */
void trigger_rule_init(struct trigger_rule *rule, const char *text);
void trigger_rule_deinit(struct trigger_rule *rule);

/* Without mailboxes it is for all. */
bool trigger_rule_matches(const struct trigger_rule *rule, const char *mailbox);

/* The name of the unit, owned; NULL: it would be no name of a unit, since it is too long. */
char *trigger_rule_unit(const struct trigger_rule *rule, const char *account, const char *mailbox);

#pragma once
/* From an event of the daemon (its dictionary, as the contract has it) to a mail. */
#include "notify/news.h"
#include "notify/rule.h"

#include <gio/gio.h>

/* Only the keys that are of use here. The texts live as long as `event`; NULL where it has none, and
 * the account NULL where it has no place. The number is not in it: signals have that beside it. */
void event_parse_mail(GVariant *event, struct news_mail *ret, struct rule_mail *ret_rule);

#include "notify/event.h"

#include "bus/names.h"

#include <stdbool.h>
#include <string.h>

static const char *text_of(GVariant *event, const char *key) {
	const char *value = NULL;

	(void)g_variant_lookup(event, key, "&s", &value);
	return value;
}

/* Sent to many, or by a machine (RFC 2919, RFC 3834). */
static bool is_bulk(GVariant *event) {
	const char *precedence = text_of(event, BUS_KEY_PRECEDENCE);
	const char *list_id = text_of(event, BUS_KEY_LIST_ID);
	const char *auto_submitted = text_of(event, BUS_KEY_AUTO_SUBMITTED);

	return (list_id && *list_id) || (precedence && *precedence) ||
	       (auto_submitted && strcmp(auto_submitted, "no") != 0);
}

void event_parse_mail(GVariant *event, struct news_mail *ret, struct rule_mail *ret_rule) {
	const char *account = text_of(event, BUS_KEY_ACCOUNT);

	*ret = (struct news_mail){
		.id = text_of(event, BUS_KEY_ID),
		.mailbox = text_of(event, BUS_KEY_MAILBOX),
		.from_name = text_of(event, BUS_KEY_FROM_NAME),
		.from_address = text_of(event, BUS_KEY_FROM_ADDRESS),
		.subject = text_of(event, BUS_KEY_SUBJECT),
		.message_id = text_of(event, BUS_KEY_MESSAGE_ID),
		.urgency = is_bulk(event) ? NEWS_BULK : NEWS_PERSONAL,
	};
	*ret_rule = (struct rule_mail){
		.account = account && *account ? account : NULL,
		.mailbox = ret->mailbox,
		.from_name = ret->from_name,
		.from_address = ret->from_address,
		.subject = ret->subject,
		.list_id = text_of(event, BUS_KEY_LIST_ID),
	};
}

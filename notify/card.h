#pragma once
/* What a notification is to be: from what it tells, what the service can do and what the user wants
 * to the fields of the specification. Nothing that the service did not say it can do is in it. Pure. */
#include "notify/desk.h"
#include "notify/news.h"
#include "notify/service.h"
#include "notify/settings.h"
#include "notify/wording-trouble.h"

/* Names of the actions. That of snoozing goes on with seconds. */
#define CARD_OPEN "default"
#define CARD_MARK "mark-read"
#define CARD_SNOOZE "snooze-"

struct card_facts {
	const struct service_abilities *abilities;
	const struct settings *settings;
	const char *account_name; /* NULL where there is one account only */
	const char *problem; /* what a click could not do; NULL: nothing */
	bool is_locked; /* others may see the screen */
	bool is_known; /* of trouble: it was told, and is shown again */
	bool is_inhibited; /* do not disturb */
	bool may_sound; /* none was heard lately */
	bool can_open, can_mark; /* it makes sense for this account */
};

/* Key, serial and number of `ret` are the caller's, the rest is for desk_show(). A sound is named in
 * it when it makes one. */
void card_of_news(const struct news *news, const struct card_facts *facts, struct desk_card *ret);
void card_of_trouble(const struct wording_trouble *trouble, const struct card_facts *facts,
	struct desk_card *ret);

/* 0: it is no action of snoozing. */
uint64_t card_snooze_usec(const char *action);

#include "notify/card.h"

#include "base/memory.h"
#include "base/number.h"
#include "notify/wording.h"

#include <inttypes.h>
#include <string.h>

#define SOUND "message-new-email"

static void add_action(struct desk_card *card, const char *name, const char *label) {
	card->actions[card->n_actions++] = (struct desk_action){
		.name = memory_strdup(name),
		.label = memory_strdup(label),
	};
}

static void add_snooze(struct desk_card *card, uint64_t usec) {
	CLEANUP_TEXT char *name = memory_format(CARD_SNOOZE "%" PRIu64, usec / USEC_PER_SEC);
	CLEANUP_TEXT char *label = wording_snooze(usec);

	add_action(card, name, label);
}

_Static_assert(2 + SETTINGS_SNOOZES_MAX <= DESK_ACTIONS_MAX, "open, mark, snooze");

static void add_actions(
	const struct news *news, const struct card_facts *facts, struct desk_card *card) {
	uint64_t usec;

	if (!facts->abilities->actions)
		return;
	if (facts->can_open)
		add_action(card, CARD_OPEN, wording_open());
	if (facts->can_mark)
		add_action(card, CARD_MARK, wording_mark(news_n_mails(news)));
	for (unsigned i = 0; (usec = settings_snooze(facts->settings, i)) > 0; i++)
		add_snooze(card, usec);
}

static void set_sound(bool is_loud, const struct card_facts *facts, struct desk_card *card) {
	if (!facts->abilities->sound)
		return;
	if (is_loud && facts->may_sound && !facts->is_inhibited &&
		settings_has_sound(facts->settings))
		card->sound = SOUND;
	else
		card->is_quiet = true;
}

/* What only shrinks disturbs nobody. */
static enum desk_urgency urgency_of(const struct news *news) {
	switch (news_urgency(news)) {
	case NEWS_BULK:
		return DESK_LOW;
	case NEWS_PERSONAL:
		return news_has_untold(news) ? DESK_NORMAL : DESK_LOW;
	case NEWS_URGENT:
		return DESK_CRITICAL;
	}
	return DESK_NORMAL;
}

void card_of_news(const struct news *news, const struct card_facts *facts, struct desk_card *ret) {
	const struct wording_style style = {
		.account_name = facts->account_name,
		.privacy = facts->is_locked ? SETTINGS_PRIVACY_COUNT
					    : settings_privacy(facts->settings),
		.problem = facts->problem,
		.markup = facts->abilities->body_markup,
	};
	struct wording wording;

	wording_of_news(news, &style, &wording);
	ret->summary = wording.summary;
	ret->body = wording.body;
	ret->category = "email.arrived";
	ret->has_tag = facts->abilities->stack_tag;
	ret->urgency = urgency_of(news);
	set_sound(news_is_loud(news), facts, ret);
	add_actions(news, facts, ret);
}

void card_of_trouble(const struct wording_trouble *trouble, const struct card_facts *facts,
	struct desk_card *ret) {
	struct wording wording;

	wording_trouble_words(trouble, facts->abilities->body_markup, &wording);
	ret->summary = wording.summary;
	ret->body = wording.body;
	if (facts->problem) {
		CLEANUP_TEXT char *body = ret->body;
		CLEANUP_TEXT char *problem = wording_finish_body(
			memory_strdup(facts->problem), facts->abilities->body_markup);

		ret->body = memory_format("%s\n%s", body, problem);
	}
	ret->category = "network.error";
	ret->has_tag = facts->abilities->stack_tag;
	ret->urgency = facts->is_known ? DESK_LOW : DESK_NORMAL;
	set_sound(false, facts, ret);
	if (facts->abilities->actions && facts->can_open)
		add_action(ret, CARD_OPEN, wording_mend());
}

uint64_t card_snooze_usec(const char *action) {
	uint64_t seconds;

	if (strncmp(action, CARD_SNOOZE, strlen(CARD_SNOOZE)))
		return 0;
	action += strlen(CARD_SNOOZE);
	if (number_parse_u64(action, strlen(action), &seconds) < 0 ||
		seconds > UINT64_MAX / USEC_PER_SEC)
		return 0;
	return seconds * USEC_PER_SEC;
}

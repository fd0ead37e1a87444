#include "notify/news.h"

#include "base/memory.h"
#include "notify/news-mail.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/* A subject may be as long as a header is allowed to be; nobody reads more than its beginning. */
#define TEXT_BYTES_MAX 4096

/* One that is longer is not kept: such a mail can be told of, but not be marked or retired. */
#define ID_BYTES_MAX 2048

/* So many keep their text: what may yet become one of the newest when others are read. */
#define TEXTS_MAX 32

enum phase {
	PHASE_UNTOLD,
	PHASE_IN_FLIGHT,
	PHASE_TOLD,
	PHASE_HELD,
	PHASE_SNOOZED,
};

struct item {
	enum phase phase;
	bool was_told; /* of one in flight */
	bool has_text;
	struct news_mail mail; /* its texts are owned */
};

struct news {
	char *account;
	struct item *items; /* in the order of their numbers */
	unsigned n_items;
	struct {
		uint64_t told, untold, in_flight, were_told;
	} more; /* without an item */
	uint64_t first_usec, last_usec; /* when the untold ones came */
	bool is_in_flight, is_live;
	bool again; /* to be shown anew, whether or not something is untold */
	uint64_t again_usec; /* when */
	uint64_t snoozed_until;
};

static void init_item(struct item *item, const struct news_mail *mail, enum phase phase) {
	struct news_mail known = *mail;

	if (known.id && strlen(known.id) > ID_BYTES_MAX)
		known.id = NULL;
	*item = (struct item){ .phase = phase, .has_text = true };
	news_mail_copy(&known, TEXT_BYTES_MAX, &item->mail);
}

static void remove_item(struct news *n, unsigned i) {
	news_mail_clear(&n->items[i].mail);
	n->n_items--;
	memmove(&n->items[i], &n->items[i + 1], (n->n_items - i) * sizeof(n->items[0]));
}

static void remove_phase(struct news *n, enum phase phase) {
	for (unsigned i = n->n_items; i-- > 0;)
		if (n->items[i].phase == phase)
			remove_item(n, i);
}

static void move_phase(struct news *n, enum phase from, enum phase to) {
	for (unsigned i = 0; i < n->n_items; i++)
		if (n->items[i].phase == from)
			n->items[i].phase = to;
}

static uint64_t count_phase(const struct news *n, enum phase phase) {
	uint64_t count = 0;

	for (unsigned i = 0; i < n->n_items; i++)
		count += n->items[i].phase == phase;
	return count;
}

static struct item *find_item(const struct news *n, const char *id) {
	for (unsigned i = n->n_items; id && i-- > 0;)
		if (n->items[i].mail.id && !strcmp(n->items[i].mail.id, id))
			return &n->items[i];
	return NULL;
}

struct news *news_new(const char *account) {
	struct news *n = MEMORY_NEW(struct news);

	n->account = memory_strdup(account);
	n->snoozed_until = USEC_NEVER;
	return n;
}

struct news *news_free(struct news *n) {
	if (!n)
		return NULL;
	while (n->n_items > 0)
		remove_item(n, n->n_items - 1);
	memory_free(n->items);
	memory_free(n->account);
	return memory_free(n);
}

const char *news_account(const struct news *n) {
	return n->account;
}

/* --- what comes and goes --- */

/* The oldest one becomes a number. */
static void count_oldest(struct news *n) {
	switch (n->items[0].phase) {
	case PHASE_UNTOLD:
	case PHASE_SNOOZED:
		n->more.untold++;
		break;
	case PHASE_IN_FLIGHT:
		n->more.in_flight++;
		n->more.were_told += n->items[0].was_told;
		break;
	case PHASE_TOLD:
		n->more.told++;
		break;
	case PHASE_HELD:
		break;
	}
	remove_item(n, 0);
}

static void append(struct news *n, const struct news_mail *mail, enum phase phase) {
	if (n->n_items == NEWS_MAILS_MAX)
		count_oldest(n);
	n->items = memory_resize(n->items, n->n_items + 1, sizeof(n->items[0]));
	init_item(&n->items[n->n_items++], mail, phase);
	if (n->n_items > TEXTS_MAX) {
		struct item *old = &n->items[n->n_items - 1 - TEXTS_MAX];

		old->has_text = false;
		news_mail_clear_text(&old->mail);
	}
}

bool news_has_untold(const struct news *n) {
	return n->more.untold > 0 || count_phase(n, PHASE_UNTOLD) > 0;
}

void news_add(struct news *n, const struct news_mail *mail, uint64_t now_usec) {
	if (find_item(n, mail->id))
		return;
	if (!news_has_untold(n))
		n->first_usec = now_usec;
	n->last_usec = now_usec;
	append(n, mail, PHASE_UNTOLD);
}

void news_restore(
	struct news *n, const struct news_mail *mail, enum news_state state, bool is_live) {
	if (find_item(n, mail->id))
		return;
	switch (state) {
	case NEWS_UNTOLD:
		append(n, mail, PHASE_UNTOLD);
		break;
	case NEWS_TOLD:
		append(n, mail, PHASE_TOLD);
		n->is_live = n->is_live || is_live;
		n->again = n->again || !is_live;
		break;
	case NEWS_SNOOZED:
		/* Its time may be over already. */
		append(n, mail, n->snoozed_until == USEC_NEVER ? PHASE_UNTOLD : PHASE_SNOOZED);
		break;
	}
}

void news_touch(struct news *n, uint64_t now_usec) {
	n->again_usec = n->again ? MIN(n->again_usec, now_usec) : now_usec;
	n->again = true;
}

/* It may be one of those that are only counted; what else was told before was closed, or dealt with. A
 * number that is too small for a while is better than one that never goes away. */
static bool retire_one_more(struct news *n, uint64_t now_usec) {
	if (n->more.told > 0) {
		n->more.told--;
		news_touch(n, now_usec);
	} else if (n->more.in_flight > 0) {
		n->more.in_flight--;
		n->more.were_told -= n->more.were_told > 0;
		news_touch(n, now_usec);
	} else if (n->more.untold > 0) {
		n->more.untold--;
	} else {
		return false;
	}
	return true;
}

bool news_retire(struct news *n, const char *id, uint64_t now_usec) {
	struct item *item = find_item(n, id);

	if (!item)
		return retire_one_more(n, now_usec);
	if (item->phase == PHASE_TOLD || item->phase == PHASE_IN_FLIGHT)
		news_touch(n, now_usec);
	remove_item(n, (unsigned)(item - n->items));
	return true;
}

/* --- on the screen --- */

uint64_t news_n_mails(const struct news *n) {
	return count_phase(n, PHASE_UNTOLD) + count_phase(n, PHASE_IN_FLIGHT) +
	       count_phase(n, PHASE_TOLD) + n->more.untold + n->more.in_flight + n->more.told;
}

uint64_t news_due(const struct news *n) {
	uint64_t due = USEC_NEVER;

	if (n->is_in_flight)
		return USEC_NEVER;
	if (news_n_mails(n) == 0)
		return n->is_live ? 0 : USEC_NEVER;
	if (n->again)
		due = n->again_usec;
	if (news_has_untold(n)) {
		due = MIN(due, n->last_usec + NEWS_QUIET_USEC);
		due = MIN(due, n->first_usec + NEWS_PATIENCE_USEC);
	}
	return due;
}

bool news_is_empty_but_live(const struct news *n) {
	return n->is_live && !n->is_in_flight && news_n_mails(n) == 0;
}

void news_take(struct news *n) {
	assert(!n->is_in_flight);
	for (unsigned i = 0; i < n->n_items; i++) {
		struct item *item = &n->items[i];

		if (item->phase != PHASE_UNTOLD && item->phase != PHASE_TOLD)
			continue;
		item->was_told = item->phase == PHASE_TOLD;
		item->phase = PHASE_IN_FLIGHT;
	}
	n->more.in_flight = n->more.told + n->more.untold;
	n->more.were_told = n->more.told;
	n->more.told = n->more.untold = 0;
	n->is_in_flight = true;
	n->again = false;
}

void news_told(struct news *n) {
	move_phase(n, PHASE_IN_FLIGHT, PHASE_TOLD);
	n->more.told += n->more.in_flight;
	n->more.in_flight = n->more.were_told = 0;
	n->is_in_flight = false;
	n->is_live = true;
}

void news_failed(struct news *n, uint64_t now_usec) {
	for (unsigned i = 0; i < n->n_items; i++)
		if (n->items[i].phase == PHASE_IN_FLIGHT)
			n->items[i].phase = n->items[i].was_told ? PHASE_TOLD : PHASE_UNTOLD;
	n->more.told += n->more.were_told;
	n->more.untold += n->more.in_flight - n->more.were_told;
	n->more.in_flight = n->more.were_told = 0;
	n->is_in_flight = false;
	n->first_usec = n->last_usec = now_usec;
	n->again = true;
	n->again_usec = now_usec + NEWS_QUIET_USEC;
}

void news_closed(struct news *n) {
	remove_phase(n, PHASE_TOLD);
	n->more.told = 0;
	n->is_live = n->again = false;
}

void news_lost(struct news *n, uint64_t now_usec) {
	bool was_live = n->is_live;

	n->is_live = false;
	if (was_live && news_n_mails(n) > 0)
		news_touch(n, now_usec);
}

/* --- held --- */

char **news_hold(struct news *n, uint64_t now_usec) {
	char **ids = NULL;
	unsigned n_ids = 0;

	for (unsigned i = 0; i < n->n_items; i++) {
		struct item *item = &n->items[i];

		if (item->phase != PHASE_TOLD || !item->mail.id)
			continue;
		item->phase = PHASE_HELD;
		ids = memory_resize(ids, n_ids + 2, sizeof(*ids));
		ids[n_ids++] = memory_strdup(item->mail.id);
		ids[n_ids] = NULL;
	}
	if (n->is_live)
		news_touch(n, now_usec);
	return ids;
}

void news_settle(struct news *n, const char *id) {
	struct item *item = find_item(n, id);

	if (item && item->phase == PHASE_HELD)
		remove_item(n, (unsigned)(item - n->items));
}

void news_give_back(struct news *n, const char *id, uint64_t now_usec) {
	struct item *item = find_item(n, id);

	if (!item || item->phase != PHASE_HELD)
		return;
	/* Not told: the notification that told it may be closed yet. */
	if (!news_has_untold(n))
		n->first_usec = now_usec;
	n->last_usec = now_usec;
	item->phase = PHASE_UNTOLD;
}

/* --- snoozing --- */

void news_snooze(struct news *n, uint64_t until_usec, uint64_t now_usec) {
	move_phase(n, PHASE_TOLD, PHASE_SNOOZED);
	n->snoozed_until = until_usec;
	if (n->is_live)
		news_touch(n, now_usec);
}

uint64_t news_snoozed_until(const struct news *n) {
	return n->snoozed_until;
}

void news_wake(struct news *n, uint64_t now_usec) {
	move_phase(n, PHASE_SNOOZED, PHASE_UNTOLD);
	n->snoozed_until = USEC_NEVER;
	n->first_usec = n->last_usec = now_usec;
}

/* --- what it tells --- */

static bool is_visible(const struct item *item) {
	return item->phase == PHASE_UNTOLD || item->phase == PHASE_IN_FLIGHT ||
	       item->phase == PHASE_TOLD;
}

const struct news_mail *news_newest(const struct news *n, unsigned i) {
	if (i >= NEWS_NEWEST_MAX)
		return NULL;
	for (unsigned at = n->n_items; at-- > 0;) {
		const struct item *item = &n->items[at];

		if (is_visible(item) && item->has_text && i-- == 0)
			return &item->mail;
	}
	return NULL;
}

enum news_urgency news_urgency(const struct news *n) {
	enum news_urgency urgency =
		n->more.told + n->more.untold + n->more.in_flight > 0 ? NEWS_PERSONAL : NEWS_BULK;

	for (unsigned i = 0; i < n->n_items; i++)
		if (is_visible(&n->items[i]))
			urgency = MAX(urgency, n->items[i].mail.urgency);
	return urgency;
}

bool news_is_loud(const struct news *n) {
	for (unsigned i = 0; i < n->n_items; i++)
		if (n->items[i].phase == PHASE_UNTOLD && !n->items[i].mail.is_silent &&
			n->items[i].mail.urgency > NEWS_BULK)
			return true;
	return false;
}

bool news_has_urgent(const struct news *n) {
	for (unsigned i = 0; i < n->n_items; i++)
		if (n->items[i].phase == PHASE_UNTOLD && n->items[i].mail.urgency == NEWS_URGENT)
			return true;
	return false;
}

/* --- what is kept --- */

bool news_kept(const struct news *n, unsigned i, uint64_t *ret_seq, enum news_state *ret_state) {
	if (i >= n->n_items)
		return false;
	*ret_seq = n->items[i].mail.seq;
	switch (n->items[i].phase) {
	case PHASE_TOLD:
		*ret_state = NEWS_TOLD;
		break;
	case PHASE_IN_FLIGHT:
		*ret_state = n->items[i].was_told ? NEWS_TOLD : NEWS_UNTOLD;
		break;
	case PHASE_SNOOZED:
		*ret_state = NEWS_SNOOZED;
		break;
	case PHASE_UNTOLD:
	case PHASE_HELD: /* what became of it is not known yet, or is in the daemon's log */
		*ret_state = NEWS_UNTOLD;
		break;
	}
	return true;
}

void news_more(const struct news *n, uint64_t *ret_told, uint64_t *ret_untold) {
	*ret_told = n->more.told + n->more.were_told;
	*ret_untold = n->more.untold + n->more.in_flight - n->more.were_told;
}

void news_restore_more(struct news *n, uint64_t n_told, uint64_t n_untold) {
	n->more.told = n_told;
	n->more.untold = n_untold;
}

bool news_is_idle(const struct news *n) {
	return n->n_items == 0 && news_n_mails(n) == 0 && !n->is_live && !n->is_in_flight &&
	       n->snoozed_until == USEC_NEVER;
}

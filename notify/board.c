#include "notify/board.h"

#include "base/memory.h"

#include <string.h>

/* A notification of trouble has the account's id behind this; ids have no blanks. */
#define TROUBLE_PREFIX "trouble "

const char *board_account(const struct board_entry *entry) {
	return news_account(entry->news);
}

static void clear_entry(struct board_entry *entry) {
	for (unsigned kind = 0; kind < BOARD_KIND_COUNT_; kind++)
		memory_free(entry->faces[kind].problem);
	(void)news_free(entry->news);
	*entry = (struct board_entry){ 0 };
}

void board_deinit(struct board *b) {
	while (b->n > 0)
		clear_entry(&b->entries[--b->n]);
}

struct board_entry *board_find(struct board *b, const char *account) {
	for (unsigned i = 0; i < b->n; i++)
		if (!strcmp(board_account(&b->entries[i]), account))
			return &b->entries[i];
	return NULL;
}

static bool is_idle(const struct board_entry *entry, uint64_t wall_usec) {
	return news_is_idle(entry->news) && trouble_is_idle(&entry->trouble, wall_usec) &&
	       entry->faces[BOARD_MAIL].number == 0 && entry->faces[BOARD_TROUBLE].number == 0;
}

static struct board_entry *new_entry(struct board *b, const char *account, uint64_t wall_usec) {
	struct board_entry *entry = NULL;

	for (unsigned i = 0; i < b->n && !entry; i++)
		if (is_idle(&b->entries[i], wall_usec))
			entry = &b->entries[i];
	if (!entry && b->n == BOARD_ACCOUNTS_MAX)
		return NULL;
	if (!entry)
		entry = &b->entries[b->n++];
	clear_entry(entry);
	entry->news = news_new(account);
	return entry;
}

struct board_entry *board_take(struct board *b, const char *account, uint64_t wall_usec) {
	struct board_entry *entry = board_find(b, account);

	/* The last place is kept for BOARD_OTHERS. */
	if (!entry && b->n < BOARD_ACCOUNTS_MAX - 1)
		entry = new_entry(b, account, wall_usec);
	if (!entry)
		entry = board_find(b, BOARD_OTHERS);
	return entry ? entry : new_entry(b, BOARD_OTHERS, wall_usec);
}

char *board_key(const struct board_entry *entry, enum board_kind kind) {
	return memory_format(
		"%s%s", kind == BOARD_TROUBLE ? TROUBLE_PREFIX : "", board_account(entry));
}

struct board_entry *board_find_key(struct board *b, const char *key, enum board_kind *ret_kind) {
	size_t n = strlen(TROUBLE_PREFIX);
	bool is_trouble = !strncmp(key, TROUBLE_PREFIX, n);

	*ret_kind = is_trouble ? BOARD_TROUBLE : BOARD_MAIL;
	return board_find(b, is_trouble ? key + n : key);
}

struct board_entry *board_find_inherited(
	struct board *b, uint32_t number, enum board_kind *ret_kind) {
	for (unsigned i = 0; i < b->n * BOARD_KIND_COUNT_; i++) {
		struct board_entry *entry = &b->entries[i / BOARD_KIND_COUNT_];
		enum board_kind kind = (enum board_kind)(i % BOARD_KIND_COUNT_);

		if (!entry->faces[kind].is_inherited || entry->faces[kind].number != number)
			continue;
		*ret_kind = kind;
		return entry;
	}
	return NULL;
}

void board_close(struct board_entry *entry, enum board_kind kind) {
	struct board_face *face = &entry->faces[kind];

	face->number = 0;
	face->is_inherited = false;
	if (face->is_problem_shown)
		face->problem = memory_free(face->problem);
	if (kind == BOARD_MAIL)
		news_closed(entry->news);
	else
		trouble_closed(&entry->trouble);
}

void board_lose(struct board *b, uint64_t now_usec) {
	for (unsigned i = 0; i < b->n; i++) {
		struct board_entry *entry = &b->entries[i];

		for (unsigned kind = 0; kind < BOARD_KIND_COUNT_; kind++) {
			entry->faces[kind].number = 0;
			entry->faces[kind].is_inherited = false;
		}
		news_lost(entry->news, now_usec);
		trouble_lost(&entry->trouble);
	}
}

void board_touch(struct board *b, uint64_t now_usec) {
	for (unsigned i = 0; i < b->n; i++) {
		if (b->entries[i].faces[BOARD_MAIL].number > 0)
			news_touch(b->entries[i].news, now_usec);
		if (b->entries[i].trouble.is_live)
			b->entries[i].trouble.again = true;
	}
}

uint64_t board_wake(struct board *b, uint64_t now_usec, uint64_t wall_usec) {
	uint64_t next = USEC_NEVER;

	for (unsigned i = 0; i < b->n; i++) {
		uint64_t until = news_snoozed_until(b->entries[i].news);

		if (until <= wall_usec)
			news_wake(b->entries[i].news, now_usec);
		else
			next = MIN(next, until);
	}
	return next;
}

/* --- over a restart --- */

static void keep_news(const struct news *news, struct ledger_account *a) {
	uint64_t seq, snoozed_until = news_snoozed_until(news);
	enum news_state state;

	for (unsigned i = 0; news_kept(news, i, &seq, &state); i++)
		ledger_add(a, state, seq);
	news_more(news, &a->more_told, &a->more_untold);
	a->snoozed_until = snoozed_until == USEC_NEVER ? 0 : snoozed_until;
}

static const char *ledger_id(const char *account) {
	return *account ? account : LEDGER_OTHERS;
}

static const char *account_of(const char *id) {
	return strcmp(id, LEDGER_OTHERS) ? id : BOARD_OTHERS;
}

void board_keep(const struct board *b, struct ledger *l) {
	for (unsigned i = 0; i < b->n; i++) {
		const struct board_entry *entry = &b->entries[i];
		const struct trouble *trouble = &entry->trouble;
		struct ledger_account *a = NULL;

		if (!news_is_idle(entry->news) || trouble->told != REASON_NONE)
			a = ledger_take_account(l, ledger_id(board_account(entry)));
		if (!a)
			continue;
		keep_news(entry->news, a);
		a->card = entry->faces[BOARD_MAIL].number;
		if (trouble->told != REASON_NONE)
			a->trouble = memory_strdup(reason_to_string(trouble->told));
		a->trouble_usec = trouble->told_wall_usec;
		a->trouble_card = entry->faces[BOARD_TROUBLE].number;
	}
}

static void inherit_face(struct board_face *face, uint32_t number) {
	face->number = number;
	face->is_inherited = number > 0;
}

void board_inherit(struct board *b, const struct ledger *l, uint64_t now_usec) {
	for (size_t i = 0; i < l->n_accounts; i++) {
		const struct ledger_account *a = &l->accounts[i];
		struct board_entry *entry = NULL;

		if (b->n < BOARD_ACCOUNTS_MAX)
			entry = new_entry(b, account_of(a->id), 0);
		if (!entry)
			return;
		inherit_face(&entry->faces[BOARD_MAIL], a->card);
		inherit_face(&entry->faces[BOARD_TROUBLE], a->trouble_card);
		news_restore_more(entry->news, a->more_told, a->more_untold);
		if (a->snoozed_until > 0)
			news_snooze(entry->news, a->snoozed_until, now_usec);
		if (!a->trouble)
			continue;
		entry->trouble.told = reason_from_string(a->trouble);
		entry->trouble.told_wall_usec = a->trouble_usec;
		entry->trouble.is_live = a->trouble_card > 0;
		/* until the daemon says how it is */
		if (entry->trouble.is_live)
			entry->trouble.reason = entry->trouble.told;
	}
}

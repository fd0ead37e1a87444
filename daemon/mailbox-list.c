#include "daemon/mailbox-list.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"
#include "daemon/account-config.h"
#include "protocol/imap-pattern.h"
#include "protocol/limits.h"
#include "store/store.h"

/* Beyond the session's own limit there is room for those that are not watched. */
#define MAILBOXES_MAX (2 * IMAP_MAILBOXES_MAX)
/* A sentence names so many bytes of names. */
#define MISSING_MAX 200

static size_t find(const struct mailbox_list *list, const char *name) {
	bool is_inbox = text_equal_nocase(name, "INBOX");
	size_t i = 0;
	for (; i < list->n; i++)
		if (strcmp(list->items[i].name, name) == 0 ||
			(is_inbox && text_equal_nocase(list->items[i].name, "INBOX")))
			break;
	return i;
}

const struct mailbox *mailbox_list_find(const struct mailbox_list *list, const char *name) {
	size_t i = find(list, name);
	return i < list->n ? &list->items[i] : NULL;
}

/* NULL when there are too many. */
static struct mailbox *add(struct mailbox_list *list, const char *name) {
	size_t i = find(list, name);
	if (i < list->n)
		return &list->items[i];
	if (list->n >= MAILBOXES_MAX)
		return NULL;
	list->items = memory_resize(list->items, list->n + 1, sizeof(*list->items));
	const char *spelt = text_equal_nocase(name, "INBOX") ? "INBOX" : name;
	list->items[list->n] = (struct mailbox){ .name = memory_strdup(spelt), .special_use = "" };
	return &list->items[list->n++];
}

static void drop(struct mailbox_list *list, size_t i) {
	free(list->items[i].name);
	list->n--;
	memmove(&list->items[i], &list->items[i + 1], (list->n - i) * sizeof(*list->items));
}

static void on_remembered(const char *name, void *userdata) {
	struct mailbox *mailbox = add(userdata, name);
	if (mailbox)
		mailbox->is_watched = true;
}

/* Remembered ones count as long as a pattern or use may mean them: the server's list will tell. */
void mailbox_list_load(
	struct mailbox_list *list, struct store *store, const struct account_config *config) {
	bool has_pattern = false;
	for (size_t i = 0; i < config->n_watch; i++) {
		bool is_name = imap_pattern_kind(config->watch[i]) == IMAP_PATTERN_NAME;
		struct mailbox *mailbox = is_name ? add(list, config->watch[i]) : NULL;
		has_pattern |= !is_name;
		if (mailbox)
			mailbox->is_watched = mailbox->is_named = true;
	}
	if (has_pattern)
		(void)store_list_mailboxes(store, config->id, on_remembered, list);
	for (size_t i = 0; i < list->n; i++) {
		struct store_cursor cursor;
		const char *name = list->items[i].name;
		if (store_load_cursor(store, config->id, name, &cursor) > 0)
			(void)mailbox_list_count(list, name, &cursor);
	}
}

void mailbox_list_deinit(struct mailbox_list *list) {
	while (list->n > 0)
		drop(list, list->n - 1);
	free(list->items);
	*list = (struct mailbox_list){ 0 };
}

bool mailbox_list_count(
	struct mailbox_list *list, const char *name, const struct store_cursor *cursor) {
	struct mailbox *mailbox = add(list, name);
	if (!mailbox)
		return false;
	bool changed = mailbox->messages != cursor->messages || mailbox->unseen != cursor->unseen;
	mailbox->messages = cursor->messages;
	mailbox->unseen = cursor->unseen;
	mailbox->uidvalidity = cursor->uidvalidity;
	mailbox->is_watched = true;
	return changed;
}

void mailbox_list_set(
	struct mailbox_list *list, const char *name, const struct imap_listed *listed) {
	struct mailbox *mailbox = add(list, name);
	if (!mailbox)
		return;
	mailbox->special_use = listed->special_use;
	mailbox->state = listed->state;
	mailbox->is_watched = listed->is_watched;
	mailbox->is_named = listed->is_named;
	mailbox->standing = listed->standing;
	mailbox->is_told = true;
	if (mailbox->state == IMAP_MAILBOX_GONE && !mailbox->is_named)
		drop(list, find(list, name));
}

void mailbox_list_rename(struct mailbox_list *list, const char *old_name, const char *name) {
	size_t old = find(list, old_name);
	if (old == list->n || find(list, name) == old)
		return;
	struct mailbox known = list->items[old];
	struct mailbox *mailbox = add(list, name);
	if (!mailbox)
		return;
	mailbox->messages = known.messages;
	mailbox->unseen = known.unseen;
	mailbox->uidvalidity = known.uidvalidity;
	drop(list, find(list, old_name));
}

void mailbox_list_begin(struct mailbox_list *list) {
	for (size_t i = 0; i < list->n; i++)
		if (list->items[i].state == IMAP_MAILBOX_GONE)
			list->items[i].state = IMAP_MAILBOX_HERE;
}

/* Watched ones are told of only when something changes. */
void mailbox_list_swept(struct mailbox_list *list) {
	for (size_t i = list->n; i-- > 0;) {
		struct mailbox *mailbox = &list->items[i];
		if (!mailbox->is_watched && !mailbox->is_named && !mailbox->is_told)
			drop(list, i);
		else
			mailbox->is_told = false;
	}
}

static bool is_counted(const struct mailbox *mailbox) {
	return mailbox->is_watched && mailbox->state != IMAP_MAILBOX_GONE;
}

uint32_t mailbox_list_unseen(const struct mailbox_list *list) {
	uint32_t sum = 0;
	for (size_t i = 0; i < list->n; i++)
		sum += is_counted(&list->items[i]) ? list->items[i].unseen : 0;
	return sum;
}

uint32_t mailbox_list_total(const struct mailbox_list *list) {
	uint32_t sum = 0;
	for (size_t i = 0; i < list->n; i++)
		sum += is_counted(&list->items[i]) ? list->items[i].messages : 0;
	return sum;
}

char *mailbox_list_missing(const struct mailbox_list *list) {
	struct buffer names;
	bool fits = true;
	buffer_init(&names, MISSING_MAX);
	for (size_t i = 0; i < list->n; i++) {
		const struct mailbox *mailbox = &list->items[i];
		if (!mailbox->is_named || !mailbox->is_watched ||
			mailbox->state == IMAP_MAILBOX_HERE)
			continue;
		fits &= buffer_append_format(
				&names, "%s%s", names.n > 0 ? ", " : "", mailbox->name) >= 0;
	}
	if (names.n == 0 && fits)
		return NULL;
	CLEANUP_TEXT char *text = buffer_take_text(&names);
	return memory_format("%s%s", text, fits ? "" : *text ? ", ..." : "...");
}

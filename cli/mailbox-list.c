#include "cli/mailbox-list.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "bus/names.h"

void mailbox_list_deinit(struct mailbox_list *list) {
	for (size_t i = 0; i < list->n; i++)
		(void)record_free(list->items[i]);
	free(list->items);
	*list = (struct mailbox_list){ 0 };
}

struct record *mailbox_list_add(struct mailbox_list *list) {
	list->items = memory_resize(list->items, list->n + 1, sizeof(*list->items));
	list->items[list->n] = record_new();
	return list->items[list->n++];
}

struct table *mailbox_list_new_table(void) {
	static const char *const heads[] = { "MAILBOX", "WATCHED", "UNSEEN", "TOTAL", "USE" };
	struct table *table = table_new(ARRAY_SIZE(heads));
	table_align_right(table, 2);
	table_align_right(table, 3);
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		table_add(table, TABLE_STYLE_HEAD, heads[i]);
	for (size_t i = 1; i < ARRAY_SIZE(heads); i++)
		table_keep_whole(table, i);
	return table;
}

/* "yes" and "no"; or why there is nothing to watch: "gone", "refused". */
static void add_state(struct table *table, const struct record *mailbox) {
	const char *state = record_text(mailbox, BUS_MAILBOX_STATE);
	bool is_watched = record_boolean(mailbox, BUS_MAILBOX_WATCHED, false);
	if (!text_is_empty(state) && strcmp(state, "here") != 0)
		table_add(table, is_watched ? TABLE_STYLE_BAD : TABLE_STYLE_PLAIN, state);
	else
		table_add(table, is_watched ? TABLE_STYLE_GOOD : TABLE_STYLE_PLAIN,
			is_watched ? "yes" : "no");
}

/* A mailbox that was never looked at has no numbers. */
static void add_number(struct table *table, const struct record *mailbox, const char *key) {
	uint64_t value = record_unsigned(mailbox, key, UINT64_MAX);
	CLEANUP_TEXT char *text =
		value == UINT64_MAX ? memory_strdup("-") : memory_format("%" PRIu64, value);
	table_add(table, TABLE_STYLE_PLAIN, text);
}

void mailbox_list_add_rows(
	const struct mailbox_list *list, const char *account, struct table *table) {
	for (size_t i = 0; i < list->n; i++) {
		const struct record *mailbox = list->items[i];
		const char *name = record_text(mailbox, BUS_MAILBOX_NAME);
		const char *use = record_text(mailbox, BUS_MAILBOX_SPECIAL_USE);
		CLEANUP_TEXT char *place = memory_format(
			"%s%s%s", account ? account : "", account ? "/" : "", name ? name : "");
		table_add(table, TABLE_STYLE_PLAIN, place);
		add_state(table, mailbox);
		add_number(table, mailbox, BUS_MAILBOX_UNSEEN);
		add_number(table, mailbox, BUS_MAILBOX_TOTAL);
		table_add(table, TABLE_STYLE_PLAIN, text_is_empty(use) ? "-" : use);
	}
}

void mailbox_list_write_json(const struct mailbox_list *list, struct json_writer *w) {
	json_begin_array(w);
	for (size_t i = 0; i < list->n; i++) {
		json_begin_object(w);
		record_write_json(list->items[i], NULL, w);
		json_end_object(w);
	}
	json_end_array(w);
}

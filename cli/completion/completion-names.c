#include "cli/completion/completion-names.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "bus/names.h"
#include "cli/exit-code.h"
#include "cli/status-reader.h"
#include "cli/unread-reader.h"

/* Every account is a question of its own, and a person waits. */
#define ACCOUNTS_MAX 50

static int load_accounts(const struct arguments *arguments, struct buffer *out) {
	CLEANUP(status_free) struct status *status = status_new();
	int code = status_reader_ask(arguments, NULL, status);
	for (size_t i = 0; code == EXIT_CODE_OK && i < status->n_accounts; i++) {
		const char *id = record_text(status->accounts[i], BUS_PROPERTY_ID);
		if (id)
			(void)buffer_append_format(out, "%s\n", id);
	}
	return code;
}

static int load_status(const struct arguments *arguments, struct status *status) {
	CLEANUP(status_free) struct status *all = status_new();
	const char *ids[ACCOUNTS_MAX + 1];
	size_t n = 0;
	int code = status_reader_ask(arguments, NULL, all);
	for (size_t i = 0; i < all->n_accounts && n < ACCOUNTS_MAX; i++) {
		ids[n] = record_text(all->accounts[i], BUS_PROPERTY_ID);
		n += ids[n] != NULL;
	}
	ids[n] = NULL;
	return code == EXIT_CODE_OK && n > 0 ? status_reader_ask(arguments, ids, status) : code;
}

static int compare_names(const void *a, const void *b) {
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted; borrowed names in an owned array. */
static const char **sort_names(const struct status *status, size_t *ret_n) {
	const char **names = NULL;
	size_t n = 0;
	for (size_t i = 0; status->mailboxes && i < status->n_accounts; i++)
		for (size_t j = 0; j < status->mailboxes[i].n; j++) {
			names = memory_resize(names, n + 1, sizeof(*names));
			names[n] = record_text(status->mailboxes[i].items[j], BUS_MAILBOX_NAME);
			n += names[n] != NULL;
		}
	if (n > 0)
		qsort(names, n, sizeof(*names), compare_names);
	*ret_n = n;
	return names;
}

static int load_mailboxes(const struct arguments *arguments, struct buffer *out) {
	CLEANUP(status_free) struct status *status = status_new();
	size_t n;
	int code = load_status(arguments, status);
	const char **names = sort_names(status, &n);
	for (size_t i = 0; i < n; i++) {
		CLEANUP_TEXT char *printable = text_printable(names[i]);
		bool is_new = i == 0 || strcmp(names[i], names[i - 1]) != 0;
		if (is_new && strcmp(printable, names[i]) == 0)
			(void)buffer_append_format(out, "%s\n", names[i]);
	}
	free(names);
	return code;
}

static int load_messages(const struct arguments *arguments, struct buffer *out) {
	CLEANUP(unread_list_free) struct unread_list *list = unread_list_new();
	const struct event *event = NULL;
	int code = unread_reader_load(arguments, list);
	while ((event = unread_list_next(list, event)))
		(void)buffer_append_format(out, "%" PRIu64 "\n", event->seq);
	return code;
}

bool completion_names_load(
	const struct arguments *arguments, const char *kind, int *ret_code, struct buffer *out) {
	static const struct {
		const char *kind;
		int (*load)(const struct arguments *arguments, struct buffer *out);
	} kinds[] = {
		{ "accounts", load_accounts },
		{ "mailboxes", load_mailboxes },
		{ "messages", load_messages },
	};
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kind, kinds[i].kind) == 0) {
			*ret_code = kinds[i].load(arguments, out);
			return true;
		}
	return false;
}

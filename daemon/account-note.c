#include "daemon/account-note.h"

#include <string.h>

#include "base/memory.h"

#define MAILBOX ""

struct reading {
	enum account_note note;
	char *text;
};

static int on_part(const struct store_part *part, void *userdata) {
	struct reading *reading = userdata;
	if (part->number == reading->note)
		reading->text = memory_strndup(part->bytes, part->n);
	return 0;
}

int account_note_load(
	struct store *store, const char *account, enum account_note note, char **ret) {
	struct reading reading = { .note = note };
	int r = store_load_parts(store, account, MAILBOX, on_part, &reading);
	if (r >= 0 && reading.text) {
		*ret = reading.text;
		return 1;
	}
	memory_free(reading.text);
	return MIN(r, 0);
}

int account_note_save(
	struct store *store, const char *account, enum account_note note, const char *text) {
	const struct store_part part = { note, text, strlen(text) };
	return store_save_part(store, account, MAILBOX, &part);
}

int account_note_cut(struct store *store, const char *account, enum account_note from) {
	return store_cut_parts(store, account, MAILBOX, from);
}

#include "protocol/imap-place.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "protocol/imap-mailbox-name.h"

/* INBOX is the same in any case (RFC 3501 5.1). */
static bool is_same(const char *a, const char *b) {
	return strcmp(a, b) == 0 ||
	       (text_equal_nocase(a, "INBOX") && text_equal_nocase(b, "INBOX"));
}

size_t imap_place_find(const struct imap_places *places, const char *name) {
	for (size_t i = 0; i < places->n; i++)
		if (is_same(places->items[i].name, name))
			return i;
	return IMAP_PLACE_NONE;
}

size_t imap_place_find_on_wire(const struct imap_places *places, const char *mailbox) {
	for (size_t i = 0; i < places->n; i++)
		if (imap_mailbox_name_is(mailbox, strlen(mailbox), places->items[i].name))
			return i;
	return IMAP_PLACE_NONE;
}

size_t imap_place_add(struct imap_places *places, const char *name) {
	size_t i = imap_place_find(places, name);
	if (i != IMAP_PLACE_NONE)
		return i;
	places->items = memory_resize(places->items, places->n + 1, sizeof(*places->items));
	places->items[places->n] = (struct imap_place){ .name = memory_strdup(name) };
	return places->n++;
}

void imap_place_deinit_all(struct imap_places *places) {
	for (size_t i = 0; i < places->n; i++) {
		free(places->items[i].name);
		imap_announced_deinit(&places->items[i].announced);
		imap_announced_deinit(&places->items[i].marks);
	}
	places->items = memory_free(places->items);
	places->n = 0;
}

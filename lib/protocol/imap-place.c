#include "protocol/imap-place.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "protocol/imap-command.h"
#include "protocol/imap-mailbox-name.h"
#include "protocol/limits.h"

size_t imap_place_find(const struct imap_places *places, const char *name) {
	bool is_inbox = text_equal_nocase(name, "INBOX");
	for (size_t i = 0; i < places->n; i++) {
		const char *known = places->items[i].name;
		if (strcmp(known, name) == 0 || (is_inbox && text_equal_nocase(known, "INBOX")))
			return i;
	}
	return IMAP_PLACE_NONE;
}

size_t imap_place_find_on_wire(const struct imap_places *places, const char *mailbox) {
	CLEANUP_TEXT char *name = imap_mailbox_name_from_wire(mailbox, NULL);
	return name ? imap_place_find(places, name) : IMAP_PLACE_NONE;
}

size_t imap_place_add(struct imap_places *places, const char *name) {
	size_t i = imap_place_find(places, name);
	if (i != IMAP_PLACE_NONE || places->n >= IMAP_MAILBOXES_MAX)
		return i;
	places->items = memory_resize(places->items, places->n + 1, sizeof(*places->items));
	/* however it is spelt: it is what the state and the messages are known by */
	const char *spelt = text_equal_nocase(name, "INBOX") ? "INBOX" : name;
	places->items[places->n] = (struct imap_place){ .name = memory_strdup(spelt) };
	return places->n++;
}

void imap_place_deinit_all(struct imap_places *places) {
	for (size_t i = 0; i < places->n; i++) {
		free(places->items[i].name);
		imap_announced_deinit(&places->items[i].announced);
		imap_announced_deinit(&places->items[i].marks);
		free(places->items[i].wire);
		free(places->items[i].old_name);
	}
	places->items = memory_free(places->items);
	places->n = 0;
}

char *imap_place_argument(const struct imap_place *place) {
	CLEANUP_TEXT char *encoded = imap_mailbox_name_encode(place->name);
	struct buffer out;
	/* at most: every byte behind a backslash */
	buffer_init(&out, 2 * IMAP_TOKEN_MAX);
	if (place->wire || encoded)
		imap_command_append_mailbox(&out, place->wire ? place->wire : encoded);
	return buffer_take_text(&out);
}

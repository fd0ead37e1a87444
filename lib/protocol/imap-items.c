#include "protocol/imap-items.h"

#include "base/memory.h"
#include "protocol/imap-capability.h"
#include "protocol/imap-quirk.h"

static bool can(uint64_t capabilities, uint64_t capability) {
	return (capabilities & capability) == capability;
}

static const char *preview_item(enum imap_preview preview) {
	switch (preview) {
	case IMAP_PREVIEW_NONE:
		return "";
	case IMAP_PREVIEW_LAZY:
		return " PREVIEW (LAZY)";
	case IMAP_PREVIEW_MADE:
		return " PREVIEW";
	}
	return "";
}

static bool has_preview(const struct imap_items *items, uint64_t capabilities) {
	return items->wants_preview && items->level < IMAP_ITEMS_NO_PREVIEW &&
	       can(capabilities, IMAP_CAPABILITY_PREVIEW);
}

/* Gmail's own, since it has nothing of RFC 8474. */
static const char *extension_items(const struct imap_items *items, uint64_t capabilities) {
	if (items->level >= IMAP_ITEMS_NO_EXTENSION)
		return "";
	if (can(capabilities, IMAP_CAPABILITY_OBJECTID))
		return " EMAILID THREADID";
	return can(capabilities, IMAP_CAPABILITY_X_GM_EXT_1) ? " X-GM-MSGID X-GM-THRID X-GM-LABELS"
							     : "";
}

char *imap_items_format(const struct imap_items *items, uint64_t capabilities, uint32_t quirks,
	enum imap_preview preview) {
	if (items->level == IMAP_ITEMS_PLAIN)
		return memory_strdup("UID FLAGS");
	return memory_format("UID FLAGS INTERNALDATE%s ENVELOPE "
			     "BODY.PEEK[HEADER.FIELDS (LIST-ID AUTO-SUBMITTED PRECEDENCE%s)]%s%s",
		quirks & IMAP_QUIRK_NO_SIZE ? "" : " RFC822.SIZE",
		quirks & IMAP_QUIRK_NO_ADDRESSES ? " FROM" : "",
		extension_items(items, capabilities),
		has_preview(items, capabilities) ? preview_item(preview) : "");
}

bool imap_items_refused(struct imap_items *items, uint64_t capabilities) {
	bool had_preview = has_preview(items, capabilities);
	bool had_extension = *extension_items(items, capabilities) != '\0';
	if (items->level == IMAP_ITEMS_PLAIN)
		return false;
	if (had_preview)
		items->level = IMAP_ITEMS_NO_PREVIEW;
	else
		items->level = had_extension ? IMAP_ITEMS_NO_EXTENSION : IMAP_ITEMS_PLAIN;
	return true;
}

void imap_items_answered(struct imap_items *items) {
	bool is_plain = items->level == IMAP_ITEMS_PLAIN;
	if (!items->is_proved)
		items->begin = is_plain ? IMAP_ITEMS_NO_EXTENSION : items->level;
	items->is_proved |= items->level == items->begin;
	items->level = items->begin;
}

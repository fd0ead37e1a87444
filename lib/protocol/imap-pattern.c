#include "protocol/imap-pattern.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "protocol/imap-list.h"

/* Not watched because a pattern matches. */
#define USES_LEFT_OUT                                                                           \
	(IMAP_LIST_SENT | IMAP_LIST_DRAFTS | IMAP_LIST_TRASH | IMAP_LIST_JUNK | IMAP_LIST_ALL | \
		IMAP_LIST_FLAGGED | IMAP_LIST_IMPORTANT)

uint32_t imap_pattern_use(const char *text) {
	return imap_list_attribute_from_word(text, strlen(text)) & IMAP_LIST_USES;
}

enum imap_pattern_kind imap_pattern_kind(const char *text) {
	if (text[0] == '\\')
		return imap_pattern_use(text) != 0 ? IMAP_PATTERN_USE : IMAP_PATTERN_BAD;
	return strpbrk(text, "*%") ? IMAP_PATTERN_GLOB : IMAP_PATTERN_NAME;
}

static bool is_inbox(const char *name) {
	return text_equal_nocase(name, "INBOX");
}

/* No recursion: a * that was passed takes back all that a % or * before it could have done, so one
 * place to go back to for each is enough, and time is at most their product. */
static bool match(const char *glob, const char *name, char delimiter, bool is_prefix) {
	const char *star = NULL, *star_name = NULL, *level = NULL, *level_name = NULL;
	for (;;) {
		if (*glob == '*') {
			star = ++glob;
			star_name = name;
			level = NULL;
		} else if (*glob == '%') {
			level = ++glob;
			level_name = name;
		} else if (*name == '\0' && (is_prefix || *glob == '\0')) {
			return true;
		} else if (*name != '\0' && *glob == *name) {
			glob++;
			name++;
		} else if (level && *level_name != '\0' &&
			   (delimiter == '\0' || *level_name != delimiter)) {
			glob = level;
			name = ++level_name;
		} else if (star && *star_name != '\0') {
			glob = star;
			name = ++star_name;
			level = NULL;
		} else {
			return false;
		}
	}
}

bool imap_pattern_matches(const char *glob, const char *name, char delimiter) {
	if (is_inbox(name) && is_inbox(glob))
		return true;
	return match(glob, name, delimiter, false);
}

bool imap_pattern_reaches(const char *glob, const char *prefix, char delimiter) {
	return match(glob, prefix, delimiter, true);
}

void imap_pattern_add(struct imap_patterns *patterns, const char *text, bool is_ignored) {
	patterns->items = memory_resize(patterns->items, patterns->n + 1, sizeof(*patterns->items));
	patterns->items[patterns->n++] =
		(struct imap_pattern){ .text = memory_strdup(text), .is_ignored = is_ignored };
}

void imap_pattern_deinit_all(struct imap_patterns *patterns) {
	for (size_t i = 0; i < patterns->n; i++)
		free(patterns->items[i].text);
	patterns->items = memory_free(patterns->items);
	patterns->n = 0;
}

bool imap_pattern_needs_list(const struct imap_patterns *patterns) {
	for (size_t i = 0; i < patterns->n; i++)
		if (!patterns->items[i].is_ignored)
			return true;
	return false;
}

static bool is_meant(const char *text, const struct imap_pattern_subject *subject) {
	switch (imap_pattern_kind(text)) {
	case IMAP_PATTERN_NAME:
	case IMAP_PATTERN_GLOB:
		return imap_pattern_matches(text, subject->name, subject->delimiter);
	case IMAP_PATTERN_USE:
		return (imap_pattern_use(text) & subject->attributes) != 0;
	case IMAP_PATTERN_BAD:
		return false;
	}
	return false;
}

bool imap_pattern_is_watched(
	const struct imap_patterns *patterns, const struct imap_pattern_subject *subject) {
	struct imap_pattern_subject s = *subject;
	bool is_watched = s.is_named;
	if (is_inbox(s.name))
		s.attributes |= IMAP_LIST_INBOX;
	for (size_t i = 0; i < patterns->n; i++) {
		const struct imap_pattern *p = &patterns->items[i];
		if (!is_meant(p->text, &s))
			continue;
		if (p->is_ignored)
			return false;
		is_watched |= imap_pattern_kind(p->text) != IMAP_PATTERN_GLOB ||
			      (s.attributes & USES_LEFT_OUT) == 0;
	}
	return is_watched;
}

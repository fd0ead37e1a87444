#pragma once
/* Which mailboxes an account watches: the values of Watch= and Ignore=, held against what a server
 * lists. A value is a name; a pattern with * (anything) or % (anything within one level), as in LIST;
 * or a special use like \Junk. Pure. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum imap_pattern_kind {
	IMAP_PATTERN_NAME,
	IMAP_PATTERN_GLOB,
	IMAP_PATTERN_USE,
	IMAP_PATTERN_BAD, /* a backslash, and no special use behind it */
};

enum imap_pattern_kind imap_pattern_kind(const char *text);

/* The bit (enum imap_list_attribute) of a special use; 0 for what is none. */
uint32_t imap_pattern_use(const char *text);

/* UTF-8, both. INBOX is the same in any case. Without a delimiter (NUL) % is as *. */
bool imap_pattern_matches(const char *glob, const char *name, char delimiter);

/* Whether a name that begins with `prefix` could match. */
bool imap_pattern_reaches(const char *glob, const char *prefix, char delimiter);

struct imap_pattern {
	char *text;
	bool is_ignored;
};

/* All of an account but its watched names. */
struct imap_patterns {
	struct imap_pattern *items;
	size_t n;
};

void imap_pattern_add(struct imap_patterns *patterns, const char *text, bool is_ignored);
void imap_pattern_deinit_all(struct imap_patterns *patterns);
/* Are there any that a server must be asked about: to watch, by pattern or use? */
bool imap_pattern_needs_list(const struct imap_patterns *patterns);

/* One mailbox of a list. */
struct imap_pattern_subject {
	const char *name;
	char delimiter;
	uint32_t attributes; /* enum imap_list_attribute */
	bool is_named; /* Watch= has its very name */
};

/* What Ignore= matches is not watched. What Watch= names, by name or use, is. What a pattern matches
 * is watched too, but for mail that was sent, is not yet, or is thrown away, and for the virtual
 * mailboxes, which show the mail of others once more. */
bool imap_pattern_is_watched(
	const struct imap_patterns *patterns, const struct imap_pattern_subject *subject);

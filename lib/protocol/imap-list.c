#include "protocol/imap-list.h"

#include <string.h>

#include "base/macros.h"
#include "base/text.h"

static const struct {
	const char *word;
	uint32_t bit;
} attributes[] = {
	/* the first word for a bit is the one that is shown */
	{ "\\Inbox", IMAP_LIST_INBOX },
	{ "\\All", IMAP_LIST_ALL },
	{ "\\AllMail", IMAP_LIST_ALL },
	{ "\\Archive", IMAP_LIST_ARCHIVE },
	{ "\\Drafts", IMAP_LIST_DRAFTS },
	{ "\\Flagged", IMAP_LIST_FLAGGED },
	{ "\\Starred", IMAP_LIST_FLAGGED },
	{ "\\Important", IMAP_LIST_IMPORTANT },
	{ "\\Junk", IMAP_LIST_JUNK },
	{ "\\Spam", IMAP_LIST_JUNK },
	{ "\\Sent", IMAP_LIST_SENT },
	{ "\\Trash", IMAP_LIST_TRASH },
	{ "\\NoSelect", IMAP_LIST_NOSELECT },
	{ "\\NoAccess", IMAP_LIST_NOSELECT },
	{ "\\NonExistent", IMAP_LIST_NONEXISTENT },
};

uint32_t imap_list_attribute_from_word(const char *bytes, size_t n) {
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++)
		if (text_equal_nocase_n(bytes, n, attributes[i].word))
			return attributes[i].bit;
	return 0;
}

const char *imap_list_use_to_word(uint32_t bits) {
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++)
		if (attributes[i].bit & bits & IMAP_LIST_USES)
			return attributes[i].word;
	return "";
}

/* Outlook, Thunderbird, Apple Mail, Roundcube and the folders that Courier's users have. */
static const struct {
	const char *name;
	uint32_t use;
} names[] = {
	{ "Drafts", IMAP_LIST_DRAFTS },
	{ "Junk", IMAP_LIST_JUNK },
	{ "Junk E-mail", IMAP_LIST_JUNK },
	{ "Spam", IMAP_LIST_JUNK },
	{ "Sent", IMAP_LIST_SENT },
	{ "Sent Items", IMAP_LIST_SENT },
	{ "Sent Messages", IMAP_LIST_SENT },
	{ "Trash", IMAP_LIST_TRASH },
	{ "Deleted Items", IMAP_LIST_TRASH },
	{ "Deleted Messages", IMAP_LIST_TRASH },
};

uint32_t imap_list_use_of_name(const char *utf8, char delimiter) {
	const char *last = delimiter ? strrchr(utf8, delimiter) : NULL;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (text_equal_nocase(last ? last + 1 : utf8, names[i].name))
			return names[i].use;
	return 0;
}

static bool is_value(const struct imap_token *t) {
	return t->kind == IMAP_TOKEN_ATOM || t->kind == IMAP_TOKEN_NUMBER ||
	       t->kind == IMAP_TOKEN_NIL || t->kind == IMAP_TOKEN_STRING;
}

/* mbox-list-extended = "(" [mbox-list-extended-item *(SP mbox-list-extended-item)] ")"
 * oldname-extended-item = "OLDNAME" SP "(" mailbox ")" */
static enum imap_list_part take_extended(
	struct imap_list_reader *r, const struct imap_token *t, unsigned depth) {
	if (depth == 1 && is_value(t))
		r->expects_old_name = text_equal_nocase_n(t->bytes, t->n, "OLDNAME");
	if (depth != 2 || !is_value(t) || !r->expects_old_name || t->cut)
		return IMAP_LIST_PART_NONE;
	r->expects_old_name = false;
	return IMAP_LIST_PART_OLD_NAME;
}

/* mailbox-list = "(" [mbx-list-flags] ")" SP (DQUOTE QUOTED-CHAR DQUOTE / nil) SP mailbox
 *                [SP mbox-list-extended] */
enum imap_list_part imap_list_take(
	struct imap_list_reader *r, const struct imap_token *t, unsigned depth) {
	if (r->n_values >= 2)
		return take_extended(r, t, depth);
	if (depth > 0) {
		if (r->n_values == 0 && t->kind == IMAP_TOKEN_ATOM && !t->cut)
			r->attributes |= imap_list_attribute_from_word(t->bytes, t->n);
		return IMAP_LIST_PART_NONE;
	}
	if (t->kind == IMAP_TOKEN_CLOSE)
		return IMAP_LIST_PART_NONE;
	if (!is_value(t) || t->cut)
		return IMAP_LIST_PART_BAD;
	if (r->n_values++ == 1)
		return IMAP_LIST_PART_NAME;
	if (t->kind != IMAP_TOKEN_NIL && t->n == 1)
		r->delimiter = t->bytes[0];
	return IMAP_LIST_PART_NONE;
}

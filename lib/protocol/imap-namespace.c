#include "protocol/imap-namespace.h"

#include "base/macros.h"

/* Namespace = nil / "(" 1*("(" string SP (DQUOTE QUOTED_CHAR DQUOTE / nil) *extension ")") ")" */
static enum imap_namespace_part take_list(
	struct imap_namespace_reader *r, const struct imap_token *t, unsigned depth) {
	if (depth == 0 && (t->kind == IMAP_TOKEN_NIL || t->kind == IMAP_TOKEN_CLOSE))
		r->n_lists += t->kind == IMAP_TOKEN_NIL ? 1 : 0;
	else if (depth == 1 && t->kind == IMAP_TOKEN_OPEN)
		r->n_lists++;
	else if (depth == 0 || (depth == 1 && t->kind != IMAP_TOKEN_CLOSE))
		return IMAP_NAMESPACE_PART_BAD;
	return IMAP_NAMESPACE_PART_NONE;
}

enum imap_namespace_part imap_namespace_take(
	struct imap_namespace_reader *r, const struct imap_token *t, unsigned depth) {
	bool is_description = depth == 2 || (depth == 1 && t->kind == IMAP_TOKEN_CLOSE);
	if (r->n_lists > 3)
		return IMAP_NAMESPACE_PART_BAD;
	if (depth == 2 && t->kind == IMAP_TOKEN_OPEN) {
		r->n_values = 0;
		r->delimiter = '\0';
		return IMAP_NAMESPACE_PART_NONE;
	}
	if (!is_description)
		return depth > 2 ? IMAP_NAMESPACE_PART_NONE : take_list(r, t, depth);
	if (t->kind == IMAP_TOKEN_CLOSE)
		return depth == 1 && r->n_values >= 2 ? IMAP_NAMESPACE_PART_END
						      : IMAP_NAMESPACE_PART_NONE;
	if (t->cut)
		return IMAP_NAMESPACE_PART_BAD;
	r->n_values = MIN(r->n_values + 1, 3);
	if (r->n_values == 1)
		return IMAP_NAMESPACE_PART_PREFIX;
	if (r->n_values == 2 && t->kind == IMAP_TOKEN_STRING && t->n == 1)
		r->delimiter = t->bytes[0];
	return IMAP_NAMESPACE_PART_NONE;
}

enum imap_namespace_kind imap_namespace_kind(const struct imap_namespace_reader *r) {
	return r->n_lists <= 1   ? IMAP_NAMESPACE_PERSONAL
	       : r->n_lists == 2 ? IMAP_NAMESPACE_OTHER_USERS
				 : IMAP_NAMESPACE_SHARED;
}

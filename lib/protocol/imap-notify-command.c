#include "protocol/imap-notify-command.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "protocol/imap-command.h"
#include "protocol/imap-mailbox-name.h"
#include "protocol/limits.h"

/* What comes with MessageNew. */
static const char *with_it(enum imap_notify_form form) {
	return form == IMAP_NOTIFY_BASIC ? " MessageExpunge" : " MessageExpunge FlagChange";
}

static const char *name_event(enum imap_notify_form form) {
	return form == IMAP_NOTIFY_BASIC ? "" : " MailboxName";
}

static int append_encoded(struct buffer *out, const char *encoded, size_t *n) {
	int r = buffer_append(out, (*n)++ == 0 ? "(" : " ", 1);
	return r < 0 ? r : imap_command_append_string(out, encoded, true);
}

/* A name is modified UTF-7 here as everywhere (RFC 3501 5.1.3). Dovecot 2.3 takes it for UTF-8, here
 * alone, and passes over what does not exist, as the RFC wants it: both are given, where a literal
 * can be. The basic form is for servers that take offence. */
static int append_name(struct buffer *out, const struct imap_notify_request *request,
	const char *name, size_t *n) {
	CLEANUP_TEXT char *encoded = imap_mailbox_name_encode(name);
	if (!encoded || strpbrk(name, "\r\n"))
		return -EINVAL;
	int r = append_encoded(out, encoded, n);
	bool both = request->literal_plus && request->form != IMAP_NOTIFY_BASIC;
	return r < 0 || !both || !strcmp(encoded, name) ? r : append_encoded(out, name, n);
}

/* " (WORD (NAME...) (events))". 1: all are named; 0: they are too many or too long; -EINVAL. */
static int append_group(struct buffer *out, const struct imap_notify_request *request,
	const char *word, const char *const *names, size_t n_names) {
	size_t before = out->n, n = 0;
	int r = buffer_append_format(out, " (%s ", word);
	for (size_t i = 0; r >= 0 && i < n_names; i++)
		r = append_name(out, request, names[i], &n);
	if (r >= 0)
		r = buffer_append_format(out, ") (MessageNew%s%s))", with_it(request->form),
			name_event(request->form));
	bool is_too_much = r == -ENOBUFS || n > IMAP_NOTIFY_NAMES_MAX ||
			   out->n - before > IMAP_NOTIFY_LENGTH_MAX;
	if (r < 0 || is_too_much)
		out->n = before;
	return is_too_much ? 0 : r < 0 ? r : 1;
}

/* All of the user's own mailboxes, and what else there is by its roots. */
static int append_all(struct buffer *out, const struct imap_notify_request *request) {
	int r = buffer_append_format(out, " (PERSONAL (MessageNew%s%s))", with_it(request->form),
		name_event(request->form));
	if (r >= 0 && request->n_roots > 0)
		r = append_group(out, request, "SUBTREE", request->roots, request->n_roots);
	return MIN(r, 0);
}

static int append_others(struct buffer *out, const struct imap_notify_request *request) {
	if (request->form == IMAP_NOTIFY_SELECTED)
		return 0;
	int r = request->n_mailboxes == 0 ? 1
					  : append_group(out, request, "MAILBOXES",
						    request->mailboxes, request->n_mailboxes);
	if (r == 0)
		return append_all(out, request);
	if (r > 0 && request->wants_names && request->form == IMAP_NOTIFY_FULL)
		r = buffer_append_text(out, " (PERSONAL (MailboxName))");
	return MIN(r, 0);
}

int imap_notify_command_append(struct buffer *out, const struct imap_notify_request *request) {
	size_t before = out->n;
	int r = buffer_append_format(out, "NOTIFY SET STATUS (SELECTED (MessageNew (%s)%s))",
		request->items, with_it(request->form));
	if (r >= 0)
		r = append_others(out, request);
	if (r < 0)
		out->n = before;
	return r;
}

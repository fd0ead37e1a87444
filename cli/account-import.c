#include "cli/account-import.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/account-id.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "cli/account-file.h"
#include "cli/account-import-mailnag.h"
#include "cli/account-import-yaml.h"
#include "config/language.h"

#define ID_LENGTH 56 /* leaves room for the number that tells two apart */
#define NOTES_MAX ((size_t)16 * 1024)
#define FILE_MAX ((size_t)1024 * 1024)

/* --- drafts --- */

struct account_import_draft *account_import_add(struct account_import *import) {
	if (import->n_drafts == ACCOUNT_IMPORT_ACCOUNTS_MAX)
		return NULL;
	struct account_import_draft *draft = MEMORY_NEW(struct account_import_draft);
	buffer_init(&draft->notes, NOTES_MAX);
	draft->security = "tls";
	import->drafts[import->n_drafts++] = draft;
	return draft;
}

static void draft_free(struct account_import_draft *draft) {
	free(draft->id);
	free(draft->host);
	free(draft->user);
	free(draft->port);
	free(draft->command);
	free(draft->key_ring);
	(void)memory_free_secret(draft->password);
	for (size_t i = 0; i < draft->n_mailboxes; i++)
		free(draft->mailboxes[i]);
	buffer_deinit(&draft->notes);
	free(draft);
}

void account_import_deinit(struct account_import *import) {
	for (size_t i = 0; i < import->n_drafts; i++)
		draft_free(import->drafts[i]);
	free(import->problem);
	*import = (struct account_import){ 0 };
}

void account_import_note(struct account_import_draft *draft, const char *note) {
	(void)buffer_append_format(&draft->notes, "%s\n", note);
}

int account_import_fail(struct account_import *import, const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	if (!import->problem)
		import->problem = memory_vformat(format, arguments);
	va_end(arguments);
	return -EBADMSG;
}

int account_import_watch(
	struct account_import *import, struct account_import_draft *draft, const char *mailbox) {
	if (draft->n_mailboxes == ACCOUNT_IMPORT_MAILBOXES_MAX)
		return account_import_fail(import, _("an account has more than %d mailboxes"),
			ACCOUNT_IMPORT_MAILBOXES_MAX);
	draft->mailboxes[draft->n_mailboxes++] = memory_strdup(mailbox);
	return 0;
}

static bool is_this_machine(const char *host) {
	return host &&
	       (!strcmp(host, "localhost") || !strcmp(host, "127.0.0.1") || !strcmp(host, "::1"));
}

void account_import_open(struct account_import_draft *draft) {
	bool is_tls_port =
		draft->port && (!strcmp(draft->port, "993") || !strcmp(draft->port, "995"));
	if (is_this_machine(draft->host) && !is_tls_port) {
		draft->security = "none";
		return;
	}
	draft->security = is_tls_port ? "tls" : "starttls";
	account_import_note(
		draft, _("the connection was not sure to be encrypted; Posthorn insists on it"));
}

/* --- what holds for all --- */

/* A value of one line, which the reader of the file gives back unchanged. */
static bool is_line(const char *text) {
	size_t n = strlen(text);
	if (n == 0 || text[0] == ' ' || text[n - 1] == ' ' || text[n - 1] == '\\')
		return false;
	for (size_t i = 0; i < n; i++)
		if (iscntrl((unsigned char)text[i]))
			return false;
	return text_is_utf8(text, n);
}

/* `problem` where the text cannot stand in a line of a file. */
static int check_line(struct account_import *import, const char *problem, const char *text) {
	if (!text || is_line(text))
		return 0;
	return account_import_fail(import, "%s", problem);
}

/* Names of other letters than ASCII are the daemon's to judge. */
static bool is_host(const char *text) {
	for (; *text; text++)
		if ((unsigned char)*text < 0x80 && !isalnum((unsigned char)*text) &&
			!strchr(".-:_", *text))
			return false;
	return true;
}

static int check_draft(struct account_import *import, const struct account_import_draft *draft) {
	uint16_t port;
	if (text_is_empty(draft->host) || text_is_empty(draft->user))
		return account_import_fail(import, text_is_empty(draft->host)
							   ? _("an account has no host")
							   : _("an account has no user name"));
	if (draft->port && number_parse_port(draft->port, &port) < 0)
		return account_import_fail(import, _("an account has no valid port"));
	if (!is_host(draft->host))
		return account_import_fail(import, _("an account has a host that cannot be used"));
	int r = check_line(import, _("an account has a host that cannot be used"), draft->host);
	r = r < 0 ? r
		  : check_line(import, _("an account has a user name that cannot be used"),
			    draft->user);
	r = r < 0 ? r
		  : check_line(import, _("an account has a password command that cannot be used"),
			    draft->command);
	/* not by is_line(): blanks and backslashes are a password's own affair */
	for (const char *p = draft->password; r == 0 && p && *p; p++)
		if (iscntrl((unsigned char)*p))
			r = account_import_fail(
				import, _("an account has a password that cannot be used"));
	for (size_t i = 0; r == 0 && i < draft->n_mailboxes; i++)
		r = check_line(import, _("an account has a mailbox that cannot be used"),
			draft->mailboxes[i]);
	return r;
}

static bool is_taken(const struct account_import *import, size_t before, const char *id) {
	for (size_t i = 0; i < before; i++)
		if (!strcmp(import->drafts[i]->id, id))
			return true;
	return false;
}

static void settle_id(struct account_import *import, size_t index) {
	struct account_import_draft *draft = import->drafts[index];
	const char *wanted = text_is_empty(draft->id) ? draft->user : draft->id;
	CLEANUP_TEXT char *id = memory_strndup(wanted, MIN(strlen(wanted), (size_t)ID_LENGTH));
	for (char *p = id; *p; p++)
		if (!account_id_is_valid((char[]){ 'x', *p, '\0' }))
			*p = '_';
	if (id[0] == '.')
		id[0] = '_';
	char *unique = memory_strdup(id);
	for (unsigned n = 2; is_taken(import, index, unique); n++) {
		free(unique);
		unique = memory_format("%s-%u", id, n);
	}
	free(draft->id);
	draft->id = unique;
}

static int settle(struct account_import *import, size_t index) {
	struct account_import_draft *draft = import->drafts[index];
	int r = check_draft(import, draft);
	if (r < 0)
		return r;
	settle_id(import, index);
	if (draft->command)
		draft->password = memory_free_secret(draft->password);
	else if (draft->is_token)
		return account_import_fail(import,
			_("account %s logs in with a token and has no command that prints it"),
			draft->id);
	else if (!draft->password && !draft->key_ring)
		account_import_note(draft, _("there was no password in the configuration"));
	return 0;
}

int account_import_read(struct account_import *import, const char *text, size_t n,
	const struct account_import_runner *runner) {
	*import = (struct account_import){ .runner = runner };
	if (n > ACCOUNT_IMPORT_TEXT_MAX)
		return account_import_fail(
			import, _("the file has more than %zu bytes"), ACCOUNT_IMPORT_TEXT_MAX);
	if (!text_is_utf8(text, n))
		return account_import_fail(import, _("the file is not UTF-8 text"));
	bool is_mailnag = account_import_mailnag_matches(text, n);
	import->program = is_mailnag ? "Mailnag" : "goimapnotify";
	int r = is_mailnag ? account_import_mailnag_read(import, text, n)
			   : account_import_yaml_read(import, text, n);
	if (r == 0 && import->n_drafts == 0)
		r = account_import_fail(import, _("there is no account in it"));
	for (size_t i = 0; r == 0 && i < import->n_drafts; i++)
		r = settle(import, i);
	return r;
}

/* --- the file --- */

static void append_quoted(struct buffer *out, const char *text, const char *special, char escape) {
	for (; *text; text++) {
		if (strchr(special, *text))
			(void)buffer_append(out, &escape, 1);
		(void)buffer_append(out, text, 1);
	}
}

/* One word for the shell; the daemon's own splitting knows quotes and backslashes alone. */
static void append_command(struct buffer *out, const struct account_import_draft *draft) {
	(void)buffer_append_format(
		out, "%sCommand=/bin/sh -c \"", draft->is_token ? "Token" : "Password");
	append_quoted(out, draft->command, "\"\\", '\\');
	(void)buffer_append_text(out, "\"\n");
}

static void append_notes(struct buffer *out, const struct account_import_draft *draft) {
	const char *at = (const char *)buffer_bytes(&draft->notes);
	const char *end = at ? at + draft->notes.n : NULL;
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		(void)buffer_append_format(
			out, _("# Not carried over: %.*s.\n"), (int)(stop - at), at);
		at = stop + 1;
	}
}

char *account_import_text(const struct account_import *import,
	const struct account_import_draft *draft, const char *password_file) {
	struct buffer out;
	buffer_init(&out, FILE_MAX);
	(void)buffer_append_format(
		&out, _("# Made by posthorn account import from %s's file.\n"), import->program);
	append_notes(&out, draft);
	(void)buffer_append_format(&out, "[Account]\n%sHost=%s\n",
		draft->is_pop3 ? "Protocol=pop3\n" : "", draft->host);
	if (draft->port)
		(void)buffer_append_format(&out, "Port=%s\n", draft->port);
	(void)buffer_append_format(&out, "Security=%s\nUser=%s\n", draft->security, draft->user);
	if (draft->command)
		append_command(&out, draft);
	else if (password_file)
		(void)buffer_append_format(&out, "PasswordFile=%s\n", password_file);
	else
		(void)buffer_append_format(&out, "PasswordKeyring=%s\n",
			draft->key_ring && !draft->password ? draft->key_ring : "yes");
	if (draft->n_mailboxes > 0 && !draft->is_pop3)
		(void)buffer_append_text(&out, "\n[Mailboxes]\n");
	for (size_t i = 0; i < draft->n_mailboxes && !draft->is_pop3; i++)
		(void)buffer_append_format(&out, "Watch=%s\n", draft->mailboxes[i]);
	char *text = buffer_take_text(&out);
	buffer_deinit(&out);
	return text;
}

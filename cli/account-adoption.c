#include "cli/account-adoption.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "cli/account-creation.h"
#include "cli/account-file.h"
#include "cli/account-import.h"
#include "cli/doctor-child.h"
#include "cli/exit-code.h"
#include "cli/output.h"
#include "cli/question.h"
#include "config/language.h"

/* A password manager may have to ask for its own first. */
#define COMMAND_USEC USEC_PER_MINUTE

struct adoption {
	const char *folder;
	bool is_system;
	bool is_sure;
	struct account_import import;
};

static void report(const char *path, const struct account_import_draft *draft, bool is_system) {
	fprintf(stderr, _("Written to %s.\n"), path);
	CLEANUP_TEXT char *notes = memory_strndup(
		draft->notes.n ? (const char *)buffer_bytes(&draft->notes) : "", draft->notes.n);
	char *rest = notes;
	for (char *note = strsep(&rest, "\n"); note && *note; note = strsep(&rest, "\n"))
		output_complain(_("%s: not carried over: %s"), draft->id, note);
	if (!draft->command && !draft->password && (!draft->key_ring || is_system))
		output_complain(
			_("%s: its password is to be stored, see posthorn.conf(5)"), draft->id);
}

/* 0, negative errno; nothing of this account is left then. */
static int write_one(const struct adoption *a, const struct account_import_draft *draft) {
	CLEANUP_TEXT char *path = account_file_path(a->folder, draft->id);
	CLEANUP_TEXT char *secret =
		a->is_system ? account_creation_secret_path(a->folder, draft->id) : NULL;
	if (draft->password) {
		int r = account_creation_keep_secret(
			a->folder, draft->id, a->is_system, draft->password);
		if (r < 0)
			return r;
		free(secret);
		secret = r > 0 ? NULL : account_creation_secret_path(a->folder, draft->id);
	}
	CLEANUP_TEXT char *text = account_import_text(&a->import, draft, secret);
	int r = account_file_write(path, text);
	if (r < 0 && draft->password)
		account_creation_forget_secret(a->folder, draft->id, a->is_system);
	return r;
}

static void take_back(const struct adoption *a, size_t n) {
	for (size_t i = 0; i < n; i++) {
		const struct account_import_draft *draft = a->import.drafts[i];
		CLEANUP_TEXT char *path = account_file_path(a->folder, draft->id);
		if (draft->is_off)
			continue;
		(void)unlink(path);
		if (draft->password)
			account_creation_forget_secret(a->folder, draft->id, a->is_system);
	}
}

static bool is_there(const struct adoption *a) {
	for (size_t i = 0; i < a->import.n_drafts; i++) {
		if (a->import.drafts[i]->is_off)
			continue;
		const char *id = a->import.drafts[i]->id;
		CLEANUP_TEXT char *path = account_file_path(a->folder, id);
		CLEANUP_TEXT char *secret = account_creation_secret_path(a->folder, id);
		if (access(path, F_OK) == 0 || access(secret, F_OK) == 0) {
			output_complain(
				_("There is an account '%s' already; nothing was written"), id);
			return true;
		}
	}
	return false;
}

static int write_all(const struct adoption *a) {
	for (size_t i = 0; i < a->import.n_drafts; i++) {
		const struct account_import_draft *draft = a->import.drafts[i];
		int r = draft->is_off ? 0 : write_one(a, draft);
		if (r < 0) {
			take_back(a, i);
			output_complain(_("Account %s cannot be written to %s: %s; nothing was"),
				draft->id, a->folder, strerror(-r));
			return EXIT_CODE_REFUSED;
		}
	}
	for (size_t i = 0; i < a->import.n_drafts; i++) {
		const struct account_import_draft *draft = a->import.drafts[i];
		CLEANUP_TEXT char *path = account_file_path(a->folder, draft->id);
		if (draft->is_off)
			output_complain(_("%s: was switched off and is not imported"), draft->id);
		else
			report(path, draft, a->is_system);
	}
	return EXIT_CODE_OK;
}

/* Only its standard output counts. */
static char *first_line_of(const char *command) {
	CLEANUP_TEXT char *script = memory_format("exec 2>/dev/null\n%s", command);
	CLEANUP_TEXT char *text = NULL;
	const char *const argv[] = { "/bin/sh", "-c", script, NULL };
	if (doctor_child_run(argv, COMMAND_USEC, &text) != 0)
		return NULL;
	size_t n = strcspn(text, "\r\n");
	return n > 0 ? memory_strndup(text, n) : NULL;
}

static char *run_command(const char *key, const char *command, void *userdata) {
	const struct adoption *a = userdata;
	CLEANUP_TEXT char *printable = text_printable(command);
	fprintf(stderr, _("%s is the command: %s\n"), key, printable);
	return a->is_sure || question_ask(_("Run it?")) ? first_line_of(command) : NULL;
}

/* Up to one byte more than may be: too much is told by who reads it. */
static int read_file(const char *path, struct buffer *text) {
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	ssize_t n = 1;
	while (n > 0 && text->n <= ACCOUNT_IMPORT_TEXT_MAX) {
		uint8_t *room = buffer_reserve(text, 4096);
		n = room ? read(fd, room, 4096) : 0;
		buffer_commit(text, (size_t)MAX(n, 0));
	}
	int r = n < 0 ? -errno : 0;
	close(fd);
	return r;
}

static int adopt(struct adoption *a, const char *path) {
	struct buffer text;
	buffer_init_secret(&text, ACCOUNT_IMPORT_TEXT_MAX + 8192);
	int code = EXIT_CODE_REFUSED, r = read_file(path, &text);
	const struct account_import_runner runner = { run_command, a };
	const char *bytes = text.n ? (const char *)buffer_bytes(&text) : "";
	if (r < 0)
		output_complain(_("%s cannot be read: %s"), path, strerror(-r));
	else if (account_import_read(&a->import, bytes, text.n, &runner) < 0)
		output_complain(_("%s: %s; nothing was written"), path, a->import.problem);
	else if (!is_there(a))
		code = write_all(a);
	account_import_deinit(&a->import);
	buffer_deinit(&text);
	return code;
}

int account_adoption_run(const char *path, bool is_system, bool is_sure) {
	CLEANUP_TEXT char *folder = account_file_folder(is_system);
	struct adoption adoption = { .folder = folder, .is_system = is_system, .is_sure = is_sure };
	return folder ? adopt(&adoption, path) : EXIT_CODE_REFUSED;
}

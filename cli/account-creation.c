#include "cli/account-creation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/account-id.h"
#include "base/memory.h"
#include "base/text.h"
#include "bus/secret-attributes.h"
#include "bus/secret-keeper.h"
#include "cli/account-file.h"
#include "cli/account-online.h"
#include "cli/account-place.h"
#include "cli/daemon-program.h"
#include "cli/exit-code.h"
#include "cli/output.h"
#include "cli/password-input.h"
#include "cli/question.h"
#include "config/language.h"

char *account_creation_secret_path(const char *folder, const char *id) {
	return memory_format("%s/secrets/%s", folder, id);
}

/* --- the trial --- */

/* A configuration of its own, in memory where there is such a place, gone when it was tried. */
static char *make_trial_folder(void) {
	const char *base = getenv("XDG_RUNTIME_DIR");
	char *folder =
		memory_format("%s/posthorn-new-XXXXXX", base && base[0] == '/' ? base : "/tmp");
	if (mkdtemp(folder))
		return folder;
	output_complain(_("%s cannot be made: %s"), folder, strerror(errno));
	return memory_free(folder);
}

/* What holds for all accounts will hold for the new one. */
static const char *const shared[] = { "posthorn.conf", "posthorn.conf.d" };

static void borrow_shared(const char *folder, const char *trial) {
	for (size_t i = 0; i < ARRAY_SIZE(shared); i++) {
		CLEANUP_TEXT char *from = memory_format("%s/%s", folder, shared[i]);
		CLEANUP_TEXT char *to = memory_format("%s/%s", trial, shared[i]);
		if (access(from, F_OK) == 0 && symlink(from, to) < 0)
			output_complain(_("%s cannot be used: %s"), from, strerror(errno));
	}
}

static void remove_trial_folder(const char *folder, const char *id) {
	CLEANUP_TEXT char *accounts = memory_format("%s/accounts.d", folder);
	CLEANUP_TEXT char *file = account_file_path(folder, id);
	CLEANUP_TEXT char *secrets = memory_format("%s/secrets", folder);
	CLEANUP_TEXT char *secret = account_creation_secret_path(folder, id);
	(void)unlink(file);
	(void)unlink(secret);
	for (size_t i = 0; i < ARRAY_SIZE(shared); i++) {
		CLEANUP_TEXT char *link = memory_format("%s/%s", folder, shared[i]);
		(void)unlink(link);
	}
	(void)rmdir(accounts);
	(void)rmdir(secrets);
	(void)rmdir(folder);
}

static int write_draft(
	const char *folder, const struct account_draft *draft, const char *password) {
	CLEANUP_TEXT char *path = account_file_path(folder, draft->id);
	CLEANUP_TEXT char *text = account_file_text(draft);
	int r = draft->password_file ? account_file_write(draft->password_file, password) : 0;
	return r < 0 ? r : account_file_write(path, text);
}

/* An exit code; the report goes to standard output. */
static int try_draft(const struct account_creation *creation, const char *shared_folder,
	const struct account_draft *draft, const char *password) {
	CLEANUP_TEXT char *folder = make_trial_folder();
	if (!folder)
		return EXIT_CODE_REFUSED;
	borrow_shared(shared_folder, folder);
	CLEANUP_TEXT char *secret = account_creation_secret_path(folder, draft->id);
	struct account_draft trial = *draft;
	trial.password_file = password ? secret : NULL;
	int code = EXIT_CODE_REFUSED;
	int r = write_draft(folder, &trial, password);
	const char *const words[] = { "--config", folder, "--test-account", draft->id,
		creation->wants_push ? "--push" : NULL, NULL };
	if (r < 0)
		output_complain(_("%s cannot be written: %s"), folder, strerror(-r));
	else
		code = daemon_program_run(words);
	remove_trial_folder(folder, draft->id);
	return code;
}

/* --- what is kept --- */

static bool keep_in_key_ring(const char *id, const char *password) {
	const char *const attributes[] = SECRET_ATTRIBUTES_OF(id);
	CLEANUP(secret_keeper_free) struct secret_keeper *keeper = NULL;
	CLEANUP_TEXT char *label = memory_format("Posthorn: %s", id);
	CLEANUP_TEXT char *closed = NULL, *problem = NULL;
	const struct secret_entry entry = {
		.label = label,
		.attributes = attributes,
		.secret = password,
		.n = strlen(password),
	};
	return secret_keeper_open(&keeper, &closed) == 0 &&
	       secret_keeper_store(keeper, &entry, &problem) == 0;
}

int account_creation_keep_secret(
	const char *folder, const char *id, bool is_system, const char *password) {
	CLEANUP_TEXT char *secret = account_creation_secret_path(folder, id);
	if (!is_system && keep_in_key_ring(id, password))
		return 1;
	return account_file_write(secret, password);
}

void account_creation_forget_secret(const char *folder, const char *id, bool is_system) {
	const char *const attributes[] = SECRET_ATTRIBUTES_OF(id);
	CLEANUP(secret_keeper_free) struct secret_keeper *keeper = NULL;
	CLEANUP_TEXT char *secret = account_creation_secret_path(folder, id);
	CLEANUP_TEXT char *closed = NULL, *problem = NULL;
	(void)unlink(secret);
	if (!is_system && secret_keeper_open(&keeper, &closed) == 0)
		(void)secret_keeper_clear(keeper, attributes, &problem);
}

static int keep(const struct account_creation *creation, const char *folder,
	struct account_draft *draft, const char *password) {
	CLEANUP_TEXT char *secret = account_creation_secret_path(folder, draft->id);
	bool in_ring = !creation->is_system && keep_in_key_ring(draft->id, password);
	draft->password_file = in_ring ? NULL : secret;
	int r = write_draft(folder, draft, password);
	if (r < 0) {
		account_creation_forget_secret(folder, draft->id, creation->is_system);
		output_complain(_("The account cannot be written to %s: %s"), folder, strerror(-r));
		return EXIT_CODE_REFUSED;
	}
	CLEANUP_TEXT char *path = account_file_path(folder, draft->id);
	if (in_ring)
		fprintf(stderr, _("Written to %s; the password is in the key ring.\n"), path);
	else
		fprintf(stderr, _("Written to %s; the password is in %s.\n"), path, secret);
	return EXIT_CODE_OK;
}

/* --- what is asked --- */

/* True: there is something that a password is of use for. */
static bool tell_place(const struct account_place *place) {
	CLEANUP_TEXT char *provider = text_printable(place->provider ? place->provider : "");
	CLEANUP_TEXT char *advice = text_printable(place->advice ? place->advice : "");
	CLEANUP_TEXT char *way = text_printable(place->way ? place->way : "");
	if (place->host)
		fprintf(stderr,
			place->is_starttls ? _("Server %s, by %s with STARTTLS, found by %s.\n")
					   : _("Server %s, by %s, found by %s.\n"),
			place->host, place->is_pop3 ? "POP3" : "IMAP", way);
	if (*advice)
		fprintf(stderr, "%s%s%s.\n", provider, *provider ? ": " : "", advice);
	if (place->is_foreign)
		fprintf(stderr, _("DNS alone says so, and the server is outside of the address' "
				  "domain: is it the right one?\n"));
	if (place->host && place->login && !strcmp(place->login, "token")) {
		output_complain(_("This server takes a token, no password: see Auth= and "
				  "TokenCommand= in posthorn.conf(5)"));
		return false;
	}
	return place->host != NULL;
}

/* A line of the file is what these become. */
static bool is_plain(const char *text) {
	return !text || (!text_is_empty(text) && !strpbrk(text, "\r\n\\"));
}

static int agree_on_place(const struct account_creation *creation, struct account_place *place) {
	if (creation->host) {
		place->host = memory_strdup(creation->host);
		return EXIT_CODE_OK;
	}
	int code = account_place_find(creation->address, place);
	if (!tell_place(place) || !is_plain(place->host) || !is_plain(place->user)) {
		output_complain(_("Nothing was tried; --host names a server"));
		return code == EXIT_CODE_OK ? EXIT_CODE_REFUSED : code;
	}
	/* --yes does not speak for a server that somebody else may have put there. */
	if ((creation->is_sure && !place->is_foreign) ||
		question_ask(_("Send your password there, encrypted, to try it?")))
		return EXIT_CODE_OK;
	output_complain(place->is_foreign
				? _("Nothing was tried; --host says that the server is right")
				: _("Nothing was tried; --yes or --host says that the server is "
				    "right"));
	return EXIT_CODE_REFUSED;
}

static char *ask_password(const char *id) {
	CLEANUP_TEXT char *prompt = memory_format(_("Password of %s: "), id);
	CLEANUP_TEXT char *problem = NULL;
	char *password = NULL;
	if (password_input_read(prompt, &password, &problem) < 0)
		output_complain("%s", problem);
	return password;
}

static int create(const struct account_creation *creation, const char *folder,
	const struct account_place *place) {
	struct account_draft draft = {
		.id = creation->address,
		.host = place->host,
		.port = place->port,
		.is_pop3 = place->is_pop3,
		.is_starttls = place->is_starttls,
		.user = creation->user ? creation->user : creation->address,
	};
	if (!creation->user && place->user)
		draft.user = place->user;
	CLEANUP_SECRET char *password = ask_password(draft.id);
	if (!password)
		return EXIT_CODE_USAGE;
	int code = try_draft(creation, folder, &draft, password);
	if (code != EXIT_CODE_OK) {
		output_complain(_("The account does not work as it is; nothing was written"));
		return code;
	}
	return keep(creation, folder, &draft, password);
}

/* Tried as it is: the service has its password or its token already. */
static int create_online(const struct account_creation *creation, const char *folder,
	const struct account_online *online) {
	const struct account_draft draft = { .id = creation->address, .online_id = online->id };
	int code = try_draft(creation, folder, &draft, NULL);
	if (code != EXIT_CODE_OK) {
		output_complain(_("The account does not work as it is; nothing was written"));
		return code;
	}
	CLEANUP_TEXT char *path = account_file_path(folder, draft.id);
	int r = write_draft(folder, &draft, NULL);
	if (r < 0) {
		output_complain(_("%s cannot be written: %s"), path, strerror(-r));
		return EXIT_CODE_REFUSED;
	}
	fprintf(stderr, _("Written to %s; the secret stays with GNOME Online Accounts.\n"), path);
	return EXIT_CODE_OK;
}

/* What the user named goes before. */
static bool find_online(const struct account_creation *creation, struct account_online *ret) {
	if (creation->is_system || creation->host || creation->user ||
		!account_online_find(creation->address, ret))
		return false;
	CLEANUP_TEXT char *host = text_printable(ret->host);
	fprintf(stderr, _("GNOME Online Accounts has this account, at %s.\n"), host);
	if (creation->is_sure || question_ask(_("Use it, without another password?")))
		return true;
	account_online_deinit(ret);
	return false;
}

int account_creation_run(const struct account_creation *creation) {
	const char *at = strchr(creation->address, '@');
	if (!at || at == creation->address || !at[1] || !account_id_is_valid(creation->address) ||
		!is_plain(creation->host) || !is_plain(creation->user)) {
		output_complain(_("'%s' cannot be the address of an account"), creation->address);
		return EXIT_CODE_USAGE;
	}
	CLEANUP_TEXT char *folder = account_file_folder(creation->is_system);
	if (!folder)
		return EXIT_CODE_REFUSED;
	CLEANUP_TEXT char *path = account_file_path(folder, creation->address);
	if (access(path, F_OK) == 0) {
		output_complain(_("There is an account already: %s"), path);
		return EXIT_CODE_REFUSED;
	}
	struct account_online online;
	if (find_online(creation, &online)) {
		int code = create_online(creation, folder, &online);
		account_online_deinit(&online);
		return code;
	}
	struct account_place place = { 0 };
	int code = agree_on_place(creation, &place);
	if (code == EXIT_CODE_OK)
		code = create(creation, folder, &place);
	account_place_deinit(&place);
	return code;
}

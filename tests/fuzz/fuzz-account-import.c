/* Another monitor's configuration may say anything, and what is made of it becomes a file of ours.
 * Invariants: all or nothing, with a problem of one printable line; ids that a file may have, each
 * once; and a file that reads back as exactly what the draft holds: no text got a line of its own. */
#include <errno.h>
#include <string.h>

#include "base/account-id.h"
#include "base/ini.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/account-import.h"
#include "fuzz.h"

struct seen {
	size_t n_hosts, n_users, n_secrets, n_watches;
};

static void check_assignment(
	const struct ini_item *item, const struct account_import_draft *draft, struct seen *seen) {
	if (strcmp(item->key, "Host") == 0) {
		seen->n_hosts++;
		FUZZ_CHECK(strcmp(item->value, draft->host) == 0);
	} else if (strcmp(item->key, "User") == 0) {
		seen->n_users++;
		FUZZ_CHECK(strcmp(item->value, draft->user) == 0);
	} else if (strcmp(item->key, "Watch") == 0) {
		FUZZ_CHECK(seen->n_watches < draft->n_mailboxes);
		FUZZ_CHECK(strcmp(item->value, draft->mailboxes[seen->n_watches++]) == 0);
	} else if (strcmp(item->key, "Port") == 0) {
		FUZZ_CHECK(strcmp(item->value, draft->port) == 0);
	} else if (strcmp(item->key, "PasswordKeyring") == 0 ||
		   strcmp(item->key, "PasswordCommand") == 0 ||
		   strcmp(item->key, "TokenCommand") == 0) {
		seen->n_secrets++;
	} else {
		FUZZ_CHECK(
			strcmp(item->key, "Protocol") == 0 || strcmp(item->key, "Security") == 0);
	}
}

static void check_file(const char *text, const struct account_import_draft *draft) {
	CLEANUP(ini_reader_free) struct ini_reader *reader = ini_reader_new(text, strlen(text));
	struct seen seen = { 0 };
	struct ini_item item;
	while (ini_next(reader, &item) > 0) {
		FUZZ_CHECK(item.kind != INI_BAD);
		if (item.kind == INI_ASSIGNMENT)
			check_assignment(&item, draft, &seen);
	}
	FUZZ_CHECK(seen.n_hosts == 1 && seen.n_users == 1 && seen.n_secrets == 1);
	FUZZ_CHECK(seen.n_watches == (draft->is_pop3 ? 0 : draft->n_mailboxes));
}

static void check_draft(const struct account_import *import, size_t index) {
	const struct account_import_draft *draft = import->drafts[index];
	FUZZ_CHECK(account_id_is_valid(draft->id));
	for (size_t i = 0; i < index; i++)
		FUZZ_CHECK(strcmp(import->drafts[i]->id, draft->id) != 0);
	CLEANUP_TEXT char *text = account_import_text(import, draft, NULL);
	check_file(text, draft);
}

static char *run(const char *key, const char *command, void *userdata) {
	return command[0] == '!' ? NULL : memory_strdup(command);
}

static const struct account_import_runner runner = { .run = run };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
	struct account_import import;
	int r = account_import_read(&import, (const char *)bytes, n, &runner);
	FUZZ_CHECK(r == 0 || r == -EBADMSG);
	FUZZ_CHECK((r == 0) == !import.problem);
	FUZZ_CHECK(import.n_drafts <= ACCOUNT_IMPORT_ACCOUNTS_MAX);
	if (r == 0)
		FUZZ_CHECK(import.n_drafts > 0);
	else
		FUZZ_CHECK(text_is_utf8(import.problem, strlen(import.problem)));
	for (size_t i = 0; r == 0 && i < import.n_drafts; i++)
		check_draft(&import, i);
	account_import_deinit(&import);
	return 0;
}

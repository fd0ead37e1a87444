#include "notify/ledger.h"

#include "base/buffer.h"
#include "base/ini.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "config/config-folders.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES_MAX ((size_t)8 * 1024 * 1024)

#define SECTION_AGENT "Agent"
#define SECTION_ACCOUNT "Account "

/* By enum news_state. */
static const char *const seq_keys[] = { "Untold", "Told", "Snoozed" };

struct ledger *ledger_new(void) {
	return MEMORY_NEW(struct ledger);
}

struct ledger *ledger_free(struct ledger *l) {
	if (!l)
		return NULL;
	for (size_t i = 0; i < l->n_accounts; i++) {
		memory_free(l->accounts[i].id);
		memory_free(l->accounts[i].trouble);
		for (size_t state = 0; state < ARRAY_SIZE(seq_keys); state++)
			memory_free(l->accounts[i].seqs[state].items);
	}
	memory_free(l->accounts);
	memory_free(l->service);
	return memory_free(l);
}

/* It stands in brackets, in a line of its own. */
static bool is_id(const char *id) {
	return *id && strlen(id) <= 128 && !strpbrk(id, "[]\r\n\\") && text_is_utf8(id, strlen(id));
}

struct ledger_account *ledger_find_account(const struct ledger *l, const char *id) {
	for (size_t i = 0; i < l->n_accounts; i++)
		if (!strcmp(l->accounts[i].id, id))
			return &l->accounts[i];
	return NULL;
}

struct ledger_account *ledger_take_account(struct ledger *l, const char *id) {
	struct ledger_account *account = ledger_find_account(l, id);

	if (account || !is_id(id) || l->n_accounts == LEDGER_ACCOUNTS_MAX)
		return account;
	l->accounts = memory_resize(l->accounts, l->n_accounts + 1, sizeof(*l->accounts));
	account = &l->accounts[l->n_accounts++];
	*account = (struct ledger_account){ .id = memory_strdup(id) };
	return account;
}

void ledger_add(struct ledger_account *a, enum news_state state, uint64_t seq) {
	struct ledger_seqs *seqs = &a->seqs[state];

	seqs->items = memory_resize(seqs->items, seqs->n + 1, sizeof(*seqs->items));
	seqs->items[seqs->n++] = seq;
}

static bool has_seq(const struct ledger_seqs *seqs, uint64_t seq) {
	for (size_t i = 0; i < seqs->n; i++)
		if (seqs->items[i] == seq)
			return true;
	return false;
}

static bool find_seq(const struct ledger_account *a, uint64_t seq, enum news_state *ret) {
	for (size_t state = 0; a && state < ARRAY_SIZE(seq_keys); state++)
		if (has_seq(&a->seqs[state], seq)) {
			*ret = (enum news_state)state;
			return true;
		}
	return false;
}

bool ledger_state(const struct ledger *l, const char *account, uint64_t seq, enum news_state *ret) {
	return find_seq(ledger_find_account(l, account), seq, ret) ||
	       find_seq(ledger_find_account(l, LEDGER_OTHERS), seq, ret);
}

uint64_t ledger_read_after(const struct ledger *l) {
	uint64_t after = l->position;

	for (size_t i = 0; i < l->n_accounts; i++)
		for (size_t state = 0; state < ARRAY_SIZE(seq_keys); state++) {
			const struct ledger_seqs *seqs = &l->accounts[i].seqs[state];

			if (seqs->n > 0 && seqs->items[0] > 0)
				after = MIN(after, seqs->items[0] - 1);
		}
	return after;
}

/* --- as text --- */

static int parse_number(const char *text, uint64_t *ret) {
	return number_parse_u64(text, strlen(text), ret);
}

static int parse_card(const char *text, uint32_t *ret) {
	return number_parse_u32(text, strlen(text), ret);
}

static int parse_seqs(const char *text, struct ledger_account *a, enum news_state state) {
	uint64_t seq, last = 0;

	while (*text) {
		size_t n = strcspn(text, " ");

		if (number_parse_u64(text, n, &seq) < 0 || seq <= last ||
			a->seqs[state].n == NEWS_MAILS_MAX)
			return -EBADMSG;
		ledger_add(a, state, last = seq);
		text += n;
		text += strspn(text, " ");
	}
	return 0;
}

static int read_account_key(struct ledger_account *a, const char *key, const char *value) {
	for (size_t state = 0; state < ARRAY_SIZE(seq_keys); state++)
		if (!strcmp(key, seq_keys[state]))
			return parse_seqs(value, a, (enum news_state)state);
	if (!strcmp(key, "SnoozedUntil"))
		return parse_number(value, &a->snoozed_until);
	if (!strcmp(key, "MoreTold"))
		return parse_number(value, &a->more_told);
	if (!strcmp(key, "MoreUntold"))
		return parse_number(value, &a->more_untold);
	if (!strcmp(key, "Card"))
		return parse_card(value, &a->card);
	if (!strcmp(key, "TroubleTold"))
		return parse_number(value, &a->trouble_usec);
	if (!strcmp(key, "TroubleCard"))
		return parse_card(value, &a->trouble_card);
	if (!strcmp(key, "Trouble") && !a->trouble)
		a->trouble = memory_strdup(value);
	return 0; /* of a later version */
}

static int read_item(struct ledger *l, const struct ini_item *item, bool *has_position) {
	struct ledger_account *account;

	if (item->kind == INI_BAD)
		return -EBADMSG;
	if (item->kind == INI_SECTION)
		return 0;
	if (g_str_has_prefix(item->section, SECTION_ACCOUNT)) {
		account = ledger_take_account(l, item->section + strlen(SECTION_ACCOUNT));
		return account ? read_account_key(account, item->key, item->value) : -EBADMSG;
	}
	if (strcmp(item->section, SECTION_AGENT))
		return 0;
	if (!strcmp(item->key, "Position")) {
		*has_position = true;
		return parse_number(item->value, &l->position);
	}
	if (!strcmp(item->key, "Service") && !l->service)
		l->service = memory_strdup(item->value);
	return 0;
}

int ledger_parse(const char *text, size_t n, struct ledger **ret) {
	CLEANUP(ledger_free) struct ledger *l = ledger_new();
	CLEANUP(ini_reader_free) struct ini_reader *reader = ini_reader_new(text, n);
	struct ini_item item;
	bool has_position = false;

	while (ini_next(reader, &item) > 0)
		if (read_item(l, &item, &has_position) < 0)
			return -EBADMSG;
	if (!has_position)
		return -EBADMSG;
	*ret = TAKE_PTR(l);
	return 0;
}

static void format_number(struct buffer *text, const char *key, uint64_t value) {
	if (value > 0)
		(void)buffer_append_format(text, "%s=%" PRIu64 "\n", key, value);
}

static void format_account(struct buffer *text, const struct ledger_account *a) {
	(void)buffer_append_format(text, "[" SECTION_ACCOUNT "%s]\n", a->id);
	for (size_t state = 0; state < ARRAY_SIZE(seq_keys); state++) {
		const struct ledger_seqs *seqs = &a->seqs[state];

		if (seqs->n > 0)
			(void)buffer_append_format(text, "%s=", seq_keys[state]);
		for (size_t i = 0; i < seqs->n; i++)
			(void)buffer_append_format(text, "%" PRIu64 "%c", seqs->items[i],
				i + 1 < seqs->n ? ' ' : '\n');
	}
	format_number(text, "SnoozedUntil", a->snoozed_until);
	format_number(text, "MoreTold", a->more_told);
	format_number(text, "MoreUntold", a->more_untold);
	format_number(text, "Card", a->card);
	if (a->trouble)
		(void)buffer_append_format(text, "Trouble=%s\n", a->trouble);
	format_number(text, "TroubleTold", a->trouble_usec);
	format_number(text, "TroubleCard", a->trouble_card);
}

char *ledger_format(const struct ledger *l) {
	struct buffer text;

	buffer_init(&text, FILE_BYTES_MAX);
	(void)buffer_append_format(
		&text, "[" SECTION_AGENT "]\nPosition=%" PRIu64 "\n", l->position);
	if (l->service)
		(void)buffer_append_format(&text, "Service=%s\n", l->service);
	for (size_t i = 0; i < l->n_accounts; i++)
		format_account(&text, &l->accounts[i]);
	return buffer_take_text(&text);
}

/* --- as a file --- */

char *ledger_default_path(void) {
	CLEANUP_TEXT char *folder = config_folders_home("XDG_STATE_HOME", ".local/state");

	return folder ? memory_format("%s/notify-state", folder) : NULL;
}

static int read_file(const char *path, char **ret_text, size_t *ret_n) {
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat status;
	ssize_t got;
	int r = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0)
		r = -errno;
	else if (!S_ISREG(status.st_mode) || (size_t)status.st_size > FILE_BYTES_MAX)
		r = -EBADMSG;
	if (r == 0) {
		CLEANUP_TEXT char *text = memory_zalloc((size_t)status.st_size + 1, 1);

		got = read(fd, text, (size_t)status.st_size);
		r = got < 0 ? -errno : 0;
		*ret_n = got < 0 ? 0 : (size_t)got;
		*ret_text = TAKE_PTR(text);
	}
	(void)close(fd);
	return r;
}

int ledger_load(const char *path, struct ledger **ret) {
	CLEANUP_TEXT char *text = NULL;
	size_t n = 0;
	int r = read_file(path, &text, &n);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = ledger_parse(text, n, ret);
	return r < 0 ? r : 1;
}

int ledger_save(const char *path, const char *text) {
	g_autofree char *folder = g_path_get_dirname(path);
	g_autoptr(GError) error = NULL;

	if (g_mkdir_with_parents(folder, 0700) < 0)
		return -errno;
	if (g_file_set_contents_full(path, text, (gssize)strlen(text),
		    G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, &error))
		return 0;
	switch (error->code) {
	case G_FILE_ERROR_NOSPC:
		return -ENOSPC;
	case G_FILE_ERROR_ACCES:
		return -EACCES;
	case G_FILE_ERROR_ROFS:
		return -EROFS;
	default:
		return -EIO;
	}
}

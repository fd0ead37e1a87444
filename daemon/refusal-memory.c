#include "daemon/refusal-memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"
#include "config/config-type.h"
#include "daemon/account-config.h"
#include "daemon/account-keys.h"
#include "daemon/account-note.h"
#include "protocol/keyed-hash.h"

#define TEXT_MAX 500
#define DESCRIPTION_MAX ((size_t)1024 * 1024)

void refusal_memory_deinit(struct refusal *refusal) {
	refusal->text = memory_free(refusal->text);
}

static void describe_file(struct buffer *out, const char *path) {
	struct stat file;
	if (!path)
		return;
	if (stat(path, &file) < 0)
		(void)buffer_append_format(out, "%s %d\n", path, errno);
	else
		(void)buffer_append_format(out, "%s %ju %ju %jd.%09ld %jd.%09ld\n", path,
			(uintmax_t)file.st_dev, (uintmax_t)file.st_ino,
			(intmax_t)file.st_mtim.tv_sec, file.st_mtim.tv_nsec,
			(intmax_t)file.st_ctim.tv_sec, file.st_ctim.tv_nsec);
}

static void describe_key(
	struct buffer *out, const struct config_key *key, const struct account_config *config) {
	for (size_t i = 0;; i++) {
		CLEANUP_TEXT char *value =
			key->type->format(key, (const char *)config + key->offset, i);
		if (!value)
			return;
		(void)buffer_append_format(out, "%s=%s\n", key->name, value);
		if (!key->type->is_list)
			return;
	}
}

static unsigned fingerprint(const struct account_config *config) {
	static const uint8_t key[KEYED_HASH_KEY_SIZE] = "posthorn refusal";
	struct buffer out;
	buffer_init(&out, DESCRIPTION_MAX);
	for (size_t i = 0; i < account_keys_table.n; i++) {
		const struct config_key *row = &account_keys_table.keys[i];
		bool is_learned = config->asks_place && (row->flags & CONFIG_KEY_PLACE);
		if ((row->flags & CONFIG_KEY_LOGIN) && !is_learned)
			describe_key(&out, row, config);
	}
	describe_file(&out, config->password_file);
	describe_file(&out, config->client_certificate);
	describe_file(&out, config->client_key);
	uint64_t hash = keyed_hash(key, buffer_bytes(&out), out.n);
	buffer_deinit(&out);
	return (unsigned)(hash & 0xFFFF);
}

/* "auth-failed 2 1795000000000000 4711 [AUTHENTICATIONFAILED] ..."; what is not ours says nothing, nor
 * does what is not of this login. */
static bool parse(const char *text, const struct account_config *config, struct refusal *ret) {
	char word[32];
	int n_read = 0;
	unsigned of_login;
	struct refusal refusal = { .n = 0 };
	if (sscanf(text, "%31s %u %" SCNu64 " %u%n", word, &refusal.n, &refusal.when_usec,
		    &of_login, &n_read) < 4)
		return false;
	refusal.reason = reason_from_string(word);
	if (refusal.reason == REASON_NONE || refusal.n == 0 || of_login != fingerprint(config))
		return false;
	text += n_read;
	refusal.text = *text == ' ' ? memory_strdup(text + 1) : NULL;
	*ret = refusal;
	return true;
}

int refusal_memory_load(
	struct store *store, const struct account_config *config, struct refusal *ret) {
	CLEANUP_TEXT char *text = NULL;
	int r = account_note_load(store, config->id, ACCOUNT_NOTE_REFUSAL, &text);
	return r > 0 ? parse(text, config, ret) : r;
}

int refusal_memory_save(
	struct store *store, const struct account_config *config, const struct refusal *refusal) {
	const char *said = refusal->text ? refusal->text : "";
	CLEANUP_TEXT char *text = memory_format("%s %u %" PRIu64 " %u %.*s",
		reason_to_string(refusal->reason), refusal->n, refusal->when_usec,
		fingerprint(config), (int)text_fit(said, TEXT_MAX), said);
	return account_note_save(store, config->id, ACCOUNT_NOTE_REFUSAL, text);
}

int refusal_memory_forget(struct store *store, const struct account_config *config) {
	return account_note_cut(store, config->id, ACCOUNT_NOTE_REFUSAL);
}

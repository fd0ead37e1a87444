/* An account's file may say anything. Invariants: complaints are bounded and printable, an account
 * that cannot run has one, one that can has what it needs, and what `config show` prints of it reads
 * back as the same account. */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "daemon/account-config.h"
#include "daemon/config-listing.h"
#include "daemon/config.h"
#include "fuzz.h"

#define FILE_NAME "/etc/posthorn/accounts.d/fuzz.conf"

static void check_messages(const struct config_messages *messages) {
	FUZZ_CHECK(messages->n <= CONFIG_MESSAGES_MAX);
	for (size_t i = 0; i < messages->n; i++) {
		const char *text = messages->items[i].text;
		CLEANUP_TEXT char *printable = text_printable(text);
		FUZZ_CHECK(strcmp(printable, text) == 0);
		FUZZ_CHECK(strncmp(text, FILE_NAME ":", strlen(FILE_NAME ":")) == 0);
	}
}

static char *listed(struct account_config *account) {
	struct config_origins none = { 0 };
	struct config_sources sources = { .accounts = &none };
	const struct config config = { .accounts = &account, .n_accounts = 1, .sources = &sources };
	const struct config_listing listing = { .account = account->id };
	struct buffer out;
	buffer_init(&out, SIZE_MAX / 2);
	FUZZ_CHECK(config_listing_write(&listing, &config, &out) == 0);
	return buffer_take_text(&out);
}

static void check_again(struct account_config *account) {
	CLEANUP_TEXT char *text = listed(account);
	struct config_messages messages = { 0 };
	CLEANUP(account_config_free)
	struct account_config *again =
		account_config_parse("fuzz", FILE_NAME, text, strlen(text), &messages);
	FUZZ_CHECK(messages.n == 0 && !again->problem);
	FUZZ_CHECK(account_config_compare(account, again) == ACCOUNT_CONFIG_SAME);
	config_messages_deinit(&messages);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
	struct config_messages messages = { 0 };
	CLEANUP(account_config_free)
	struct account_config *account =
		account_config_parse("fuzz", FILE_NAME, (const char *)bytes, n, &messages);
	check_messages(&messages);
	FUZZ_CHECK(!account->problem || messages.n_errors > 0);
	FUZZ_CHECK(account->name && account->port && account->watch && account->n_watch > 0);
	if (!account->problem) {
		FUZZ_CHECK(account->host && account->user);
		check_again(account);
	}
	config_messages_deinit(&messages);
	return 0;
}

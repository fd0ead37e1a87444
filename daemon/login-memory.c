#include "daemon/login-memory.h"

#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "daemon/account-config.h"
#include "daemon/account-note.h"

/* "host SCRAM-SHA-256-PLUS 0" */
static char *format(const struct account_config *config, const struct login_outcome *outcome) {
	const char *name = sasl_mechanism_facts(outcome->mechanism)->name;
	return memory_format("%s %s %u", config->host, *name ? name : "-", outcome->binding);
}

/* Text that is not ours, or of another host, says nothing. */
static void parse(const char *text, const char *host, struct login_outcome *ret) {
	size_t n_host = strlen(host);
	if (strncmp(text, host, n_host) != 0 || text[n_host] != ' ')
		return;
	text += n_host + 1;
	size_t n = strcspn(text, " ");
	uint32_t binding;
	if (text[n] == '\0' || number_parse_u32(text + n + 1, strlen(text + n + 1), &binding) < 0 ||
		binding >= SASL_BINDING_COUNT_)
		return;
	*ret = (struct login_outcome){
		.mechanism = sasl_mechanism_from_word(text, n),
		.binding = (enum sasl_binding_kind)binding,
	};
}

int login_memory_load(
	struct store *store, const struct account_config *config, struct login_outcome *ret) {
	*ret = (struct login_outcome){ 0 };
	CLEANUP_TEXT char *text = NULL;
	int r = account_note_load(store, config->id, ACCOUNT_NOTE_LOGIN, &text);
	if (r > 0)
		parse(text, config->host, ret);
	return MIN(r, 0);
}

int login_memory_save(struct store *store, const struct account_config *config,
	const struct login_outcome *outcome) {
	struct login_outcome known;
	int r = login_memory_load(store, config, &known);
	if (r < 0)
		return r;
	if (known.mechanism == outcome->mechanism && known.binding == outcome->binding)
		return 0;
	CLEANUP_TEXT char *text = format(config, outcome);
	r = account_note_save(store, config->id, ACCOUNT_NOTE_LOGIN, text);
	return r < 0 ? r : 1;
}

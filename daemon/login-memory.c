#include "daemon/login-memory.h"

#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "daemon/account-config.h"

/* A mailbox has a name: under none stands what is known of the account itself. */
#define MAILBOX ""
#define PART 1

struct reading {
	const char *host;
	struct login_outcome *outcome;
};

/* "host SCRAM-SHA-256-PLUS 0" */
static char *format(const struct account_config *config, const struct login_outcome *outcome) {
	const char *name = sasl_mechanism_facts(outcome->mechanism)->name;
	return memory_format("%s %s %u", config->host, *name ? name : "-", outcome->binding);
}

/* Text that is not ours, or of another host, says nothing. */
static void parse(const struct reading *reading, const char *text) {
	size_t n_host = strlen(reading->host);
	if (strncmp(text, reading->host, n_host) != 0 || text[n_host] != ' ')
		return;
	text += n_host + 1;
	size_t n = strcspn(text, " ");
	uint32_t binding;
	if (text[n] == '\0' || number_parse_u32(text + n + 1, strlen(text + n + 1), &binding) < 0 ||
		binding >= SASL_BINDING_COUNT_)
		return;
	*reading->outcome = (struct login_outcome){
		.mechanism = sasl_mechanism_from_word(text, n),
		.binding = (enum sasl_binding_kind)binding,
	};
}

static int on_part(const struct store_part *part, void *userdata) {
	if (part->number != PART)
		return 0;
	CLEANUP_TEXT char *text = memory_strndup(part->bytes, part->n);
	parse(userdata, text);
	return 0;
}

int login_memory_load(
	struct store *store, const struct account_config *config, struct login_outcome *ret) {
	*ret = (struct login_outcome){ 0 };
	struct reading reading = { config->host, ret };
	int r = store_load_parts(store, config->id, MAILBOX, on_part, &reading);
	return r < 0 ? r : 0;
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
	const struct store_part part = { PART, text, strlen(text) };
	r = store_save_part(store, config->id, MAILBOX, &part);
	return r < 0 ? r : 1;
}

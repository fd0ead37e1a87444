#include "daemon/account-config.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "daemon/account-keys.h"
#include "config/config-type.h"

/* What needs no row in the table: the rules that concern more than one key. */

static uint16_t default_port(const struct account_config *config) {
	bool is_tls = config->security == ACCOUNT_SECURITY_TLS;
	switch (config->protocol) {
	case ACCOUNT_PROTOCOL_IMAP:
		return is_tls ? 993 : 143;
	case ACCOUNT_PROTOCOL_POP3:
		return is_tls ? 995 : 110;
	}
	return 0;
}

/* The source and the mechanism must speak of the same kind of secret. */
static const char *check_secret(const struct account_config *config) {
	bool has_password = config->password_file || config->password_credential ||
			    config->password_command || config->password_keyring;
	bool has_any = has_password || config->token_command || config->goa_account;
	bool is_automatic = config->auth == SASL_MECHANISM_NONE;
	enum sasl_secret wanted = sasl_mechanism_facts(config->auth)->secret;
	if (!is_automatic && wanted == SASL_SECRET_NONE)
		return has_any ? "Auth= external and gssapi need no password, and no token" : NULL;
	if (!has_any && is_automatic && config->client_certificate)
		return NULL;
	if (!has_any)
		return "one of PasswordFile=, PasswordKeyring=, PasswordCommand=, TokenCommand=, "
		       "GoaAccount= or PasswordCredential= is needed";
	if (config->token_command && !is_automatic && wanted == SASL_SECRET_PASSWORD)
		return "TokenCommand= gives tokens, and Auth= wants a password";
	return NULL;
}

/* NULL when all is well. */
static const char *account_config_check(const struct account_config *config) {
	if (config->goa_account && config->protocol != ACCOUNT_PROTOCOL_IMAP)
		return "GoaAccount= is for Protocol=imap";
	if (!config->host)
		return "Host= is missing";
	if (!config->user)
		return "User= is missing";
	const char *problem = check_secret(config);
	if (problem)
		return problem;
	if (config->trust_pin_only && !config->pins)
		return "TrustPinOnly= needs PinSHA256=";
	if (config->client_key && !config->client_certificate)
		return "ClientKey= needs ClientCertificate=";
	if (config->proxy && strchr(config->proxy, '@') && !config->proxy_password_file)
		return "Proxy= names a user; ProxyPasswordFile= is missing";
	bool is_inbox = config->n_watch == 1 && !strcmp(config->watch[0], "INBOX");
	if (config->protocol == ACCOUNT_PROTOCOL_POP3 && !is_inbox)
		return "Protocol=pop3 has one mailbox; Watch= is not for it";
	if (config->protocol == ACCOUNT_PROTOCOL_POP3 && config->ignore)
		return "Protocol=pop3 has one mailbox; Ignore= is not for it";
	return NULL;
}

static void account_config_complete(
	struct account_config *config, struct config_messages *messages) {
	if (!config->name)
		config->name = memory_strdup(config->id);
	config->asks_place = config->goa_account && !config->host;
	if (config->asks_place) {
		config->host = memory_strdup("");
		free(config->user);
		config->user = memory_strdup("");
	}
	if (!config->port)
		config->port = default_port(config);
	config->n_watch = config_type_list_length(config->watch);
	const char *problem = config->problem ? NULL : account_config_check(config);
	if (problem)
		config->problem = memory_strdup(
			config_messages_add(messages, true, config->file, 0, "%s", problem));
}

static int set_text(char **field, const char *text) {
	if (!strcmp(*field, text))
		return 0;
	free(*field);
	*field = memory_strdup(text);
	return 1;
}

int account_config_take_place(struct account_config *config, const struct account_place *place) {
	CLEANUP_TEXT char *bad_host = account_keys_check_host(place->host);
	CLEANUP_TEXT char *bad_user = account_keys_check_user(place->user);
	if (!config->asks_place)
		return 0;
	if (bad_host || bad_user || !*place->host || !*place->user)
		return -EINVAL;
	uint16_t port = config->port;
	enum account_security security = config->security;
	config->security = place->security;
	config->port = place->port ? place->port : default_port(config);
	int changed = port != config->port || security != config->security;
	changed |= set_text(&config->host, place->host);
	return changed | set_text(&config->user, place->user);
}

struct account_config *account_config_new(const struct account_source *source,
	struct config_messages *messages, struct config_origins *origins) {
	struct account_config *config = MEMORY_NEW(struct account_config);
	config->id = memory_strdup(source->id);
	config->file = memory_strdup(source->file);
	struct config_assignments *const layers[2] = { source->shared, source->own };
	config->problem =
		config_assignments_apply(&account_keys_table, config, layers, messages, origins);
	account_config_complete(config, messages);
	return config;
}

struct account_config *account_config_parse(const char *id, const char *file, const char *text,
	size_t n, struct config_messages *messages) {
	static const struct config_table *const tables[] = { &account_keys_table, NULL };
	CLEANUP(config_assignments_free)
	struct config_assignments *own = config_assignments_new(tables, false);
	config_assignments_read(own, file, text, n, messages);
	const struct account_source source = { .id = id, .file = file, .own = own };
	return account_config_new(&source, messages, NULL);
}

struct account_config *account_config_free(struct account_config *config) {
	if (!config)
		return NULL;
	config_assignments_clear(&account_keys_table, config);
	free(config->id);
	free(config->file);
	free(config->problem);
	return memory_free(config);
}

enum account_config_change account_config_compare(
	const struct account_config *old, const struct account_config *new) {
	if (!text_equal(old->problem, new->problem) || old->asks_place != new->asks_place)
		return ACCOUNT_CONFIG_OTHER;
	enum account_config_change change = ACCOUNT_CONFIG_SAME;
	/* What was learned of the place does not differ from what is not known yet. */
	for (size_t i = 0; i < account_keys_table.n; i++) {
		const struct config_key *key = &account_keys_table.keys[i];
		if (key->type->is_equal(
			    (const char *)old + key->offset, (const char *)new + key->offset) ||
			(new->asks_place && (key->flags & CONFIG_KEY_PLACE)))
			continue;
		if (!(key->flags & CONFIG_KEY_LIVE))
			return ACCOUNT_CONFIG_OTHER;
		change = ACCOUNT_CONFIG_LIVE;
	}
	return change;
}

static void swap_bytes(void *a, void *b, size_t n) {
	unsigned char *left = a, *right = b;
	for (size_t i = 0; i < n; i++) {
		unsigned char kept = left[i];
		left[i] = right[i];
		right[i] = kept;
	}
}

void account_config_take_live(struct account_config *config, struct account_config *new) {
	for (size_t i = 0; i < account_keys_table.n; i++) {
		const struct config_key *key = &account_keys_table.keys[i];
		if (key->flags & CONFIG_KEY_LIVE)
			swap_bytes(
				(char *)config + key->offset, (char *)new + key->offset, key->size);
	}
}

char *account_config_pins(const struct account_config *config) {
	CLEANUP_TEXT char *all = memory_strdup("");
	for (size_t i = 0; config->pins && config->pins[i]; i++) {
		CLEANUP_TEXT char *before = all;
		all = memory_format("%s%s ", before, config->pins[i]);
	}
	return TAKE_PTR(all);
}

const char *account_config_protocol(enum account_protocol protocol) {
	switch (protocol) {
	case ACCOUNT_PROTOCOL_IMAP:
		return "imap";
	case ACCOUNT_PROTOCOL_POP3:
		return "pop3";
	}
	return "";
}

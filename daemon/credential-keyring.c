/* PasswordKeyring=: the user's key ring (the Secret Service). While it is locked the account waits
 * for it; nobody is asked to unlock it by a program in the background. */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "bus/secret-attributes.h"
#include "bus/secret-lookup.h"
#include "daemon/account-config.h"
#include "daemon/credential-source.h"
#include "daemon/desktop.h"

struct credential_keyring {
	struct credential credential;
	sd_event_source *deferred;
	struct secret_lookup *lookup;
};

static struct credential_keyring *keyring_of(struct credential *credential) {
	return CONTAINER_OF(credential, struct credential_keyring, credential);
}

static void finish_found(struct credential *credential, const struct secret_answer *found) {
	struct credential_answer answer;
	credential_answer_parse(
		&answer, found->secret, found->n, CREDENTIAL_PASSWORD, credential_now(credential));
	credential_finish_answer(credential, &answer, "the key ring");
	credential_answer_deinit(&answer);
}

static void finish_missing(struct credential *credential, const char *problem) {
	const struct account_config *config = credential->request.config;
	bool is_ours = !strcmp(config->password_keyring[0], "yes");
	CLEANUP_TEXT char *advice =
		memory_format("%s; 'posthorn secret set %s' stores one", problem, config->id);
	credential_fail(credential, REASON_SECRET_FAILED, is_ours ? advice : problem);
}

static void on_answer(const struct secret_answer *answer, void *userdata) {
	struct credential *credential = userdata;
	switch (answer->outcome) {
	case SECRET_FOUND:
		finish_found(credential, answer);
		break;
	case SECRET_MISSING:
		finish_missing(credential, answer->problem);
		break;
	case SECRET_LOCKED:
		credential_fail(credential, REASON_LOCKED, answer->problem);
		break;
	case SECRET_ABSENT:
	case SECRET_FAILED:
		credential_fail(credential, REASON_SECRET_FAILED, answer->problem);
		break;
	}
}

static int on_no_desktop(sd_event_source *source, void *userdata) {
	credential_fail(userdata, REASON_SECRET_FAILED,
		"PasswordKeyring= is for the daemon of a user: a system service has no key ring");
	return 0;
}

/* "name=value" words into name, value, ..., NULL; the names end where the '=' was. */
static const char **split_words(char **words) {
	size_t n = 0;
	while (words[n])
		n++;
	const char **list = MEMORY_NEW_ARRAY(const char *, 2 * n + 1);
	for (size_t i = 0; i < n; i++) {
		char *equals = strchr(words[i], '=');
		list[2 * i] = memory_strndup(words[i], (size_t)(equals - words[i]));
		list[2 * i + 1] = memory_strdup(equals + 1);
	}
	return list;
}

static void free_words(const char **list) {
	for (const char **word = list; *word; word++)
		free((char *)(uintptr_t)*word);
	free(list);
}

static int look_up(struct credential_keyring *k, struct connection *connection) {
	const struct account_config *config = k->credential.request.config;
	const char *const own[] = SECRET_ATTRIBUTES_OF(config->id);
	if (!strcmp(config->password_keyring[0], "yes"))
		return secret_lookup_new(connection, own, on_answer, &k->credential, &k->lookup);
	const char **attributes = split_words(config->password_keyring);
	int r = secret_lookup_new(connection, attributes, on_answer, &k->credential, &k->lookup);
	free_words(attributes);
	return r;
}

static int start(struct credential *credential) {
	struct credential_keyring *k = keyring_of(credential);
	struct desktop *desktop = credential->request.desktop;
	if (!desktop)
		return sd_event_add_defer(
			credential->loop, &k->deferred, on_no_desktop, credential);
	struct connection *connection = desktop_key_ring(desktop);
	return connection ? look_up(k, connection) : -ENOMEM;
}

static void stop(struct credential *credential) {
	struct credential_keyring *k = keyring_of(credential);
	k->deferred = sd_event_source_disable_unref(k->deferred);
	k->lookup = secret_lookup_free(k->lookup);
}

const struct credential_source credential_keyring_source = {
	.size = sizeof(struct credential_keyring),
	.start = start,
	.stop = stop,
};

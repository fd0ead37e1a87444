#include "daemon/config-check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "daemon/account-config.h"
#include "daemon/account-keys.h"
#include "daemon/config.h"
#include "daemon/trust.h"
#include "io/tls-pins.h"

#define PIN_WARNING_SECONDS (14 * 24 * 3600)

/* One account under the eye. */
struct checker {
	struct config *config;
	struct trust trust;
	struct account_config *account;
	const struct config_origins *origins;
};

/* The line that gave the key last. */
static void checker_complain(
	struct checker *c, const char *name, bool is_error, const char *problem) {
	const char *file = c->account->file;
	unsigned line = 0;
	for (size_t i = 0; i < c->origins->n; i++)
		if (!strcmp(c->origins->items[i].key->name, name)) {
			file = c->origins->items[i].file;
			line = c->origins->items[i].line;
		}
	const char *message = config_messages_add(
		&c->config->messages, is_error, file, line, "%s= %s", name, problem);
	if (is_error && !c->account->problem)
		c->account->problem = memory_strdup(message);
}

static void checker_look_at_trust(struct checker *c) {
	/* Borrows all, to be asked about one key at a time. */
	struct account_config part = *c->account;
	struct trust_given given;
	CLEANUP_TEXT char *problem = NULL;
	part.client_certificate = NULL;
	if (part.ca_file && trust_give(&c->trust, &part, &given, &problem) < 0) {
		checker_complain(c, "CAFile", true, problem);
		return;
	}
	part.client_certificate = c->account->client_certificate;
	if (part.client_certificate && trust_give(&c->trust, &part, &given, &problem) < 0)
		checker_complain(c, "ClientCertificate", true, problem);
}

static void checker_look_at_pins(struct checker *c) {
	if (!c->account->pins)
		return;
	CLEANUP_TEXT char *text = account_config_pins(c->account);
	CLEANUP_TEXT char *problem = NULL;
	CLEANUP(tls_pins_free) struct tls_pins *pins = NULL;
	int64_t now = time(NULL);
	if (tls_pins_new(text, &pins, &problem) < 0)
		checker_complain(c, "PinSHA256", true, problem);
	else if (tls_pins_end(pins) <= now)
		checker_complain(c, "PinSHA256", true, "the last day of every pin has passed");
	else if (tls_pins_end(pins) - now < PIN_WARNING_SECONDS)
		checker_complain(c, "PinSHA256", false,
			"every pin ends within two weeks; the server is refused then");
}

static void checker_look_at_secret(struct checker *c, const char *name, const char *path) {
	if (!path)
		return;
	struct stat status;
	CLEANUP_TEXT char *problem = NULL;
	if (stat(path, &status) < 0 || access(path, R_OK) < 0)
		problem = memory_format("%s cannot be read: %s", path, strerror(errno));
	else if (!S_ISREG(status.st_mode))
		problem = memory_format("%s is not a regular file", path);
	else if (status.st_mode & (S_IRWXG | S_IRWXO))
		problem = memory_format("%s can be read by others; chmod 600 mends it", path);
	if (problem)
		checker_complain(c, name, true, problem);
}

/* As execvp() finds it. */
static bool is_program(const char *name) {
	if (strchr(name, '/'))
		return access(name, X_OK) == 0;
	const char *path = getenv("PATH");
	while (path && *path) {
		size_t n = strcspn(path, ":");
		CLEANUP_TEXT char *whole = memory_format("%.*s/%s", (int)n, path, name);
		if (access(whole, X_OK) == 0)
			return true;
		path += n + (path[n] == ':');
	}
	return false;
}

/* A warning, since the service may have another $PATH. */
static void checker_look_at_program(struct checker *c, const char *name, char *const *argv) {
	if (!argv || is_program(argv[0]))
		return;
	CLEANUP_TEXT char *problem =
		memory_format("the program %s was not found, or may not be run", argv[0]);
	checker_complain(c, name, false, problem);
}

void config_check_files(struct config *config) {
	struct checker c = { .config = config };
	for (size_t i = 0; i < config->n_accounts; i++) {
		c.account = config->accounts[i];
		c.origins = &config->sources->accounts[i];
		if (c.account->problem)
			continue;
		checker_look_at_trust(&c);
		checker_look_at_pins(&c);
		checker_look_at_secret(&c, "PasswordFile", c.account->password_file);
		checker_look_at_secret(&c, "ProxyPasswordFile", c.account->proxy_password_file);
		checker_look_at_program(&c, "PasswordCommand", c.account->password_command);
		checker_look_at_program(&c, "TokenCommand", c.account->token_command);
	}
	trust_deinit(&c.trust);
}

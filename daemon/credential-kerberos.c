/* Auth=gssapi: the secret is a ticket in the user's credential cache. A child of our own sees to it
 * that it is there, see kerberos.h. */
#include "base/memory.h"
#include "daemon/account-config.h"
#include "daemon/credential-source.h"
#include "io/command.h"
#include "io/host-name.h"

struct credential_kerberos {
	struct credential credential;
	struct command *command;
};

static void on_done(struct command *command, const struct command_result *result, void *userdata) {
	struct credential_kerberos *c = userdata;
	if (!result->problem && result->exit_status == 0) {
		const struct credential_result none = { .kind = CREDENTIAL_NONE };
		credential_finish(&c->credential, &none);
		return;
	}
	CLEANUP_TEXT char *problem =
		result->problem ? memory_format("the Kerberos ticket: %s", result->problem)
				: memory_strdup(result->complaint);
	credential_fail(&c->credential, REASON_SECRET_FAILED,
		problem ? problem : "there is no Kerberos ticket");
}

static int start(struct credential *credential) {
	struct credential_kerberos *c =
		CONTAINER_OF(credential, struct credential_kerberos, credential);
	const struct account_config *config = credential->request.config;
	CLEANUP_TEXT char *host = host_name_to_ascii(config->host);
	CLEANUP_TEXT char *service =
		memory_format("%s@%s", config->protocol == ACCOUNT_PROTOCOL_POP3 ? "pop" : "imap",
			host ? host : config->host);
	const char *const argv[] = { "/proc/self/exe", "--fetch-ticket", service, NULL };
	static const char *const environment[] = { NULL };
	return command_new(credential->loop, argv, environment, CREDENTIAL_COMMAND_USEC, on_done, c,
		&c->command);
}

static void stop(struct credential *credential) {
	struct credential_kerberos *c =
		CONTAINER_OF(credential, struct credential_kerberos, credential);
	c->command = command_free(c->command);
}

const struct credential_source credential_kerberos_source = {
	.size = sizeof(struct credential_kerberos),
	.start = start,
	.stop = stop,
};

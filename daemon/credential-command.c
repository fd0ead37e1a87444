/* PasswordCommand= and TokenCommand=: a program that prints the secret. It may take its time (a
 * pinentry, a refresh over the network), and is killed with all its children at the deadline. */
#include <time.h>

#include "base/memory.h"
#include "daemon/account-config.h"
#include "daemon/credential-source.h"
#include "io/command.h"

/* EX_TEMPFAIL of sysexits.h: trouble of the network, not of the secret. */
#define TEMPORARY_FAILURE 75

struct credential_command {
	struct credential credential;
	struct command *command;
	bool is_again; /* the token that it printed first had expired */
};

static void on_done(struct command *command, const struct command_result *result, void *userdata);

static int run(struct credential_command *c) {
	const struct credential_request *request = &c->credential.request;
	const struct account_config *config = request->config;
	char **argv = config->token_command ? config->token_command : config->password_command;
	CLEANUP_TEXT char *account = memory_format("POSTHORN_ACCOUNT=%s", config->id);
	CLEANUP_TEXT char *user = memory_format(
		"POSTHORN_USER=%s", config->auth_user ? config->auth_user : config->user);
	bool is_refresh = request->is_refresh || c->is_again;
	const char *const environment[] = { account, user, is_refresh ? "POSTHORN_REFRESH=1" : NULL,
		NULL };
	return command_new(c->credential.loop, (const char *const *)argv, environment,
		CREDENTIAL_COMMAND_USEC, on_done, c, &c->command);
}

/* "pass failed with exit status 1: gpg: decryption failed" */
static void fail(struct credential_command *c, const struct command_result *result) {
	const struct account_config *config = c->credential.request.config;
	char **argv = config->token_command ? config->token_command : config->password_command;
	CLEANUP_TEXT char *what = result->problem
					  ? memory_format("%s: %s", argv[0], result->problem)
					  : memory_format("%s failed with exit status %d", argv[0],
						    result->exit_status);
	CLEANUP_TEXT char *problem =
		result->complaint ? memory_format("%s: %s", what, result->complaint) : NULL;
	bool is_temporary = !result->problem && result->exit_status == TEMPORARY_FAILURE;
	credential_fail(&c->credential, is_temporary ? REASON_UNAVAILABLE : REASON_SECRET_FAILED,
		problem ? problem : what);
}

/* Some helpers hand out what they keep without a look at the clock: once more, then. */
static bool ask_again(struct credential_command *c, const struct credential_answer *answer) {
	bool is_stale = answer->secret && answer->expires_usec &&
			answer->expires_usec <= credential_now(&c->credential);
	if (!is_stale || c->is_again || c->credential.request.is_refresh)
		return false;
	c->is_again = true;
	struct command *old = TAKE_PTR(c->command);
	bool is_running = run(c) >= 0;
	command_free(old);
	return is_running;
}

static void on_done(struct command *command, const struct command_result *result, void *userdata) {
	struct credential_command *c = userdata;
	const struct account_config *config = c->credential.request.config;
	if (result->problem || result->exit_status != 0) {
		fail(c, result);
		return;
	}
	struct credential_answer answer;
	credential_answer_parse(&answer, result->output, result->n,
		config->token_command ? CREDENTIAL_TOKEN : CREDENTIAL_PASSWORD,
		credential_now(&c->credential));
	if (!ask_again(c, &answer))
		credential_finish_answer(&c->credential, &answer,
			config->token_command ? config->token_command[0]
					      : config->password_command[0]);
	credential_answer_deinit(&answer);
}

static int start(struct credential *credential) {
	return run(CONTAINER_OF(credential, struct credential_command, credential));
}

static void stop(struct credential *credential) {
	struct credential_command *c =
		CONTAINER_OF(credential, struct credential_command, credential);
	c->command = command_free(c->command);
}

const struct credential_source credential_command_source = {
	.size = sizeof(struct credential_command),
	.start = start,
	.stop = stop,
};

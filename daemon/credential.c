#include "daemon/credential.h"

#include "base/memory.h"
#include "daemon/account-config.h"
#include "daemon/credential-source.h"

static const struct credential_source *source_of(const struct account_config *config) {
	if (config->auth == SASL_MECHANISM_GSSAPI)
		return &credential_kerberos_source;
	if (config->password_command || config->token_command)
		return &credential_command_source;
	if (config->goa_account)
		return &credential_goa_source;
	if (config->password_keyring)
		return &credential_keyring_source;
	if (config->password_file)
		return &credential_file_source;
	return config->password_credential ? &credential_systemd_source : &credential_none_source;
}

int credential_new(sd_event *loop, const struct credential_request *request,
	credential_done_fn done, void *userdata, struct credential **ret) {
	const struct credential_source *source = source_of(request->config);
	CLEANUP(credential_free) struct credential *credential = memory_zalloc(1, source->size);
	credential->source = source;
	credential->loop = loop;
	credential->request = *request;
	credential->done = done;
	credential->userdata = userdata;
	int r = source->start(credential);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(credential);
	return 0;
}

struct credential *credential_free(struct credential *credential) {
	if (!credential)
		return NULL;
	credential->source->stop(credential);
	return memory_free(credential);
}

void credential_finish(struct credential *credential, const struct credential_result *result) {
	credential->done(result, credential->userdata);
}

void credential_fail(struct credential *credential, enum reason reason, const char *problem) {
	const struct credential_result result = { .reason = reason, .problem = problem };
	credential_finish(credential, &result);
}

void credential_finish_answer(
	struct credential *credential, const struct credential_answer *answer, const char *name) {
	if (!answer->secret) {
		CLEANUP_TEXT char *problem = memory_format("%s %s", name, answer->problem);
		credential_fail(credential, REASON_SECRET_FAILED, problem);
		return;
	}
	const struct credential_result result = {
		.secret = answer->secret,
		.kind = answer->kind,
		.expires_usec = answer->expires_usec,
	};
	credential_finish(credential, &result);
}

uint64_t credential_now(const struct credential *credential) {
	uint64_t now = 0;
	(void)sd_event_now(credential->loop, CLOCK_REALTIME, &now);
	return now;
}

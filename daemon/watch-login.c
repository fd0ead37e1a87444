#include "daemon/watch-login.h"

#include <stdio.h>
#include <string.h>
#include <systemd/sd-id128.h>

#include "base/memory.h"
#include "daemon/account-config.h"
#include "daemon/login-memory.h"
#include "daemon/watch-facts.h"
#include "io/host-name.h"
#include "io/stream.h"

int watch_login_init(struct watch_login *w, const struct watch_context *context,
	const struct credential_result *credential) {
	const struct account_config *config = context->config;
	/* a source of passwords may print tokens, too, if that is said */
	bool wants_token = sasl_mechanism_facts(config->auth)->secret == SASL_SECRET_TOKEN;
	struct login_outcome last;
	CLEANUP_TEXT char *ascii = host_name_to_ascii(config->host);
	(void)snprintf(w->host, sizeof(w->host), "%s", ascii ? ascii : config->host);
	sd_id128_t random;
	int r = login_memory_load(context->store, config, &last);
	if (r >= 0)
		r = sd_id128_randomize(&random);
	if (r < 0)
		return r;
	(void)sd_id128_to_string(random, w->nonce);
	w->settings = (struct login_settings){
		.host = w->host,
		.port = config->port,
		.user = config->user,
		.auth_user = config->auth_user,
		.secret = credential->secret,
		.is_token = credential->kind == CREDENTIAL_TOKEN || wants_token,
		.has_certificate = config->client_certificate != NULL,
		.auth = config->auth,
		.floor = last.mechanism,
		.binding = last.binding,
		.nonce = w->nonce,
	};
	return 0;
}

void watch_login_bindings(const struct stream *stream, struct sasl_bindings *ret) {
	static const enum tls_binding kinds[SASL_BINDING_COUNT_] = {
		[SASL_BINDING_TLS_EXPORTER] = TLS_BINDING_EXPORTER,
		[SASL_BINDING_TLS_SERVER_END_POINT] = TLS_BINDING_SERVER_END_POINT,
		[SASL_BINDING_TLS_UNIQUE] = TLS_BINDING_UNIQUE,
	};
	_Static_assert(TLS_BINDING_MAX <= SASL_BINDING_MAX, "a binding fits");
	*ret = (struct sasl_bindings){ 0 };
	for (unsigned i = 0; i < SASL_BINDING_COUNT_; i++)
		ret->of[i].n = stream_bind(stream, kinds[i], ret->of[i].bytes);
}

void watch_login_report(const struct watch_context *context, const struct login_outcome *outcome) {
	watch_facts_login(context->facts, outcome);
	const struct watch_report report = { .kind = WATCH_LOGIN, .login = *outcome };
	watch_report(context, &report);
}

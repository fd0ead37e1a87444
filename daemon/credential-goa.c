/* GoaAccount=: an account of GNOME Online Accounts, which says where the mail is, too. While it
 * wants the user to sign in again the account waits for that. */
#include <errno.h>
#include <stdint.h>

#include "base/memory.h"
#include "bus/online-credential.h"
#include "daemon/account-config.h"
#include "daemon/credential-source.h"
#include "daemon/desktop.h"

struct credential_goa {
	struct credential credential;
	sd_event_source *deferred;
	struct online_credential *lookup;
};

static struct credential_goa *goa_of(struct credential *credential) {
	return CONTAINER_OF(credential, struct credential_goa, credential);
}

static void finish_found(struct credential *credential, const struct online_answer *answer) {
	uint64_t expires_usec = answer->expires_sec * USEC_PER_SEC;
	const struct account_place place = {
		.host = answer->host,
		.port = answer->port,
		.security = answer->is_tls        ? ACCOUNT_SECURITY_TLS
			    : answer->is_starttls ? ACCOUNT_SECURITY_STARTTLS
						  : ACCOUNT_SECURITY_NONE,
		.user = answer->user,
	};
	const struct credential_result result = {
		.secret = answer->secret,
		.kind = answer->is_token ? CREDENTIAL_TOKEN : CREDENTIAL_PASSWORD,
		.expires_usec = expires_usec ? credential_now(credential) + expires_usec : 0,
		.place = &place,
	};
	credential_finish(credential, &result);
}

static void on_answer(const struct online_answer *answer, void *userdata) {
	struct credential *credential = userdata;
	switch (answer->outcome) {
	case ONLINE_FOUND:
		finish_found(credential, answer);
		break;
	case ONLINE_SIGN_IN:
		credential_fail(credential, REASON_TOKEN_EXPIRED, answer->problem);
		break;
	case ONLINE_UNAVAILABLE:
		credential_fail(credential, REASON_UNAVAILABLE, answer->problem);
		break;
	case ONLINE_MISSING:
	case ONLINE_ABSENT:
	case ONLINE_FAILED:
		credential_fail(credential, REASON_SECRET_FAILED, answer->problem);
		break;
	}
}

static int on_no_desktop(sd_event_source *source, void *userdata) {
	credential_fail(userdata, REASON_SECRET_FAILED,
		"GoaAccount= is for the daemon of a user: a system service has no online accounts");
	return 0;
}

static int start(struct credential *credential) {
	struct credential_goa *g = goa_of(credential);
	struct desktop *desktop = credential->request.desktop;
	if (!desktop)
		return sd_event_add_defer(
			credential->loop, &g->deferred, on_no_desktop, credential);
	struct connection *connection = desktop_online_accounts(desktop);
	return connection
		       ? online_credential_new(connection, credential->request.config->goa_account,
				 on_answer, credential, &g->lookup)
		       : -ENOMEM;
}

static void stop(struct credential *credential) {
	struct credential_goa *g = goa_of(credential);
	g->deferred = sd_event_source_disable_unref(g->deferred);
	g->lookup = online_credential_free(g->lookup);
}

const struct credential_source credential_goa_source = {
	.size = sizeof(struct credential_goa),
	.start = start,
	.stop = stop,
};

/* PasswordCredential=: a credential that the service manager put into $CREDENTIALS_DIRECTORY. Its
 * files are 0400 on a file system of their own; there the manager decides about modes (an ACL shows
 * as a group bit), so nothing is checked here. */
#include <stdlib.h>

#include "base/memory.h"
#include "daemon/account-config.h"
#include "daemon/credential-file.h"
#include "daemon/credential-source.h"

struct credential_systemd {
	struct credential credential;
	sd_event_source *deferred;
};

static int on_deferred(sd_event_source *source, void *userdata) {
	struct credential *credential = userdata;
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	if (!folder) {
		credential_fail(credential, REASON_SECRET_FAILED,
			"PasswordCredential= needs LoadCredential= in the unit: there are no "
			"credentials here");
		return 0;
	}
	CLEANUP_TEXT char *path =
		memory_format("%s/%s", folder, credential->request.config->password_credential);
	credential_file_finish(credential, path, false);
	return 0;
}

static int start(struct credential *credential) {
	struct credential_systemd *s =
		CONTAINER_OF(credential, struct credential_systemd, credential);
	return sd_event_add_defer(credential->loop, &s->deferred, on_deferred, credential);
}

static void stop(struct credential *credential) {
	struct credential_systemd *s =
		CONTAINER_OF(credential, struct credential_systemd, credential);
	s->deferred = sd_event_source_disable_unref(s->deferred);
}

const struct credential_source credential_systemd_source = {
	.size = sizeof(struct credential_systemd),
	.start = start,
	.stop = stop,
};

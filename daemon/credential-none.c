/* No secret at all: a client certificate or a ticket of Kerberos is enough. */
#include "base/memory.h"
#include "daemon/credential-source.h"

struct credential_none {
	struct credential credential;
	sd_event_source *deferred; /* the callback comes from the loop */
};

static int on_deferred(sd_event_source *source, void *userdata) {
	struct credential_none *c = userdata;
	const struct credential_result result = { .kind = CREDENTIAL_NONE };
	credential_finish(&c->credential, &result);
	return 0;
}

static int start(struct credential *credential) {
	struct credential_none *c = CONTAINER_OF(credential, struct credential_none, credential);
	return sd_event_add_defer(credential->loop, &c->deferred, on_deferred, c);
}

static void stop(struct credential *credential) {
	struct credential_none *c = CONTAINER_OF(credential, struct credential_none, credential);
	sd_event_source_disable_unref(c->deferred);
}

const struct credential_source credential_none_source = {
	.size = sizeof(struct credential_none),
	.start = start,
	.stop = stop,
};

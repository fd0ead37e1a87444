#pragma once
/* What stands behind credential.h: one file for each place that a secret may come from. A source
 * is started by credential_new(), from the loop it finishes once, and it is stopped by
 * credential_free(), finished or not. */
#include <stddef.h>

#include "daemon/credential-answer.h"
#include "daemon/credential.h"

struct credential_source {
	size_t size; /* of the struct whose first member is the struct credential */
	int (*start)(struct credential *credential); /* negative errno */
	void (*stop)(struct credential *credential); /* also behind a start that failed */
};

/* First member of every source's own struct. */
struct credential {
	const struct credential_source *source;
	sd_event *loop; /* borrowed */
	struct credential_request request;
	credential_done_fn done;
	void *userdata;
};

extern const struct credential_source credential_none_source;
extern const struct credential_source credential_kerberos_source;
extern const struct credential_source credential_file_source;
extern const struct credential_source credential_systemd_source;
extern const struct credential_source credential_command_source;
extern const struct credential_source credential_keyring_source;
extern const struct credential_source credential_goa_source;

/* Each calls the owner, who may free the credential: the last thing that a source does. */
void credential_finish(struct credential *credential, const struct credential_result *result);
void credential_fail(struct credential *credential, enum reason reason, const char *problem);
/* `name` is who gave the answer: "/etc/secret holds no password". */
void credential_finish_answer(
	struct credential *credential, const struct credential_answer *answer, const char *name);

uint64_t credential_now(const struct credential *credential);

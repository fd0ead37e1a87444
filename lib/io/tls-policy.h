#pragma once
/* What is trusted, as one object for all accounts with the same rules: certificate authorities and
 * protocol versions. What belongs to one account alone: tls-ticket.h, tls-pins.h, tls-identity.h. */
#include <stdint.h>

#include "base/macros.h"
#include "io/tls-ticket.h"

struct tls_policy;

/* `ca_file` replaces the system's store; NULL: the system's. On failure (-ENOENT, -EINVAL) the
 * owned sentence says what is wrong with which file. */
int tls_policy_new(const char *ca_file, struct tls_policy **ret, char **ret_problem);
struct tls_policy *tls_policy_free(struct tls_policy *policy);
DEFINE_CLEANUP(struct tls_policy, tls_policy_free);

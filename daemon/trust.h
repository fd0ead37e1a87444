#pragma once
/* What TLS connections trust and show: policies and client certificates, one for all accounts that
 * name the same files, read again only when a file is another one. Embedded in the manager. */
#include <stddef.h>

struct account_config;
struct tls_identity;
struct tls_pins;
struct tls_policy;
struct trust_item;

struct trust {
	struct trust_item *items;
	size_t n;
};

struct trust_given {
	struct tls_policy *policy;
	struct tls_identity *identity; /* NULL: the account has none */
};

/* What the account's CAFile=, ClientCertificate= and ClientKey= say; borrowed for the life of the
 * trust, since streams live on over a reload. -EINVAL with an owned sentence when a file cannot be
 * used. */
int trust_give(struct trust *trust, const struct account_config *config, struct trust_given *ret,
	char **ret_problem);
/* The account's PinSHA256=, where it has one and `*pins` (owned) was not read before. As above. */
int trust_read_pins(
	const struct account_config *config, struct tls_pins **pins, char **ret_problem);
void trust_deinit(struct trust *trust);

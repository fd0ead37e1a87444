#pragma once
/* The trust policies in use: one for all accounts with the same certificate authorities, read
 * again only when the file is another one. Embedded in the manager. */
#include <stddef.h>

struct tls_policy;
struct trust_item;

struct trust {
	struct trust_item *items;
	size_t n;
};

/* Borrowed for the life of the trust, since streams live on over a reload; NULL with an owned
 * sentence when the file cannot be used. `ca_file` NULL: the system's authorities. */
struct tls_policy *trust_policy(struct trust *trust, const char *ca_file, char **ret_problem);
void trust_deinit(struct trust *trust);

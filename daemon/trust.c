#include "daemon/trust.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "io/tls-policy.h"

struct trust_item {
	char *ca_file; /* NULL: the system's */
	struct stat read; /* the file as it was when it was read */
	struct tls_policy *policy;
};

static bool trust_item_is(
	const struct trust_item *item, const char *ca_file, const struct stat *now) {
	if (!item->ca_file || !ca_file)
		return !item->ca_file && !ca_file;
	return !strcmp(item->ca_file, ca_file) && item->read.st_ino == now->st_ino &&
	       item->read.st_dev == now->st_dev && item->read.st_size == now->st_size &&
	       item->read.st_mtim.tv_sec == now->st_mtim.tv_sec &&
	       item->read.st_mtim.tv_nsec == now->st_mtim.tv_nsec;
}

struct tls_policy *trust_policy(struct trust *trust, const char *ca_file, char **ret_problem) {
	struct stat now = { 0 };
	if (ca_file)
		(void)stat(ca_file, &now); /* what is wrong with it is said by who reads it */
	for (size_t i = 0; i < trust->n; i++)
		if (trust_item_is(&trust->items[i], ca_file, &now))
			return trust->items[i].policy;
	struct tls_policy *policy = NULL;
	if (tls_policy_new(ca_file, &policy, ret_problem) < 0)
		return NULL;
	trust->items = memory_resize(trust->items, trust->n + 1, sizeof(*trust->items));
	trust->items[trust->n++] = (struct trust_item){
		.ca_file = memory_strdup(ca_file),
		.read = now,
		.policy = policy,
	};
	return policy;
}

void trust_deinit(struct trust *trust) {
	for (size_t i = 0; i < trust->n; i++) {
		tls_policy_free(trust->items[i].policy);
		free(trust->items[i].ca_file);
	}
	free(trust->items);
	*trust = (struct trust){ 0 };
}

#include "daemon/trust.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/text.h"
#include "daemon/account-config.h"
#include "io/tls-identity.h"
#include "io/tls-pins.h"
#include "io/tls-policy.h"

/* Of a policy: the CA file. Of an identity: certificate and key. */
#define FILES 2

struct trust_item {
	bool is_identity;
	char *files[FILES]; /* NULL: none; of a policy then the system's authorities */
	struct stat read[FILES]; /* the files as they were when they were read */
	struct tls_policy *policy;
	struct tls_identity *identity;
};

static bool is_same_file(const struct stat *a, const struct stat *b) {
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* The item for these files as they are now; NULL: they were not read yet. */
static struct trust_item *trust_find(struct trust *trust, const struct trust_item *wanted) {
	for (size_t i = 0; i < trust->n; i++) {
		struct trust_item *item = &trust->items[i];
		bool is_same = item->is_identity == wanted->is_identity;
		for (size_t f = 0; is_same && f < FILES; f++)
			is_same = text_equal(item->files[f], wanted->files[f]) &&
				  is_same_file(&item->read[f], &wanted->read[f]);
		if (is_same)
			return item;
	}
	return NULL;
}

/* `wanted` has the names alone, borrowed. NULL with a sentence. */
static const struct trust_item *trust_get(
	struct trust *trust, struct trust_item *wanted, char **ret_problem) {
	for (size_t f = 0; f < FILES; f++)
		if (wanted->files[f])
			/* what is wrong with it is said by who reads it */
			(void)stat(wanted->files[f], &wanted->read[f]);
	struct trust_item *item = trust_find(trust, wanted);
	if (item)
		return item;
	int r = wanted->is_identity
			? tls_identity_new(wanted->files[0], wanted->files[1], &wanted->identity,
				  ret_problem)
			: tls_policy_new(wanted->files[0], &wanted->policy, ret_problem);
	if (r < 0)
		return NULL;
	trust->items = memory_resize(trust->items, trust->n + 1, sizeof(*trust->items));
	item = &trust->items[trust->n++];
	*item = *wanted;
	for (size_t f = 0; f < FILES; f++)
		item->files[f] = memory_strdup(wanted->files[f]);
	return item;
}

int trust_give(struct trust *trust, const struct account_config *config, struct trust_given *ret,
	char **ret_problem) {
	struct trust_item authorities = { .files = { config->ca_file } };
	struct trust_item own = {
		.is_identity = true,
		.files = { config->client_certificate, config->client_key },
	};
	const struct trust_item *item = trust_get(trust, &authorities, ret_problem);
	if (!item)
		return -EINVAL;
	struct trust_given given = { .policy = item->policy };
	if (config->client_certificate) {
		item = trust_get(trust, &own, ret_problem);
		if (!item)
			return -EINVAL;
		given.identity = item->identity;
	}
	*ret = given;
	return 0;
}

int trust_read_pins(
	const struct account_config *config, struct tls_pins **pins, char **ret_problem) {
	if (!config->pins || *pins)
		return 0;
	CLEANUP_TEXT char *text = account_config_pins(config);
	return tls_pins_new(text, pins, ret_problem);
}

void trust_deinit(struct trust *trust) {
	for (size_t i = 0; i < trust->n; i++) {
		struct trust_item *item = &trust->items[i];
		tls_policy_free(item->policy);
		tls_identity_free(item->identity);
		for (size_t f = 0; f < FILES; f++)
			free(item->files[f]);
	}
	free(trust->items);
	*trust = (struct trust){ 0 };
}

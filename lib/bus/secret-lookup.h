#pragma once
/* One look into the key ring: the item of org.freedesktop.secrets that has these attributes. Never
 * asks the user for anything: a key ring that is locked is an answer. The secret crosses the bus
 * encrypted (secret-cipher.h), and a service that cannot do that is not asked for it. */
#include <stddef.h>

#include "base/macros.h"

#define SECRET_LOOKUP_MAX ((size_t)64 * 1024)

struct connection;
struct secret_lookup;

enum secret_outcome {
	SECRET_FOUND,
	SECRET_MISSING, /* no such item */
	SECRET_LOCKED, /* there is one, and the user has to unlock the key ring */
	SECRET_ABSENT, /* no key ring service, or no bus */
	SECRET_FAILED,
};

struct secret_answer {
	enum secret_outcome outcome;
	const char *secret; /* NUL-terminated, borrowed and erased after the callback */
	size_t n;
	const char *problem; /* a sentence, when there is no secret */
};

typedef void (*secret_lookup_fn)(const struct secret_answer *answer, void *userdata);

/* `attributes` is name, value, name, value, ..., NULL; copied. The callback is called once, from
 * the loop; it may free the lookup. Negative errno when the loop refuses. */
int secret_lookup_new(struct connection *connection, const char *const *attributes,
	secret_lookup_fn done, void *userdata, struct secret_lookup **ret);
struct secret_lookup *secret_lookup_free(struct secret_lookup *l);
DEFINE_CLEANUP(struct secret_lookup, secret_lookup_free);

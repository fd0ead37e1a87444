#pragma once
/* Host names to addresses, by c-ares on the loop: the hosts file and DNS, IPv4 and IPv6 in one
 * answer, sorted by RFC 6724. "localhost" is this host, whatever the two say. One object serves
 * all streams of a loop; lookups of the same name that meet share one question. Nothing is cached
 * beyond that, and while nobody asks, no c-ares channel exists: so a changed resolv.conf holds
 * from the next question on. */
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/macros.h"
#include "io/address.h"

#define RESOLVER_ADDRESSES_MAX 16

struct resolver;
struct resolver_lookup;

struct resolver_answer {
	const struct address *addresses; /* borrowed during the callback */
	size_t n; /* 0: it failed, and `problem` says why */
	const char *problem; /* our words: "no such host name" */
};

/* Called once, from the loop; the lookup may be freed in it. */
typedef void (*resolver_done_fn)(const struct resolver_answer *answer, void *userdata);

/* `servers` replaces those of resolv.conf: "127.0.0.1:5353", separated by commas; NULL: the
 * system's. The hosts file is asked in both cases. 0 or negative errno. */
int resolver_new(sd_event *loop, const char *servers, struct resolver **ret);
/* Every lookup must have been freed. */
struct resolver *resolver_free(struct resolver *r);
DEFINE_CLEANUP(struct resolver, resolver_free);

struct resolver_question {
	const char *host; /* a name or a literal, borrowed for the call */
	uint16_t port; /* goes into the addresses */
};

/* 0 or negative errno (-EMFILE ...). The caller sets the deadline: c-ares alone gives up after
 * about 20 s of silence. */
int resolver_lookup_new(struct resolver *r, const struct resolver_question *question,
	resolver_done_fn done, void *userdata, struct resolver_lookup **ret);
/* Cancels; the callback is not called any more. */
struct resolver_lookup *resolver_lookup_free(struct resolver_lookup *lookup);
DEFINE_CLEANUP(struct resolver_lookup, resolver_lookup_free);

/* Other records of a name, in the order of the answer; without the hosts file and search domains. */
#define RESOLVER_RECORDS_MAX 32

enum resolver_type {
	RESOLVER_MX,
	RESOLVER_SRV,
};

struct resolver_record {
	uint16_t priority; /* of MX its preference */
	uint16_t weight, port; /* of SRV */
	char *name; /* without a dot at its end; "" says that there is no such service */
};

struct resolver_records {
	const struct resolver_record *records; /* borrowed during the callback */
	size_t n; /* 0: there are none, or it failed, and `problem` says why */
	const char *problem;
};

typedef void (*resolver_records_fn)(const struct resolver_records *records, void *userdata);

struct resolver_query;

struct resolver_records_question {
	enum resolver_type type;
	const char *name; /* borrowed for the call */
};

/* As resolver_lookup_new(). */
int resolver_query_new(struct resolver *r, const struct resolver_records_question *question,
	resolver_records_fn done, void *userdata, struct resolver_query **ret);
struct resolver_query *resolver_query_free(struct resolver_query *query);
DEFINE_CLEANUP(struct resolver_query, resolver_query_free);

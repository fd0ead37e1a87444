#pragma once
/* Which addresses, default routes and links the kernel says there are, read from the messages of
 * rtnetlink(7). Pure: bytes in, whether something has changed out; the socket is network-watch.c's.
 *
 * Only what can touch a connection to somewhere else counts: addresses of a scope beyond the link, which
 * are in use (duplicate address detection has ended), default routes of any table, and the carrier
 * of an interface that has such an address. What is told anew without a change (a lease that was
 * renewed) is none. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More are not kept, and are told when they come and when they go: a router has many routes, but few
 * default routes. */
#define NETWORK_FACTS_MAX 256

struct nlmsghdr;

struct network_fact {
	uint32_t interface; /* 0: any */
	uint32_t table; /* of a route */
	uint32_t metric; /* of a route */
	uint16_t family; /* AF_INET, AF_INET6; 0: a link */
	uint16_t is_route;
	uint8_t address[16]; /* ours, or the gateway's */
};

/* Embedded, zeroed to begin with. */
struct network_facts {
	struct network_fact *items;
	size_t n;
};

struct network_news {
	bool gained; /* a new way may be there */
	bool lost; /* a way that was used may be gone */
};

void network_facts_deinit(struct network_facts *facts);

/* The message at `*offset`, which goes on to the next one; NULL behind the last that is whole. (With
 * NLMSG_OK() a length must be signed and unsigned at once.) */
const struct nlmsghdr *network_facts_message(const void *bytes, size_t n, size_t *offset);

/* Whole messages, aligned as struct nlmsghdr is. What has changed is added to `news`; what was asked for
 * (a dump, NLM_F_MULTI) has not, and is only known from then on. Messages that are cut or of another
 * kind are passed over. */
void network_facts_feed(
	struct network_facts *facts, const void *bytes, size_t n, struct network_news *news);

#include "io/network-facts.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include "base/macros.h"
#include "base/memory.h"

void network_facts_deinit(struct network_facts *facts) {
	facts->items = memory_free(facts->items);
	facts->n = 0;
}

static size_t find(const struct network_facts *facts, const struct network_fact *fact) {
	size_t i = 0;
	while (i < facts->n && memcmp(&facts->items[i], fact, sizeof(*fact)) != 0)
		i++;
	return i;
}

/* False: that was known. */
static bool set(struct network_facts *facts, const struct network_fact *fact, bool is_there) {
	size_t i = find(facts, fact);
	bool was_there = i < facts->n;
	if (is_there == was_there)
		return false;
	if (!is_there)
		facts->items[i] = facts->items[--facts->n];
	else if (facts->n < NETWORK_FACTS_MAX) {
		facts->items = memory_resize(facts->items, facts->n + 1, sizeof(*facts->items));
		facts->items[facts->n++] = *fact;
	}
	return true;
}

static void tell(struct network_news *news, bool is_there) {
	if (is_there)
		news->gained = true;
	else
		news->lost = true;
}

static bool has_address(const struct network_facts *facts, uint32_t interface) {
	for (size_t i = 0; i < facts->n; i++)
		if (facts->items[i].interface == interface && facts->items[i].family != 0 &&
			facts->items[i].is_route == 0)
			return true;
	return false;
}

/* Attributes */

static size_t length_of(uint16_t family) {
	return family == AF_INET ? 4 : 16;
}

/* NULL: it is not there, or too short. */
static const void *find_attribute(
	const struct rtattr *attribute, size_t n, unsigned type, size_t least) {
	for (int left = (int)n; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left))
		if (attribute->rta_type == type && RTA_PAYLOAD(attribute) >= least)
			return RTA_DATA(attribute);
	return NULL;
}

static uint32_t number_of(const struct rtattr *attributes, size_t n, unsigned type) {
	uint32_t value = 0;
	const void *bytes = find_attribute(attributes, n, type, sizeof(value));
	if (bytes)
		memcpy(&value, bytes, sizeof(value));
	return value;
}

/* A lease that was renewed: the address has other lifetimes than it was made with. */
static bool is_renewed(const struct rtattr *attributes, size_t n) {
	struct ifa_cacheinfo times = { 0 };
	const void *bytes = find_attribute(attributes, n, IFA_CACHEINFO, sizeof(times));
	if (bytes)
		memcpy(&times, bytes, sizeof(times));
	return times.cstamp != times.tstamp;
}

/* Messages. In C11 nothing says that the bytes between the members of a struct are zero: network_fact
 * has none. */

static void feed_address(
	struct network_facts *facts, const struct nlmsghdr *message, struct network_news *news) {
	const struct ifaddrmsg *body = NLMSG_DATA(message);
	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*body)) || body->ifa_scope >= RT_SCOPE_LINK ||
		(body->ifa_family != AF_INET && body->ifa_family != AF_INET6))
		return;
	size_t n = IFA_PAYLOAD(message), length = length_of(body->ifa_family);
	struct network_fact fact = {
		.interface = body->ifa_index,
		.family = body->ifa_family,
	};
	const void *address = find_attribute(IFA_RTA(body), n, IFA_LOCAL, length);
	if (!address)
		address = find_attribute(IFA_RTA(body), n, IFA_ADDRESS, length);
	if (!address)
		return;
	memcpy(fact.address, address, length);
	uint32_t flags = body->ifa_flags | number_of(IFA_RTA(body), n, IFA_FLAGS);
	bool is_there = message->nlmsg_type == RTM_NEWADDR &&
			(flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) == 0;
	/* Of one that there is no room for the kernel knows whether it is new; it goes once. */
	bool is_full = facts->n == NETWORK_FACTS_MAX;
	bool is_known = is_full && is_there && is_renewed(IFA_RTA(body), n);
	bool has_gone = is_full && message->nlmsg_type == RTM_DELADDR;
	if (!is_known && (set(facts, &fact, is_there) || has_gone))
		tell(news, is_there);
}

static void feed_route(
	struct network_facts *facts, const struct nlmsghdr *message, struct network_news *news) {
	const struct rtmsg *body = NLMSG_DATA(message);
	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*body)) || body->rtm_dst_len != 0 ||
		body->rtm_type != RTN_UNICAST || (body->rtm_flags & RTM_F_CLONED) != 0 ||
		(body->rtm_family != AF_INET && body->rtm_family != AF_INET6))
		return;
	size_t n = RTM_PAYLOAD(message), length = length_of(body->rtm_family);
	uint32_t table = number_of(RTM_RTA(body), n, RTA_TABLE);
	struct network_fact fact = {
		.interface = number_of(RTM_RTA(body), n, RTA_OIF),
		.table = table != 0 ? table : body->rtm_table,
		.metric = number_of(RTM_RTA(body), n, RTA_PRIORITY),
		.family = body->rtm_family,
		.is_route = 1,
	};
	const void *gateway = find_attribute(RTM_RTA(body), n, RTA_GATEWAY, length);
	if (gateway)
		memcpy(fact.address, gateway, length);
	bool is_there = message->nlmsg_type == RTM_NEWROUTE;
	/* one from before our time goes: that is one less, too */
	if (set(facts, &fact, is_there) || !is_there)
		tell(news, is_there);
}

/* The kernel does not tell of the IPv4 routes that go with a link. */
static void feed_link(
	struct network_facts *facts, const struct nlmsghdr *message, struct network_news *news) {
	const struct ifinfomsg *body = NLMSG_DATA(message);
	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*body)) || body->ifi_family != AF_UNSPEC)
		return;
	struct network_fact fact = { .interface = (uint32_t)body->ifi_index };
	bool is_there = message->nlmsg_type == RTM_NEWLINK && (body->ifi_flags & IFF_UP) != 0 &&
			(body->ifi_flags & IFF_RUNNING) != 0;
	if (set(facts, &fact, is_there) && has_address(facts, fact.interface))
		tell(news, is_there);
}

const struct nlmsghdr *network_facts_message(const void *bytes, size_t n, size_t *offset) {
	size_t left = n - MIN(*offset, n);
	const struct nlmsghdr *message = (const void *)((const char *)bytes + *offset);
	if (left < sizeof(*message) || message->nlmsg_len < sizeof(*message) ||
		message->nlmsg_len > left)
		return NULL;
	*offset += NLMSG_ALIGN(message->nlmsg_len);
	return message;
}

static void feed_message(
	struct network_facts *facts, const struct nlmsghdr *message, struct network_news *news) {
	switch (message->nlmsg_type) {
	case RTM_NEWADDR:
	case RTM_DELADDR:
		feed_address(facts, message, news);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		feed_route(facts, message, news);
		break;
	case RTM_NEWLINK:
	case RTM_DELLINK:
		feed_link(facts, message, news);
		break;
	}
}

void network_facts_feed(
	struct network_facts *facts, const void *bytes, size_t n, struct network_news *news) {
	const struct nlmsghdr *message;
	for (size_t offset = 0; (message = network_facts_message(bytes, n, &offset));) {
		struct network_news none = { 0 };
		bool is_dumped = message->nlmsg_flags & NLM_F_MULTI;
		feed_message(facts, message, is_dumped ? &none : news);
	}
}

/* Messages as the kernel writes them, in tables: what is news, and what is not. */
#include "io/network-facts.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/macros.h"
#include "io/network-watch.h"

enum news {
	NOTHING = 0,
	GAINED = 1,
	LOST = 2
};

struct message {
	struct nlmsghdr header;
	union {
		struct ifaddrmsg address;
		struct rtmsg route;
		struct ifinfomsg link;
	} body;
	uint8_t attributes[64];
};

static void add(struct message *m, uint16_t type, const void *value, size_t n) {
	struct rtattr *attribute = (void *)((uint8_t *)m + NLMSG_ALIGN(m->header.nlmsg_len));
	attribute->rta_type = type;
	attribute->rta_len = (uint16_t)RTA_LENGTH(n);
	memcpy(RTA_DATA(attribute), value, n);
	m->header.nlmsg_len = NLMSG_ALIGN(m->header.nlmsg_len) + RTA_SPACE(n);
}

static struct message begin(uint16_t type, size_t n) {
	return (struct message){
		.header = { .nlmsg_len = NLMSG_LENGTH(n), .nlmsg_type = type },
	};
}

/* 192.0.2.`last`, on an interface. */
static struct message address(
	uint16_t type, uint32_t interface, uint8_t last, uint8_t scope, uint32_t flags) {
	struct message m = begin(type, sizeof(m.body.address));
	m.body.address = (struct ifaddrmsg){
		.ifa_family = AF_INET,
		.ifa_prefixlen = 24,
		.ifa_scope = scope,
		.ifa_index = interface,
	};
	const uint8_t bytes[] = { 192, 0, 2, last };
	add(&m, IFA_LOCAL, bytes, sizeof(bytes));
	add(&m, IFA_FLAGS, &flags, sizeof(flags));
	return m;
}

static struct message route(uint16_t type, uint8_t prefix, uint32_t metric) {
	struct message m = begin(type, sizeof(m.body.route));
	m.body.route = (struct rtmsg){
		.rtm_family = AF_INET,
		.rtm_dst_len = prefix,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_type = RTN_UNICAST,
	};
	const uint8_t gateway[] = { 192, 0, 2, 254 };
	const uint32_t interface = 2;
	add(&m, RTA_GATEWAY, gateway, sizeof(gateway));
	add(&m, RTA_OIF, &interface, sizeof(interface));
	add(&m, RTA_PRIORITY, &metric, sizeof(metric));
	return m;
}

static struct message other_route(uint8_t type, uint32_t flags) {
	struct message m = route(RTM_NEWROUTE, 0, 0);
	m.body.route.rtm_type = type;
	m.body.route.rtm_flags = flags;
	return m;
}

/* In `table` of its head, or in that of its attribute (rtnetlink(7): more than a byte holds). */
static struct message route_in(uint8_t table, uint32_t attribute) {
	struct message m = route(RTM_NEWROUTE, 0, 0);
	m.body.route.rtm_table = table;
	if (attribute != 0)
		add(&m, RTA_TABLE, &attribute, sizeof(attribute));
	return m;
}

/* IPv6 has no IFA_LOCAL: 2001:db8::`last`. */
static struct message address_v6(uint16_t type, uint8_t last) {
	struct message m = begin(type, sizeof(m.body.address));
	m.body.address = (struct ifaddrmsg){ .ifa_family = AF_INET6, .ifa_index = 2 };
	const uint8_t bytes[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = last };
	add(&m, IFA_ADDRESS, bytes, sizeof(bytes));
	return m;
}

static struct message link_message(uint16_t type, int interface, unsigned flags) {
	struct message m = begin(type, sizeof(m.body.link));
	m.body.link = (struct ifinfomsg){ .ifi_index = interface, .ifi_flags = flags };
	return m;
}

struct step {
	struct message message;
	unsigned news;
};

static void play(const struct step *steps, size_t n) {
	struct network_facts facts = { 0 };
	for (size_t i = 0; i < n; i++) {
		struct network_news news = { 0 };
		const struct message *m = &steps[i].message;
		network_facts_feed(&facts, m, m->header.nlmsg_len, &news);
		unsigned got = (news.gained ? GAINED : 0U) | (news.lost ? LOST : 0U);
		if (got != steps[i].news)
			fail_msg("step %zu: news %u instead of %u", i, got, steps[i].news);
	}
	network_facts_deinit(&facts);
}

static void addresses(void **state) {
	const struct step steps[] = {
		{ address(RTM_NEWADDR, 2, 1, RT_SCOPE_UNIVERSE, 0), GAINED },
		/* the lease is renewed */
		{ address(RTM_NEWADDR, 2, 1, RT_SCOPE_UNIVERSE, IFA_F_PERMANENT), NOTHING },
		{ address(RTM_NEWADDR, 2, 2, RT_SCOPE_UNIVERSE, 0), GAINED },
		{ address(RTM_DELADDR, 2, 1, RT_SCOPE_UNIVERSE, 0), LOST },
		{ address(RTM_DELADDR, 2, 1, RT_SCOPE_UNIVERSE, 0), NOTHING },
		/* the same on another interface is another one */
		{ address(RTM_NEWADDR, 3, 2, RT_SCOPE_UNIVERSE, 0), GAINED },
		{ address(RTM_DELADDR, 2, 2, RT_SCOPE_UNIVERSE, 0), LOST },
		/* not in use until nobody else has it */
		{ address(RTM_NEWADDR, 2, 4, RT_SCOPE_UNIVERSE, IFA_F_TENTATIVE), NOTHING },
		{ address(RTM_NEWADDR, 2, 4, RT_SCOPE_UNIVERSE, 0), GAINED },
		/* leads nowhere */
		{ address(RTM_NEWADDR, 2, 5, RT_SCOPE_LINK, 0), NOTHING },
		{ address(RTM_NEWADDR, 1, 6, RT_SCOPE_HOST, 0), NOTHING },
		{ address_v6(RTM_NEWADDR, 1), GAINED },
		{ address_v6(RTM_NEWADDR, 2), GAINED },
		{ address_v6(RTM_NEWADDR, 1), NOTHING },
		{ address_v6(RTM_DELADDR, 2), LOST },
	};
	play(steps, ARRAY_SIZE(steps));
}

static void routes(void **state) {
	const struct step steps[] = {
		{ route(RTM_NEWROUTE, 0, 100), GAINED },
		{ route(RTM_NEWROUTE, 0, 100), NOTHING },
		{ route(RTM_NEWROUTE, 0, 50), GAINED },
		{ route(RTM_NEWROUTE, 24, 0), NOTHING },
		{ route(RTM_DELROUTE, 24, 0), NOTHING },
		{ route(RTM_DELROUTE, 0, 50), LOST },
		/* it was there before we listened */
		{ route(RTM_DELROUTE, 0, 7), LOST },
		/* no way out, and what the kernel has found out for itself */
		{ other_route(RTN_UNREACHABLE, 0), NOTHING },
		{ other_route(RTN_UNICAST, RTM_F_CLONED), NOTHING },
		/* tables are apart */
		{ route_in(RT_TABLE_MAIN, 0), GAINED },
		{ route_in(RT_TABLE_DEFAULT, 0), GAINED },
		{ route_in(RT_TABLE_COMPAT, 1000), GAINED },
		{ route_in(RT_TABLE_COMPAT, 1001), GAINED },
		{ route_in(RT_TABLE_COMPAT, 1000), NOTHING },
	};
	play(steps, ARRAY_SIZE(steps));
}

static void carriers(void **state) {
	const struct step steps[] = {
		/* without an address: a container's end */
		{ link_message(RTM_NEWLINK, 2, IFF_UP | IFF_RUNNING), NOTHING },
		{ link_message(RTM_NEWLINK, 2, IFF_UP), NOTHING },
		{ link_message(RTM_NEWLINK, 2, IFF_UP | IFF_RUNNING), NOTHING },
		/* a route is no address */
		{ route(RTM_NEWROUTE, 0, 100), GAINED },
		{ link_message(RTM_NEWLINK, 2, IFF_UP), NOTHING },
		{ link_message(RTM_NEWLINK, 2, IFF_UP | IFF_RUNNING), NOTHING },
		{ address(RTM_NEWADDR, 2, 1, RT_SCOPE_UNIVERSE, 0), GAINED },
		{ link_message(RTM_NEWLINK, 2, IFF_UP | IFF_RUNNING | IFF_PROMISC), NOTHING },
		{ link_message(RTM_NEWLINK, 2, IFF_UP), LOST },
		{ link_message(RTM_NEWLINK, 2, IFF_UP | IFF_RUNNING), GAINED },
		{ link_message(RTM_DELLINK, 2, 0), LOST },
	};
	play(steps, ARRAY_SIZE(steps));
}

static struct message dumped(struct message m) {
	m.header.nlmsg_flags = NLM_F_MULTI;
	return m;
}

/* What comes while the kernel is asked for what there is comes between the answers. */
static void dumps_are_no_news(void **state) {
	const struct step steps[] = {
		{ dumped(address(RTM_NEWADDR, 2, 1, RT_SCOPE_UNIVERSE, 0)), NOTHING },
		{ address(RTM_NEWADDR, 2, 2, RT_SCOPE_UNIVERSE, 0), GAINED },
		{ dumped(address(RTM_NEWADDR, 2, 2, RT_SCOPE_UNIVERSE, 0)), NOTHING },
		{ address(RTM_NEWADDR, 2, 1, RT_SCOPE_UNIVERSE, 0), NOTHING },
		{ address(RTM_DELADDR, 2, 1, RT_SCOPE_UNIVERSE, 0), LOST },
		{ dumped(link_message(RTM_NEWLINK, 2, IFF_UP | IFF_RUNNING)), NOTHING },
		{ link_message(RTM_NEWLINK, 2, IFF_UP), LOST },
	};
	play(steps, ARRAY_SIZE(steps));
}

/* Cut anywhere, even inside an attribute's length, a message is passed over or read as far as it goes. */
static void cut_messages_do_no_harm(void **state) {
	const struct message whole[] = {
		address(RTM_NEWADDR, 2, 1, RT_SCOPE_UNIVERSE, 0),
		route(RTM_NEWROUTE, 0, 100),
		link_message(RTM_NEWLINK, 2, IFF_UP | IFF_RUNNING),
	};
	struct network_facts facts = { 0 };
	for (size_t i = 0; i < ARRAY_SIZE(whole); i++)
		for (uint32_t n = 0; n <= whole[i].header.nlmsg_len; n++) {
			struct network_news news = { 0 };
			struct message m = whole[i];
			network_facts_feed(&facts, &m, n, &news);
			m.header.nlmsg_len = n;
			network_facts_feed(&facts, &m, n, &news);
			assert_true(facts.n <= 16);
		}
	network_facts_deinit(&facts);
}

static void many_are_bounded(void **state) {
	struct network_facts facts = { 0 };
	for (uint32_t i = 0; i < 2 * NETWORK_FACTS_MAX; i++) {
		struct network_news news = { 0 };
		struct message m = address(RTM_NEWADDR, i, 1, RT_SCOPE_UNIVERSE, 0);
		network_facts_feed(&facts, &m, m.header.nlmsg_len, &news);
		assert_true(news.gained);
		assert_true(facts.n <= NETWORK_FACTS_MAX);
	}
	network_facts_deinit(&facts);
}

static unsigned feed_address(struct network_facts *facts, struct message m, uint32_t changed) {
	const struct ifa_cacheinfo times = { .cstamp = 7, .tstamp = changed };
	struct network_news news = { 0 };
	add(&m, IFA_CACHEINFO, &times, sizeof(times));
	network_facts_feed(facts, &m, m.header.nlmsg_len, &news);
	return (news.gained ? GAINED : 0U) | (news.lost ? LOST : 0U);
}

/* A lease that is renewed is no news, of however many; one that ends is. */
static void many_are_renewed(void **state) {
	const uint32_t n = NETWORK_FACTS_MAX + 3;
	struct network_facts facts = { 0 };
	for (uint32_t changed = 7; changed <= 8; changed++)
		for (uint32_t i = 0; i < n; i++) {
			struct message m = address(RTM_NEWADDR, i, 1, RT_SCOPE_UNIVERSE, 0);
			assert_int_equal(
				feed_address(&facts, m, changed), changed == 7 ? GAINED : NOTHING);
		}
	struct message tentative = address(RTM_NEWADDR, n, 1, RT_SCOPE_UNIVERSE, IFA_F_TENTATIVE);
	assert_int_equal(feed_address(&facts, tentative, 7), NOTHING);
	for (uint32_t i = n; i-- > NETWORK_FACTS_MAX - 1;) {
		struct message m = address(RTM_DELADDR, i, 1, RT_SCOPE_UNIVERSE, 0);
		assert_int_equal(feed_address(&facts, m, 8), LOST);
	}
	/* there is room again: what was not kept comes as if it were new */
	struct message m = address(RTM_NEWADDR, n, 1, RT_SCOPE_UNIVERSE, 0);
	assert_int_equal(feed_address(&facts, m, 8), GAINED);
	network_facts_deinit(&facts);
}

/* Twenty flaps, three seconds apart, are told twenty times at most; without a pause a few times; and a single
 * change soon enough to be online again within five seconds. */
static void changes_are_told_together(void **state) {
	const uint64_t gaps[] = { 3 * USEC_PER_SEC, 100 * USEC_PER_MSEC };
	const unsigned most[] = { 20, 2 };
	for (size_t i = 0; i < ARRAY_SIZE(gaps); i++) {
		uint64_t first = 0, due = USEC_NEVER;
		unsigned n_told = 0;
		for (uint64_t flap = 0; flap < 20; flap++) {
			uint64_t now = USEC_PER_SEC + flap * gaps[i];
			if (due <= now)
				n_told++;
			first = due <= now || flap == 0 ? now : first;
			due = network_watch_due(first, now);
			assert_true(due - first <= NETWORK_WATCH_LAST_USEC);
		}
		assert_true(n_told + 1 <= most[i]);
	}
	assert_true(network_watch_due(USEC_PER_SEC, USEC_PER_SEC) < 2 * USEC_PER_SEC);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(routes),
		cmocka_unit_test(carriers),
		cmocka_unit_test(dumps_are_no_news),
		cmocka_unit_test(cut_messages_do_no_harm),
		cmocka_unit_test(many_are_bounded),
		cmocka_unit_test(many_are_renewed),
		cmocka_unit_test(changes_are_told_together),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

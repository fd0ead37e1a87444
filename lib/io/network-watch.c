#include "io/network-watch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"

/* As much as the kernel puts into one datagram of a dump. */
#define READ_BYTES ((size_t)32 * 1024)
#define READS_A_TURN 16

struct network_watch {
	sd_event *loop;
	sd_event_source *io;
	sd_event_source *timer;
	int fd;
	struct network_facts facts;
	struct network_news news; /* not told yet */
	uint64_t first_usec; /* CLOCK_MONOTONIC: of those; 0: there are none */
	unsigned n_dumps_left; /* of the first look */
	network_watch_fn changed;
	void *userdata;
};

uint64_t network_watch_due(uint64_t first_usec, uint64_t last_usec) {
	return MIN(last_usec + NETWORK_WATCH_CALM_USEC, first_usec + NETWORK_WATCH_LAST_USEC);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
	struct network_watch *w = userdata;
	struct network_news news = w->news;
	w->news = (struct network_news){ 0 };
	w->first_usec = 0;
	w->changed(&news, w->userdata);
	return 0;
}

static void tell_later(struct network_watch *w) {
	uint64_t now = 0;
	(void)sd_event_now(w->loop, CLOCK_MONOTONIC, &now);
	if (w->first_usec == 0)
		w->first_usec = now;
	(void)sd_event_source_set_time(w->timer, network_watch_due(w->first_usec, now));
	(void)sd_event_source_set_enabled(w->timer, SD_EVENT_ONESHOT);
}

/* --- the first look --- */

static int ask(struct network_watch *w, uint16_t type) {
	struct {
		struct nlmsghdr header;
		struct rtgenmsg body;
	} request = {
		.header = {
			.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtgenmsg)),
			.nlmsg_type = type,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
		.body.rtgen_family = AF_UNSPEC,
	};
	ssize_t n = send(w->fd, &request, request.header.nlmsg_len, 0);
	return n < 0 ? -errno : 0;
}

/* The kernel makes one dump after the other. Routes are not asked for: a router has a million of them,
 * and one that changes is told of. */
static int ask_next(struct network_watch *w) {
	return ask(w, w->n_dumps_left == 2 ? RTM_GETADDR : RTM_GETLINK);
}

static bool ends_dump(const void *bytes, size_t n) {
	const struct nlmsghdr *message;
	for (size_t offset = 0; (message = network_facts_message(bytes, n, &offset));)
		if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR)
			return true;
	return false;
}

/* --- reading --- */

static void feed(struct network_watch *w, const void *bytes, size_t n) {
	struct network_news news = { 0 };
	network_facts_feed(&w->facts, bytes, n, &news);
	if (w->n_dumps_left > 0 && ends_dump(bytes, n) && --w->n_dumps_left > 0 && ask_next(w) < 0)
		w->n_dumps_left = 0;
	w->news.gained |= news.gained;
	w->news.lost |= news.lost;
	if (news.gained || news.lost)
		tell_later(w);
}

/* The kernel had more to tell than we had room for: anything may have changed. */
static void on_overrun(struct network_watch *w) {
	w->news = (struct network_news){ true, true };
	tell_later(w);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata) {
	struct network_watch *w = userdata;
	/* aligned as what is in it */
	struct nlmsghdr bytes[READ_BYTES / sizeof(struct nlmsghdr)];
	for (unsigned i = 0; i < READS_A_TURN; i++) {
		struct sockaddr_nl from = { 0 };
		socklen_t length = sizeof(from);
		ssize_t n =
			recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &length);
		if (n < 0 && errno == ENOBUFS)
			on_overrun(w);
		if (n < 0)
			return 0;
		/* anybody may send to such a socket; the kernel is nobody else */
		if (from.nl_pid == 0)
			feed(w, bytes, (size_t)n);
	}
	return 0;
}

/* --- the socket --- */

/* The routes of a router change all the time: those that are no default routes wake nobody. */
static void set_filter(int fd) {
	struct sock_filter steps[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWROUTE), 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELROUTE), 0, 2),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
			NLMSG_HDRLEN + offsetof(struct rtmsg, rtm_dst_len)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = { ARRAY_SIZE(steps), steps };
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0)
		log_debug("all routes are listened to: %s", strerror(errno));
}

static int open_socket(struct network_watch *w) {
	const struct sockaddr_nl groups = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
			     RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE,
	};
	w->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (w->fd < 0)
		return -errno;
	set_filter(w->fd);
	if (bind(w->fd, (const struct sockaddr *)&groups, sizeof(groups)) < 0)
		return -errno;
	w->n_dumps_left = 2;
	return ask_next(w);
}

int network_watch_new(
	sd_event *loop, network_watch_fn changed, void *userdata, struct network_watch **ret) {
	CLEANUP(network_watch_free) struct network_watch *w = MEMORY_NEW(struct network_watch);
	w->loop = sd_event_ref(loop);
	w->changed = changed;
	w->userdata = userdata;
	int r = open_socket(w);
	if (r >= 0)
		r = sd_event_add_io(loop, &w->io, w->fd, EPOLLIN, on_io, w);
	if (r >= 0)
		r = sd_event_add_time(
			loop, &w->timer, CLOCK_MONOTONIC, 0, USEC_PER_MSEC, on_timer, w);
	if (r >= 0)
		r = sd_event_source_set_enabled(w->timer, SD_EVENT_OFF);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(w);
	return 0;
}

struct network_watch *network_watch_free(struct network_watch *w) {
	if (!w)
		return NULL;
	sd_event_source_disable_unref(w->io);
	sd_event_source_disable_unref(w->timer);
	if (w->fd >= 0)
		(void)close(w->fd);
	network_facts_deinit(&w->facts);
	sd_event_unref(w->loop);
	return memory_free(w);
}

#include "io/resolver.h"

#include <ares.h>
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <time.h>

#include "base/list.h"
#include "base/memory.h"

/* Two rounds over the servers; c-ares doubles the wait in the second one. */
#define SERVER_TIMEOUT_MSEC 3000
#define SERVER_TRIES 2

struct resolver {
	sd_event *loop;
	char *servers;
	ares_channel channel; /* NULL while nothing is asked */
	sd_event_source *timer; /* the next timeout of c-ares */
	sd_event_source *deferred; /* answers are delivered outside of c-ares */
	struct list sockets;
	struct list inquiries;
	struct list queries;
	size_t n_asking; /* inquiries that c-ares works on */
};

struct resolver_socket {
	struct list list;
	struct resolver *resolver;
	sd_event_source *source;
	int fd;
};

/* One question to c-ares, shared by all lookups of that name. It stays until c-ares has called
 * back, also when no lookup wants the answer any more. */
struct inquiry {
	struct list list;
	struct resolver *resolver;
	char *host;
	struct list lookups;
	bool answered;
	const char *problem;
	struct address addresses[RESOLVER_ADDRESSES_MAX];
	size_t n;
};

struct resolver_lookup {
	struct list list;
	uint16_t port;
	resolver_done_fn done;
	void *userdata;
};

/* A question for other records; it is nobody else's. It stays until c-ares has called back, and until
 * its owner has freed it. */
struct resolver_query {
	struct list list;
	struct resolver *resolver;
	enum resolver_type type;
	bool answered;
	bool delivered;
	const char *problem;
	struct resolver_record records[RESOLVER_RECORDS_MAX];
	size_t n;
	resolver_records_fn done; /* NULL: freed by its owner */
	void *userdata;
};

static void ask_for_delivery(struct resolver *r) {
	(void)sd_event_source_set_enabled(r->deferred, SD_EVENT_ON);
}

static struct inquiry *inquiry_free(struct inquiry *q) {
	list_remove(&q->list);
	memory_free(q->host);
	return memory_free(q);
}

/* --- c-ares on the loop --- */

/* Our timer is to fire when c-ares wants to look at its own. */
static void arm_timer(struct resolver *r) {
	struct timeval wait;
	if (!r->channel || !ares_timeout(r->channel, NULL, &wait)) {
		(void)sd_event_source_set_enabled(r->timer, SD_EVENT_OFF);
		return;
	}
	uint64_t usec = (uint64_t)wait.tv_sec * USEC_PER_SEC + (uint64_t)wait.tv_usec;
	(void)sd_event_source_set_time_relative(r->timer, usec);
	(void)sd_event_source_set_enabled(r->timer, SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
	struct resolver *r = userdata;
	if (r->channel)
		ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	arm_timer(r);
	return 0;
}

static int on_socket(sd_event_source *source, int fd, uint32_t events, void *userdata) {
	struct resolver_socket *socket = userdata;
	struct resolver *r = socket->resolver;
	bool failed = events & (EPOLLERR | EPOLLHUP);
	ares_socket_t readable = failed || events & EPOLLIN ? fd : ARES_SOCKET_BAD;
	ares_socket_t writable = events & EPOLLOUT ? fd : ARES_SOCKET_BAD;
	/* `socket` may be gone after this */
	ares_process_fd(r->channel, readable, writable);
	arm_timer(r);
	return 0;
}

static struct resolver_socket *socket_free(struct resolver_socket *socket) {
	list_remove(&socket->list);
	sd_event_source_disable_unref(socket->source);
	return memory_free(socket);
}

static void watch_socket(struct resolver *r, int fd, uint32_t events) {
	LIST_FOREACH (item, &r->sockets) {
		struct resolver_socket *known = CONTAINER_OF(item, struct resolver_socket, list);
		if (known->fd != fd)
			continue;
		if (events == 0)
			socket_free(known);
		else
			(void)sd_event_source_set_io_events(known->source, events);
		return;
	}
	if (events == 0)
		return;

	struct resolver_socket *socket = MEMORY_NEW(struct resolver_socket);
	socket->resolver = r;
	socket->fd = fd;
	list_append(&r->sockets, &socket->list);
	/* Without a source (no memory in the kernel) the question ends by its timeout. */
	(void)sd_event_add_io(r->loop, &socket->source, fd, events, on_socket, socket);
}

/* c-ares says (0, 0) before it closes a socket. */
static void on_socket_state(void *userdata, ares_socket_t fd, int readable, int writable) {
	watch_socket(userdata, fd, (readable ? EPOLLIN : 0) | (writable ? EPOLLOUT : 0));
}

static void close_channel(struct resolver *r) {
	if (!r->channel)
		return;
	ares_destroy(r->channel);
	r->channel = NULL;
	arm_timer(r);
}

static int open_channel(struct resolver *r) {
	if (r->channel)
		return 0;
	struct ares_options options = {
		.timeout = SERVER_TIMEOUT_MSEC,
		.tries = SERVER_TRIES,
		.sock_state_cb = on_socket_state,
		.sock_state_cb_data = r,
	};
	int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
	int status = ares_init_options(&r->channel, &options, mask);
	if (status == ARES_SUCCESS && r->servers) {
		status = ares_set_servers_ports_csv(r->channel, r->servers);
		if (status != ARES_SUCCESS)
			close_channel(r);
	}
	if (status == ARES_SUCCESS)
		return 0;
	r->channel = NULL;
	return status == ARES_EFILE ? -EIO : -EINVAL;
}

/* --- answers --- */

static const char *problem_of(int status) {
	switch (status) {
	case ARES_ENOTFOUND:
	case ARES_ENONAME:
		return "no such host name";
	case ARES_ENODATA:
		return "the host name has no address";
	case ARES_EBADNAME:
	case ARES_EBADSTR:
		return "not a host name";
	case ARES_ETIMEOUT:
		return "the name servers do not answer";
	case ARES_ECONNREFUSED:
		return "no name server could be reached, or none could answer";
	case ARES_ESERVFAIL:
	case ARES_EREFUSED:
	case ARES_ENOTIMP:
		return "the name server refused or failed";
	default:
		return "the name server's answer cannot be used";
	}
}

static void take_addresses(struct inquiry *q, const struct ares_addrinfo *answer) {
	for (const struct ares_addrinfo_node *node = answer->nodes; node; node = node->ai_next)
		if (q->n < RESOLVER_ADDRESSES_MAX &&
			address_from_socket(node->ai_addr, 0, &q->addresses[q->n]) == 0)
			q->n++;
}

/* Called inside of c-ares, where neither the channel nor a lookup may be freed: so the answer is
 * only kept here. */
static void on_answer(void *userdata, int status, int timeouts, struct ares_addrinfo *answer) {
	struct inquiry *q = userdata;
	q->answered = true;
	q->resolver->n_asking--;
	if (answer) {
		if (status == ARES_SUCCESS)
			take_addresses(q, answer);
		ares_freeaddrinfo(answer);
	}
	if (q->n == 0)
		q->problem = problem_of(status == ARES_SUCCESS ? ARES_ENODATA : status);
	ask_for_delivery(q->resolver);
}

static void deliver(struct inquiry *q, struct resolver_lookup *lookup) {
	struct address addresses[RESOLVER_ADDRESSES_MAX];
	size_t n = q->n;
	for (size_t i = 0; i < n; i++)
		(void)address_from_socket(&q->addresses[i].socket.any, lookup->port, &addresses[i]);
	struct resolver_answer answer = { .addresses = addresses, .n = n, .problem = q->problem };
	lookup->done(&answer, lookup->userdata);
}

static struct resolver_query *query_free(struct resolver_query *q) {
	list_remove(&q->list);
	for (size_t i = 0; i < q->n; i++)
		free(q->records[i].name);
	return memory_free(q);
}

/* True when there was one, whose owner may have freed anything. */
static bool deliver_query(struct resolver *r) {
	LIST_FOREACH_SAFE (item, &r->queries) {
		struct resolver_query *q = CONTAINER_OF(item, struct resolver_query, list);
		if (!q->answered || q->delivered)
			continue;
		if (!q->done) {
			query_free(q);
			continue;
		}
		q->delivered = true;
		const struct resolver_records answer = {
			.records = q->records,
			.n = q->n,
			.problem = q->problem,
		};
		q->done(&answer, q->userdata);
		return true;
	}
	return false;
}

/* One answer in a turn, since the callee may free any lookup, and the resolver behind it. */
static int on_deferred(sd_event_source *source, void *userdata) {
	struct resolver *r = userdata;
	LIST_FOREACH_SAFE (item, &r->inquiries) {
		struct inquiry *q = CONTAINER_OF(item, struct inquiry, list);
		if (!q->answered)
			continue;
		if (list_is_empty(&q->lookups)) {
			inquiry_free(q);
			continue;
		}
		struct resolver_lookup *lookup =
			CONTAINER_OF(q->lookups.next, struct resolver_lookup, list);
		list_remove(&lookup->list);
		deliver(q, lookup);
		return 0;
	}
	if (deliver_query(r))
		return 0;
	(void)sd_event_source_set_enabled(r->deferred, SD_EVENT_OFF);
	if (r->n_asking == 0)
		close_channel(r);
	return 0;
}

/* --- questions --- */

/* One that still waits: who asks later wants a fresh answer. */
static struct inquiry *find_inquiry(struct resolver *r, const char *host) {
	LIST_FOREACH (item, &r->inquiries) {
		struct inquiry *q = CONTAINER_OF(item, struct inquiry, list);
		if (!q->answered && strcmp(q->host, host) == 0)
			return q;
	}
	return NULL;
}

static struct inquiry *inquiry_new(struct resolver *r, const char *host) {
	struct inquiry *q = MEMORY_NEW(struct inquiry);
	q->resolver = r;
	q->host = memory_strdup(host);
	list_init(&q->lookups);
	list_append(&r->inquiries, &q->list);
	return q;
}

/* The addresses of a literal; and of "localhost", of which nobody is asked, nor can anybody say
 * that it is elsewhere (RFC 6761 6.3). */
static size_t known_addresses(const char *host, struct address ret[static 2]) {
	if (strcasecmp(host, "localhost") == 0) {
		(void)address_parse("127.0.0.1", 0, &ret[0]);
		(void)address_parse("::1", 0, &ret[1]);
		return 2;
	}
	return address_parse(host, 0, &ret[0]) == 0 ? 1 : 0;
}

static int ask(struct resolver *r, const char *host, struct inquiry **ret) {
	struct address known[2];
	size_t n_known = known_addresses(host, known);
	if (n_known > 0) {
		struct inquiry *q = inquiry_new(r, host);
		while (q->n < n_known) {
			q->addresses[q->n] = known[q->n];
			q->n++;
		}
		q->answered = true;
		ask_for_delivery(r);
		*ret = q;
		return 0;
	}
	int n = open_channel(r);
	if (n < 0)
		return n;
	struct inquiry *q = inquiry_new(r, host);
	struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	r->n_asking++;
	/* May call back before it returns: the hosts file, or no socket to be had. */
	ares_getaddrinfo(r->channel, host, NULL, &hints, on_answer, q);
	arm_timer(r);
	*ret = q;
	return 0;
}

int resolver_lookup_new(struct resolver *r, const struct resolver_question *question,
	resolver_done_fn done, void *userdata, struct resolver_lookup **ret) {
	assert(r && question && question->host && done && ret);
	struct inquiry *q = find_inquiry(r, question->host);
	if (!q) {
		int n = ask(r, question->host, &q);
		if (n < 0)
			return n;
	}
	struct resolver_lookup *lookup = MEMORY_NEW(struct resolver_lookup);
	lookup->port = question->port;
	lookup->done = done;
	lookup->userdata = userdata;
	list_append(&q->lookups, &lookup->list);
	*ret = lookup;
	return 0;
}

struct resolver_lookup *resolver_lookup_free(struct resolver_lookup *lookup) {
	if (!lookup)
		return NULL;
	list_remove(&lookup->list);
	return memory_free(lookup);
}

/* --- other records --- */

static void take_record(struct resolver_query *q, const struct resolver_record *record) {
	if (q->n == RESOLVER_RECORDS_MAX || !record->name)
		return;
	size_t n = strlen(record->name);
	q->records[q->n] = *record;
	q->records[q->n++].name =
		memory_strndup(record->name, n > 0 && record->name[n - 1] == '.' ? n - 1 : n);
}

static int take_mx(struct resolver_query *q, const uint8_t *bytes, int n) {
	struct ares_mx_reply *first = NULL;
	int status = ares_parse_mx_reply(bytes, n, &first);
	for (struct ares_mx_reply *m = first; m; m = m->next) {
		const struct resolver_record record = { .priority = m->priority, .name = m->host };
		take_record(q, &record);
	}
	if (first)
		ares_free_data(first);
	return status;
}

static int take_srv(struct resolver_query *q, const uint8_t *bytes, int n) {
	struct ares_srv_reply *first = NULL;
	int status = ares_parse_srv_reply(bytes, n, &first);
	for (struct ares_srv_reply *s = first; s; s = s->next) {
		const struct resolver_record record = {
			.priority = s->priority,
			.weight = s->weight,
			.port = s->port,
			.name = s->host,
		};
		take_record(q, &record);
	}
	if (first)
		ares_free_data(first);
	return status;
}

static int take_records(struct resolver_query *q, const uint8_t *bytes, int n) {
	switch (q->type) {
	case RESOLVER_MX:
		return take_mx(q, bytes, n);
	case RESOLVER_SRV:
		return take_srv(q, bytes, n);
	}
	return ARES_EBADRESP;
}

/* Inside of c-ares, as on_answer(). */
static void on_records(void *userdata, int status, int timeouts, unsigned char *bytes, int n) {
	struct resolver_query *q = userdata;
	q->answered = true;
	q->resolver->n_asking--;
	if (status == ARES_SUCCESS)
		status = take_records(q, bytes, n);
	if (q->n == 0)
		q->problem = status == ARES_SUCCESS || status == ARES_ENODATA
				     ? "the name has no such records"
				     : problem_of(status);
	ask_for_delivery(q->resolver);
}

int resolver_query_new(struct resolver *r, const struct resolver_records_question *question,
	resolver_records_fn done, void *userdata, struct resolver_query **ret) {
	/* RFC 1035, section 3.2.2; RFC 2782 */
	static const int numbers[] = { [RESOLVER_MX] = 15, [RESOLVER_SRV] = 33 };
	assert(r && question && question->name && done && ret);
	int n = open_channel(r);
	if (n < 0)
		return n;
	struct resolver_query *q = MEMORY_NEW(struct resolver_query);
	q->resolver = r;
	q->type = question->type;
	q->done = done;
	q->userdata = userdata;
	list_append(&r->queries, &q->list);
	r->n_asking++;
	ares_query(r->channel, question->name, 1, numbers[question->type], on_records, q);
	arm_timer(r);
	*ret = q;
	return 0;
}

struct resolver_query *resolver_query_free(struct resolver_query *query) {
	if (!query)
		return NULL;
	if (query->answered)
		return query_free(query);
	query->done = NULL;
	return NULL;
}

int resolver_new(sd_event *loop, const char *servers, struct resolver **ret) {
	CLEANUP(resolver_free) struct resolver *r = MEMORY_NEW(struct resolver);
	(void)ares_library_init(ARES_LIB_INIT_ALL);
	r->loop = sd_event_ref(loop);
	r->servers = memory_strdup(servers);
	list_init(&r->sockets);
	list_init(&r->inquiries);
	list_init(&r->queries);
	int n = sd_event_add_defer(loop, &r->deferred, on_deferred, r);
	if (n < 0)
		return n;
	(void)sd_event_source_set_enabled(r->deferred, SD_EVENT_OFF);
	n = sd_event_add_time_relative(
		loop, &r->timer, CLOCK_MONOTONIC, 0, 10 * USEC_PER_MSEC, on_timer, r);
	if (n < 0)
		return n;
	(void)sd_event_source_set_enabled(r->timer, SD_EVENT_OFF);
	*ret = TAKE_PTR(r);
	return 0;
}

struct resolver *resolver_free(struct resolver *r) {
	if (!r)
		return NULL;
	/* answers every open question with ARES_EDESTRUCTION */
	if (r->channel)
		ares_destroy(r->channel);
	r->channel = NULL;
	LIST_FOREACH_SAFE (item, &r->inquiries) {
		struct inquiry *q = CONTAINER_OF(item, struct inquiry, list);
		assert(list_is_empty(&q->lookups));
		inquiry_free(q);
	}
	LIST_FOREACH_SAFE (item, &r->queries) {
		struct resolver_query *q = CONTAINER_OF(item, struct resolver_query, list);
		assert(!q->done);
		query_free(q);
	}
	LIST_FOREACH_SAFE (item, &r->sockets)
		socket_free(CONTAINER_OF(item, struct resolver_socket, list));
	sd_event_source_disable_unref(r->timer);
	sd_event_source_disable_unref(r->deferred);
	memory_free(r->servers);
	sd_event_unref(r->loop);
	ares_library_cleanup();
	return memory_free(r);
}

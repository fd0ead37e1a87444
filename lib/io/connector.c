#include "io/connector.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "io/dial.h"
#include "io/resolver.h"
#include "io/tunnel.h"

struct connector {
	sd_event *loop;
	sd_event_source *deadline;
	struct resolver *own_resolver;
	struct resolver_lookup *lookup;
	struct dial *dial; /* NULL: still looking up */
	struct tunnel *tunnel; /* NULL: not at the proxy yet, or there is none */
	enum proxy_kind proxy;
	char *user, *password; /* of the proxy; NULL: none */
	char *host; /* behind the proxy */
	uint16_t port;
	char *text; /* what the result says */
	connector_done_fn done;
	void *userdata;
	bool loopback_only;
};

/* The callback is the last thing: the callee frees us. */
static void finish(struct connector *c, int fd, enum reason reason, const char *text) {
	char *copy = memory_strdup(text);
	memory_free(c->text);
	c->text = copy;
	c->deadline = sd_event_source_disable_unref(c->deadline);
	c->lookup = resolver_lookup_free(c->lookup);
	c->dial = dial_free(c->dial);
	c->tunnel = tunnel_free(c->tunnel);
	struct connector_result result = { .fd = fd, .reason = reason, .text = c->text };
	c->done(&result, c->userdata);
}

static void on_tunnel(const struct tunnel_result *result, void *userdata) {
	finish(userdata, result->fd, result->reason, result->text);
}

static void talk_to_proxy(struct connector *c, int fd) {
	const struct proxy_talk_target target = {
		.kind = c->proxy,
		.user = c->user,
		.password = c->password,
		.host = c->host,
		.port = c->port,
	};
	const struct tunnel_end end = { .done = on_tunnel, .userdata = c };
	int r = tunnel_new(c->loop, fd, &target, &end, &c->tunnel);
	c->password = memory_free_secret(c->password);
	if (r < 0)
		finish(c, -1, REASON_INTERNAL, strerror(-r));
}

static void on_dialed(const struct dial_result *result, void *userdata) {
	struct connector *c = userdata;
	if (c->proxy == PROXY_NONE) {
		finish(c, result->fd, result->reason, result->text);
	} else if (result->fd >= 0) {
		talk_to_proxy(c, result->fd);
	} else {
		CLEANUP_TEXT char *text = memory_format("the proxy at %s", result->text);
		finish(c, -1, result->reason, text);
	}
}

static void on_answer(const struct resolver_answer *answer, void *userdata) {
	struct connector *c = userdata;
	bool is_proxy = c->proxy != PROXY_NONE;
	if (answer->n == 0) {
		CLEANUP_TEXT char *text =
			memory_format("%s%s", is_proxy ? "the proxy: " : "", answer->problem);
		finish(c, -1, REASON_DNS_FAILED, text);
		return;
	}
	if (is_proxy && c->loopback_only) {
		finish(c, -1, REASON_CLEARTEXT_REFUSED, "Security=none, and through a proxy");
		return;
	}
	struct dial_target target = {
		.addresses = answer->addresses,
		.n = answer->n,
		.loopback_only = c->loopback_only,
	};
	int r = dial_new(c->loop, &target, on_dialed, c, &c->dial);
	if (r < 0)
		finish(c, -1, REASON_INTERNAL, strerror(-r));
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata) {
	struct connector *c = userdata;
	if (c->tunnel)
		finish(c, -1, REASON_TIMED_OUT, "the proxy did not answer in time");
	else if (c->dial && c->proxy != PROXY_NONE)
		finish(c, -1, REASON_TIMED_OUT, "no address of the proxy answered in time");
	else if (c->dial)
		finish(c, -1, REASON_TIMED_OUT, "no address of the host answered in time");
	else
		finish(c, -1, REASON_DNS_FAILED, "the name servers did not answer in time");
	return 0;
}

/* What is dialed, and with it what is looked up. */
static struct resolver_question take_target(
	struct connector *c, const struct connector_target *target) {
	const struct connector_proxy *proxy = &target->proxy;
	c->loopback_only = target->loopback_only;
	c->proxy = proxy->kind;
	if (proxy->kind == PROXY_NONE)
		return (struct resolver_question){ .host = target->host, .port = target->port };
	c->host = memory_strdup(target->host);
	c->port = target->port;
	c->user = memory_strdup(proxy->user);
	c->password = memory_strdup(proxy->password);
	return (struct resolver_question){ .host = proxy->host, .port = proxy->port };
}

int connector_new(sd_event *loop, const struct connector_target *target, connector_done_fn done,
	void *userdata, struct connector **ret) {
	assert(loop && target && target->host && done && ret);
	CLEANUP(connector_free) struct connector *c = MEMORY_NEW(struct connector);
	c->loop = sd_event_ref(loop);
	c->done = done;
	c->userdata = userdata;
	const struct resolver_question question = take_target(c, target);
	int r = sd_event_add_time_relative(
		loop, &c->deadline, CLOCK_MONOTONIC, target->timeout_usec, 0, on_deadline, c);
	if (r < 0)
		return r;
	struct resolver *resolver = target->resolver;
	if (!resolver) {
		r = resolver_new(loop, NULL, &c->own_resolver);
		if (r < 0)
			return r;
		resolver = c->own_resolver;
	}
	r = resolver_lookup_new(resolver, &question, on_answer, c, &c->lookup);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(c);
	return 0;
}

struct connector *connector_free(struct connector *c) {
	if (!c)
		return NULL;
	sd_event_source_disable_unref(c->deadline);
	resolver_lookup_free(c->lookup);
	resolver_free(c->own_resolver);
	dial_free(c->dial);
	tunnel_free(c->tunnel);
	memory_free(c->user);
	memory_free_secret(c->password);
	memory_free(c->host);
	memory_free(c->text);
	sd_event_unref(c->loop);
	return memory_free(c);
}

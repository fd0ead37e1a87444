#include "io/connector.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "io/dial.h"
#include "io/resolver.h"

struct connector {
	sd_event *loop;
	sd_event_source *deadline;
	struct resolver *own_resolver;
	struct resolver_lookup *lookup;
	struct dial *dial; /* NULL: still looking up */
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
	struct connector_result result = { .fd = fd, .reason = reason, .text = c->text };
	c->done(&result, c->userdata);
}

static void on_dialed(const struct dial_result *result, void *userdata) {
	finish(userdata, result->fd, result->reason, result->text);
}

static void on_answer(const struct resolver_answer *answer, void *userdata) {
	struct connector *c = userdata;
	if (answer->n == 0) {
		finish(c, -1, REASON_DNS_FAILED, answer->problem);
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
	if (c->dial)
		finish(c, -1, REASON_TIMED_OUT, "no address of the host answered in time");
	else
		finish(c, -1, REASON_DNS_FAILED, "the name servers did not answer in time");
	return 0;
}

int connector_new(sd_event *loop, const struct connector_target *target, connector_done_fn done,
	void *userdata, struct connector **ret) {
	assert(loop && target && target->host && done && ret);
	CLEANUP(connector_free) struct connector *c = MEMORY_NEW(struct connector);
	c->loop = sd_event_ref(loop);
	c->done = done;
	c->userdata = userdata;
	c->loopback_only = target->loopback_only;
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
	struct resolver_question question = { .host = target->host, .port = target->port };
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
	memory_free(c->text);
	sd_event_unref(c->loop);
	return memory_free(c);
}

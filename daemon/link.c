#include "daemon/link.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "daemon/alarm-clock.h"
#include "daemon/metrics.h"
#include "daemon/proxy-access.h"
#include "daemon/watch-facts.h"
#include "daemon/watch-login.h"
#include "io/stream.h"

static void on_alarm(struct alarm *alarm) {
	struct link *link = CONTAINER_OF(alarm, struct link, alarm);
	link_tick(link);
	(void)link_pump(link);
}

void link_init(
	struct link *link, const struct link_kind *kind, const struct watch_context *context) {
	*link = (struct link){ .kind = kind, .context = context, .alarm.ring = on_alarm };
}

void link_deinit(struct link *link) {
	link->stream = stream_free(link->stream);
	alarm_clock_remove(link->context->clock, &link->alarm);
}

void link_shut(struct link *link) {
	link->stream = stream_free(link->stream);
	alarm_clock_set(link->context->clock, &link->alarm, USEC_NEVER);
}

void link_tick(struct link *link) {
	link->kind->engine->tick(link->session, alarm_clock_now(link->context->clock));
}

static int flush(struct link *link) {
	const struct link_engine *engine = link->kind->engine;
	const uint8_t *bytes = NULL;
	size_t n;
	while ((n = engine->output(link->session, &bytes)) > 0) {
		int r = stream_write(link->stream, bytes, n);
		/* The stream tells its end itself, as an event. */
		if (r == -ENOTCONN)
			return 0;
		if (r < 0)
			return r;
		engine->sent(link->session, n);
		link->is_asking = true;
	}
	return 0;
}

int link_pump(struct link *link) {
	const struct link_kind *kind = link->kind;
	if (kind->pull(link))
		return 1;
	int r = flush(link);
	if (r < 0) {
		kind->ended(link, REASON_INTERNAL, strerror(-r));
		return 1;
	}
	alarm_clock_set(link->context->clock, &link->alarm, kind->engine->deadline(link->session));
	return 0;
}

bool link_is_tenable(struct link *link) {
	if (stream_has_address(link->stream))
		return true;
	link->kind->ended(link, REASON_CONNECTION_LOST, "the network of this machine has changed");
	return false;
}

int link_start_tls(struct link *link) {
	if (stream_start_tls(link->stream) >= 0)
		return 0;
	link->kind->ended(link, REASON_INJECTED_DATA, NULL);
	return 1;
}

/* For the mechanisms that tie a login to the encryption around it. */
static void bind_session(struct link *link) {
	struct sasl_bindings bindings;
	watch_login_bindings(link->stream, &bindings);
	link->kind->engine->bind(link->session, &bindings);
}

static void on_data(struct link *link, const struct stream_event *event) {
	struct watch_report contact = { .kind = WATCH_CONTACT };
	watch_report(link->context, &contact);
	link->context->metrics->n_round_trips += link->is_asking;
	link->is_asking = false;
	if (link->kind->heard)
		link->kind->heard(link);
	link->kind->engine->feed(link->session, event->bytes, event->n);
}

static int on_stream_event(struct link *link, const struct stream_event *event) {
	const struct link_kind *kind = link->kind;
	link_tick(link);
	switch (event->kind) {
	case STREAM_EVENT_CONNECTED:
		watch_facts_connected(link->context->facts, link->stream);
		bind_session(link);
		if (kind->connected)
			kind->connected(link);
		break;
	case STREAM_EVENT_SECURED:
		bind_session(link);
		kind->engine->secured(link->session);
		break;
	case STREAM_EVENT_DATA:
		on_data(link, event);
		break;
	case STREAM_EVENT_CLOSED: {
		bool is_partial = kind->engine->is_partial(link->session);
		kind->ended(link, watch_reason_of_end(event, is_partial), event->text);
		return 1;
	}
	}
	return link_pump(link);
}

static void on_stream(struct stream *stream, void *userdata) {
	struct link *link = userdata;
	struct stream_event event;
	while (stream_next(stream, &event) > 0)
		if (on_stream_event(link, &event))
			return;
}

int link_open(struct link *link) {
	struct stream_target target = watch_target(link->context, link->kind->alpn);
	struct proxy_access access;
	CLEANUP_TEXT char *problem = NULL;
	int r = proxy_access_init(&access, link->context->config, &target.proxy, &problem);
	if (r < 0)
		return r;
	r = stream_new(link->context->loop, &target, on_stream, link, &link->stream);
	proxy_access_deinit(&access);
	return r;
}

#include "daemon/watch.h"

#include "base/memory.h"
#include "base/text.h"
#include "daemon/account-config.h"
#include "daemon/metrics.h"
#include "daemon/watch-facts.h"
#include "daemon/watch-group.h"
#include "io/stream.h"

static enum stream_security security_of(const struct account_config *config) {
	switch (config->security) {
	case ACCOUNT_SECURITY_TLS:
		return STREAM_SECURITY_TLS;
	case ACCOUNT_SECURITY_STARTTLS:
		return STREAM_SECURITY_STARTTLS;
	case ACCOUNT_SECURITY_NONE:
		return config->allow_cleartext ? STREAM_SECURITY_NONE_ANYWHERE
					       : STREAM_SECURITY_NONE;
	}
	return STREAM_SECURITY_TLS;
}

struct stream_target watch_target(const struct watch_context *context, const char *alpn) {
	return (struct stream_target){
		.host = context->config->host,
		.port = context->config->port,
		.security = security_of(context->config),
		.policy = context->policy,
		.ticket = context->ticket,
		.identity = context->identity,
		.wish = {
			.pins = context->pins,
			.pins_only = context->config->trust_pin_only,
			.needs_tls_1_3 = context->config->tls_min_version == ACCOUNT_TLS_1_3,
		},
		.resolver = context->resolver,
		.alpn = context->config->alpn ? alpn : NULL,
		.totals = &context->metrics->traffic,
		.record = context->facts ? &context->facts->tls : NULL,
	};
}

uint64_t watch_now(const struct watch_context *context, clockid_t clock) {
	uint64_t now = 0;
	(void)sd_event_now(context->loop, clock, &now);
	return now;
}

enum reason watch_reason_of_end(const struct stream_event *event, bool is_partial) {
	if (event->reason == REASON_NONE || (event->reason == REASON_TLS_TRUNCATED && !is_partial))
		return REASON_CONNECTION_LOST;
	return event->reason;
}

void watch_report(const struct watch_context *context, const struct watch_report *report) {
	context->report(context->userdata, report);
}

void watch_report_closed(const struct watch_context *context, enum reason reason, const char *text,
	uint64_t retry_after_usec) {
	/* The receiver frees the watch, and the text may be its own. */
	CLEANUP_TEXT char *printable = text_is_empty(text) ? NULL : text_printable(text);
	struct watch_report report = {
		.kind = WATCH_CLOSED,
		.reason = reason,
		.text = printable,
		.retry_after_usec = retry_after_usec,
	};
	watch_report(context, &report);
}

const struct watch_kind *watch_kind_of(const struct account_config *config) {
	switch (config->protocol) {
	case ACCOUNT_PROTOCOL_IMAP:
		return config->connections > 1 ? &watch_group_kind : &watch_imap_kind;
	case ACCOUNT_PROTOCOL_POP3:
		return &watch_pop3_kind;
	}
	return &watch_imap_kind;
}

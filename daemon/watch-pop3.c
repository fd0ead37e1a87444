/* Joins POP3 sessions to streams: each poll is one of both, and between polls there is neither, only
 * a timer and what is known of the mailbox. The secret is asked for anew at each poll. */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <systemd/sd-id128.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "daemon/account-config.h"
#include "daemon/alarm-clock.h"
#include "daemon/announcement-batch.h"
#include "daemon/announcement.h"
#include "daemon/credential.h"
#include "daemon/link.h"
#include "daemon/poll-schedule.h"
#include "daemon/watch-login.h"
#include "protocol/pop3-session.h"

/* POP3 has one mailbox, and no name for it. */
#define MAILBOX "INBOX"

struct watch_pop3 {
	struct watch watch;
	struct watch_context context; /* less the credential */
	struct pop3_state state;
	struct poll_schedule schedule;
	uint64_t polled_usec; /* CLOCK_BOOTTIME: when the last connection began */
	struct alarm alarm; /* the next poll */
	struct credential *credential; /* asked for: a poll begins */
	struct link link;
	struct pop3_session *session;
	struct announcement_batch batch; /* since the last CURSOR event */
	const char *reset_reason; /* what is stored was damaged */
	bool is_online;
	bool is_closing;
	bool is_check_due; /* asked for while a poll was on its way */
};

static struct watch_pop3 *watch_pop3_of(struct watch *watch) {
	return CONTAINER_OF(watch, struct watch_pop3, watch);
}

static void watch_pop3_end_poll(struct watch_pop3 *w) {
	w->credential = credential_free(w->credential);
	/* The socket goes first: nothing can be said over it any more. */
	link_shut(&w->link);
	w->session = pop3_session_free(w->session);
	announcement_batch_clear(&w->batch);
	alarm_clock_set(w->context.clock, &w->alarm, USEC_NEVER);
}

static void watch_pop3_closed(
	struct watch_pop3 *w, enum reason reason, const char *text, uint64_t retry_after_usec) {
	CLEANUP_TEXT char *kept = memory_strdup(text);
	watch_pop3_end_poll(w);
	watch_report_closed(&w->context, reason, kept, retry_after_usec);
}

/* Between polls */

static void watch_pop3_wait(struct watch_pop3 *w, uint64_t until_usec) {
	uint64_t now = watch_now(&w->context, CLOCK_BOOTTIME);
	uint64_t ahead = until_usec > now ? until_usec - now : 0;
	alarm_clock_set(w->context.clock, &w->alarm, until_usec);
	struct watch_report report = { .kind = WATCH_SCHEDULED, .retry_after_usec = ahead };
	watch_report(&w->context, &report);
}

static void watch_pop3_log_expiry(const struct watch_pop3 *w) {
	uint32_t days = w->state.capabilities.expire_days;
	if (days != POP3_EXPIRE_NEVER)
		log_write(LOG_LEVEL_INFO, w->context.config->id,
			"the server deletes mail by itself after %u days", days);
}

static uint64_t watch_pop3_next(struct watch_pop3 *w, uint64_t now_usec) {
	w->schedule.interval_usec = w->context.config->interval_usec;
	w->schedule.delay_usec = w->state.capabilities.login_delay_usec;
	return poll_schedule_next(&w->schedule, now_usec, w->polled_usec);
}

static void watch_pop3_polled(struct watch_pop3 *w) {
	struct login_outcome login;
	if (w->session && pop3_session_login(w->session, &login))
		watch_login_report(&w->context, &login);
	watch_pop3_end_poll(w);
	if (w->is_closing) {
		watch_pop3_closed(w, REASON_NONE, NULL, 0);
		return;
	}
	if (!w->is_online) {
		w->is_online = true;
		watch_pop3_log_expiry(w);
		struct watch_report report = { .kind = WATCH_ONLINE, .strategy = "poll" };
		watch_report(&w->context, &report);
	}
	uint64_t now = watch_now(&w->context, CLOCK_BOOTTIME);
	uint64_t next = watch_pop3_next(w, now);
	if (w->is_check_due)
		next = MIN(next, poll_schedule_earliest(&w->schedule, w->polled_usec));
	w->is_check_due = false;
	watch_pop3_wait(w, MAX(next, now));
}

/* Reports */

static struct store_cursor watch_pop3_cursor(const struct watch_pop3 *w) {
	return (struct store_cursor){
		.messages = w->state.messages,
		.unseen = (uint32_t)w->state.set.n_announced,
	};
}

/* With what of the state differs from what is stored. */
static void watch_pop3_report_state(struct watch_pop3 *w, struct watch_report *report) {
	struct pop3_state_writer writer;
	struct pop3_part part;
	struct store_part *parts = NULL;
	size_t n = 0;
	report->cut_parts_from = pop3_state_write_begin(&w->state, &writer);
	while (pop3_state_write_next(&writer, &part) > 0) {
		parts = memory_resize(parts, n + 1, sizeof(*parts));
		parts[n++] = (struct store_part){ part.number, part.bytes, part.n };
	}
	report->mailbox = MAILBOX;
	report->cursor = watch_pop3_cursor(w);
	report->parts = parts;
	report->n_parts = n;
	/* What cannot be written ends the watch, and the next one reads what is there. */
	pop3_state_clean(&w->state);
	watch_report(&w->context, report);
	free(parts);
}

static void watch_pop3_on_baseline(struct watch_pop3 *w, const struct pop3_event *event) {
	struct watch_report report = {
		.kind = WATCH_BASELINE,
		.reset_reason = event->reset ? event->reset : w->reset_reason,
	};
	w->reset_reason = NULL;
	watch_pop3_report_state(w, &report);
}

static void watch_pop3_on_cursor(struct watch_pop3 *w) {
	struct store_event *events = announcement_batch_events(&w->batch);
	struct watch_report report = {
		.kind = WATCH_MESSAGES,
		.events = events,
		.n_events = w->batch.n,
	};
	watch_pop3_report_state(w, &report);
	free(events);
	announcement_batch_clear(&w->batch);
}

/* 0: go on; 1: the poll is over, and the watch may be gone. */
static int watch_pop3_on_event(struct watch_pop3 *w, const struct pop3_event *event) {
	const struct account_config *config = w->context.config;
	struct watch_report counts = { .kind = WATCH_COUNTS };
	switch (event->kind) {
	case POP3_EVENT_WANT_TLS:
		return link_start_tls(&w->link);
	case POP3_EVENT_BASELINE:
		watch_pop3_on_baseline(w, event);
		break;
	case POP3_EVENT_MESSAGE:
		announcement_init_pop3(
			announcement_batch_add(&w->batch), config, MAILBOX, event->message);
		break;
	case POP3_EVENT_RETIRED:
		announcement_init_pop3_gone(
			announcement_batch_add(&w->batch), config, MAILBOX, event->hash);
		break;
	case POP3_EVENT_CURSOR:
		watch_pop3_on_cursor(w);
		break;
	case POP3_EVENT_COUNTS:
		watch_pop3_report_state(w, &counts);
		break;
	case POP3_EVENT_CLOSED:
		if (event->reason == REASON_NONE)
			watch_pop3_polled(w);
		else
			watch_pop3_closed(w, event->reason, event->text, event->retry_after_usec);
		return 1;
	}
	return 0;
}

/* During a poll */

static int watch_pop3_pull(struct link *link) {
	struct watch_pop3 *w = CONTAINER_OF(link, struct watch_pop3, link);
	struct pop3_event event;
	while (pop3_session_next(w->session, &event) > 0)
		if (watch_pop3_on_event(w, &event))
			return 1;
	return 0;
}

static void watch_pop3_on_ended(struct link *link, enum reason reason, const char *text) {
	struct watch_pop3 *w = CONTAINER_OF(link, struct watch_pop3, link);
	if (reason != REASON_INTERNAL && reason != REASON_INJECTED_DATA &&
		(pop3_session_is_done(w->session) || w->is_closing))
		watch_pop3_polled(w);
	else
		watch_pop3_closed(w, reason, text, 0);
}

LINK_ENGINE(pop3_session);

static const struct link_kind watch_pop3_link = {
	.engine = &pop3_session_engine,
	.alpn = "pop3",
	.pull = watch_pop3_pull,
	.ended = watch_pop3_on_ended,
};

static enum pop3_security security_of(enum account_security security) {
	switch (security) {
	case ACCOUNT_SECURITY_TLS:
		return POP3_SECURITY_TLS;
	case ACCOUNT_SECURITY_STARTTLS:
		return POP3_SECURITY_STLS;
	case ACCOUNT_SECURITY_NONE:
		return POP3_SECURITY_NONE;
	}
	return POP3_SECURITY_TLS;
}

static int watch_pop3_begin_poll(struct watch_pop3 *w, const struct credential_result *credential) {
	struct watch_login login;
	int r = watch_login_init(&login, &w->context, credential);
	if (r < 0)
		return r;
	const struct pop3_login settings = {
		.login = login.settings,
		.security = security_of(w->context.config->security),
	};
	w->polled_usec = watch_now(&w->context, CLOCK_BOOTTIME);
	w->session = pop3_session_new(&settings, &w->state, watch_now(&w->context, CLOCK_REALTIME));
	w->link.session = w->session;
	/* The way there has deadlines of its own; the session's clock starts with its first byte. */
	return link_open(&w->link);
}

static void watch_pop3_on_credential(const struct credential_result *result, void *userdata) {
	struct watch_pop3 *w = userdata;
	/* The secret lives until the credential's own callback returns. */
	CLEANUP(credential_free) struct credential *done = TAKE_PTR(w->credential);
	bool is_given = result->reason == REASON_NONE;
	int r = is_given ? watch_pop3_begin_poll(w, result) : 0;
	if (!is_given)
		watch_pop3_closed(w, result->reason, result->problem, 0);
	else if (r < 0)
		watch_pop3_closed(w, REASON_INTERNAL, strerror(-r), 0);
}

static void watch_pop3_poll(struct watch_pop3 *w) {
	alarm_clock_set(w->context.clock, &w->alarm, USEC_NEVER);
	const struct credential_request request = {
		.config = w->context.config,
		.desktop = w->context.desktop,
	};
	int r = credential_new(
		w->context.loop, &request, watch_pop3_on_credential, w, &w->credential);
	if (r < 0)
		watch_pop3_closed(w, REASON_SECRET_FAILED, strerror(-r), 0);
}

static void watch_pop3_on_alarm(struct alarm *alarm) {
	watch_pop3_poll(CONTAINER_OF(alarm, struct watch_pop3, alarm));
}

/* Life */

static int watch_pop3_on_part(const struct store_part *stored, void *userdata) {
	struct watch_pop3 *w = userdata;
	const struct pop3_part part = { stored->number, stored->bytes, stored->n };
	return pop3_state_read(&w->state, &part);
}

static int watch_pop3_new_state(struct watch_pop3 *w) {
	sd_id128_t random;
	int r = sd_id128_randomize(&random);
	if (r >= 0)
		pop3_state_init(&w->state, random.bytes);
	return r;
}

/* What cannot be read is a failure of ours: taken for a mailbox that was never seen, it would lose
 * mail. What was read and makes no sense is lost, and said to be. */
static int watch_pop3_load(struct watch_pop3 *w) {
	int r = watch_pop3_new_state(w);
	if (r < 0)
		return r;
	r = store_load_parts(
		w->context.store, w->context.config->id, MAILBOX, watch_pop3_on_part, w);
	if (r >= 0)
		r = pop3_state_read_end(&w->state);
	if (r != -EBADMSG)
		return r;
	pop3_state_deinit(&w->state);
	w->reset_reason = "state-lost";
	return watch_pop3_new_state(w);
}

static struct watch *watch_pop3_free(struct watch *watch) {
	struct watch_pop3 *w = watch_pop3_of(watch);
	watch_pop3_end_poll(w);
	link_deinit(&w->link);
	alarm_clock_remove(w->context.clock, &w->alarm);
	pop3_state_deinit(&w->state);
	free(w);
	return NULL;
}

static int watch_pop3_new(const struct watch_context *context, struct watch **ret) {
	struct watch_pop3 *w = MEMORY_NEW(struct watch_pop3);
	w->watch.kind = &watch_pop3_kind;
	w->context = *context;
	w->context.credential = NULL;
	w->alarm.ring = watch_pop3_on_alarm;
	link_init(&w->link, &watch_pop3_link, &w->context);
	w->schedule.seed = poll_schedule_seed(context->config->id);
	int r = watch_pop3_load(w);
	if (r >= 0)
		r = watch_pop3_begin_poll(w, context->credential);
	if (r < 0) {
		(void)watch_pop3_free(&w->watch);
		return r;
	}
	*ret = &w->watch;
	return 0;
}

/* A mailbox shows a session what it held at the login: who asks during a poll wants another one. */
static void watch_pop3_check(struct watch *watch) {
	struct watch_pop3 *w = watch_pop3_of(watch);
	uint64_t now = watch_now(&w->context, CLOCK_BOOTTIME);
	uint64_t earliest = poll_schedule_earliest(&w->schedule, w->polled_usec);
	if (w->session || w->credential)
		w->is_check_due = true;
	else if (now >= earliest)
		watch_pop3_poll(w);
	else
		watch_pop3_wait(w, earliest);
}

static void watch_pop3_close(struct watch *watch) {
	struct watch_pop3 *w = watch_pop3_of(watch);
	w->is_closing = true;
	if (!w->session) {
		watch_pop3_closed(w, REASON_NONE, NULL, 0);
		return;
	}
	link_tick(&w->link);
	pop3_session_logout(w->session);
	(void)link_pump(&w->link);
}

/* Between polls there is nothing that could be dead, and a poll has deadlines of its own. */
static void watch_pop3_probe(struct watch *watch, uint64_t patience_usec) {
	struct watch_pop3 *w = watch_pop3_of(watch);
	if (w->session)
		(void)link_is_tenable(&w->link);
}

/* A poll that is under way ends with a plan anyhow. */
static void watch_pop3_reconfigure(struct watch *watch) {
	struct watch_pop3 *w = watch_pop3_of(watch);
	uint64_t now = watch_now(&w->context, CLOCK_BOOTTIME);
	if (!w->session && !w->credential)
		watch_pop3_wait(w, watch_pop3_next(w, now));
}

const struct watch_kind watch_pop3_kind = {
	.new = watch_pop3_new,
	.free = watch_pop3_free,
	.check = watch_pop3_check,
	.close = watch_pop3_close,
	.probe = watch_pop3_probe,
	.reconfigure = watch_pop3_reconfigure,
};

/* An imap_session on a link, whose events become reports. */
#include "daemon/watch-imap.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "daemon/account-config.h"
#include "daemon/alarm-clock.h"
#include "daemon/announcement-batch.h"
#include "daemon/announcement.h"
#include "daemon/chance.h"
#include "daemon/imap-memory.h"
#include "daemon/learned.h"
#include "daemon/link.h"
#include "daemon/message-url.h"
#include "daemon/mailbox-list.h"
#include "daemon/metrics.h"
#include "daemon/poll-schedule.h"
#include "daemon/wake-slot.h"
#include "daemon/watch-facts.h"
#include "daemon/watch-login.h"
#include "io/stream.h"
#include "protocol/imap-proof.h"
#include "protocol/imap-quirk.h"
#include "protocol/imap-session-idle.h"
#include "protocol/imap-session-share.h"
#include "protocol/imap-session.h"

struct watch_imap {
	struct watch watch;
	struct watch_context context; /* less the credential */
	struct link link;
	struct imap_session *session;
	char *network; /* the host as it is reached from here; see learned.h */
	uint64_t renewal; /* as it was learned before */
	struct announcement_batch batch; /* messages since the last CURSOR event */
	uint64_t
		heard_usec; /* CLOCK_MONOTONIC: the server spoke first; 0: all that it said is told */
	struct imap_proof proof; /* as it was last reported */
	bool is_online;
};

static struct watch_imap *watch_imap_of(struct watch *watch) {
	return CONTAINER_OF(watch, struct watch_imap, watch);
}

static void watch_imap_report_renewal(struct watch_imap *w) {
	uint64_t now = imap_session_renewal(w->session);
	struct watch_report report = {
		.kind = WATCH_LEARNED,
		.about = w->network,
		.fact = STORE_FACT_RENEWAL,
		.value = now,
	};
	if (w->network && now != w->renewal)
		watch_report(&w->context, &report);
}

static void watch_imap_save_proof(struct watch_imap *w) {
	CLEANUP_TEXT char *about = learned_about_login(w->context.config);
	const struct watch_report report = {
		.kind = WATCH_LEARNED,
		.about = about,
		.fact = STORE_FACT_PUSH,
		.value = imap_proof_pack(&w->proof, alarm_clock_now(w->context.clock),
			watch_now(&w->context, CLOCK_REALTIME)),
	};
	watch_report(&w->context, &report);
}

/* A command without an answer is a loss when the connection ends, and none while it is awaited. */
static void watch_imap_report_proof(struct watch_imap *w, bool is_end) {
	struct imap_proof proof = imap_session_proof(w->session);
	w->context.metrics->n_push_misses += proof.n_missed - w->proof.n_missed;
	for (size_t i = 0; i < ARRAY_SIZE(proof.losses) && !is_end; i++)
		proof.losses[i] = MIN(proof.losses[i], w->proof.losses[i]);
	if (imap_proof_is_same(&proof, &w->proof))
		return;
	w->proof = proof;
	/* A branch of an account knows half of it. */
	if (!w->context.only)
		watch_imap_save_proof(w);
}

static void watch_imap_closed(
	struct watch_imap *w, enum reason reason, const char *text, uint64_t retry_after_usec) {
	CLEANUP_TEXT char *kept = memory_strdup(text);
	watch_imap_report_renewal(w);
	watch_imap_report_proof(w, true);
	/* The socket goes before anybody hears of it. */
	link_shut(&w->link);
	watch_report_closed(&w->context, reason, kept, retry_after_usec);
}

/* With what was announced and is unread, where that has changed. */
static void watch_imap_report_cursor(
	struct watch_imap *w, const struct imap_event *event, struct watch_report *report) {
	struct buffer bytes = { 0 };
	struct store_part part;
	if (event->announced) {
		part = imap_memory_part(event->announced, &bytes);
		report->parts = &part;
		report->n_parts = 1;
	}
	report->mailbox = event->mailbox;
	report->cursor = imap_memory_to_store(&event->cursor);
	watch_report(&w->context, report);
	buffer_deinit(&bytes);
}

static void watch_imap_on_baseline(struct watch_imap *w, const struct imap_event *event) {
	struct watch_report report = { .kind = WATCH_BASELINE, .reset_reason = event->reset };
	watch_imap_report_cursor(w, event, &report);
}

/* What was left without a cursor in another mailbox is asked for again there. */
static struct announcement *watch_imap_announce(struct watch_imap *w, const char *mailbox) {
	if (w->batch.n > 0 && strcmp(w->batch.items[0].mailbox, mailbox) != 0)
		announcement_batch_clear(&w->batch);
	return announcement_batch_add(&w->batch);
}

/* A message that was announced in another mailbox. A log that cannot be read has none: twice is
 * better than not at all. */
static bool watch_imap_is_copy(struct watch_imap *w, const struct store_event *event) {
	return event->email_id && store_has_copy(w->context.store, event) > 0;
}

static void watch_imap_on_message(struct watch_imap *w, const struct imap_event *event) {
	struct announcement *a = watch_imap_announce(w, event->mailbox);
	announcement_init_imap(
		a, w->context.config, event->mailbox, event->cursor.uidvalidity, event->message);
	if (!watch_imap_is_copy(w, &a->event))
		return;
	announcement_batch_drop(&w->batch);
	imap_session_disown(w->session);
}

static void watch_imap_on_retired(struct watch_imap *w, const struct imap_event *event) {
	announcement_init_imap_retired(
		watch_imap_announce(w, event->mailbox), w->context.config, event);
}

static void watch_imap_on_cursor(struct watch_imap *w, const struct imap_event *event) {
	struct store_event *events = announcement_batch_events(&w->batch);
	struct watch_report report = {
		.kind = WATCH_MESSAGES,
		.events = events,
		.n_events = w->batch.n,
		.heard_usec = w->heard_usec,
	};
	watch_imap_report_cursor(w, event, &report);
	free(events);
	announcement_batch_clear(&w->batch);
}

static void watch_imap_on_counts(struct watch_imap *w, const struct imap_event *event) {
	struct watch_report report = {
		.kind = WATCH_COUNTS,
		.mailbox = event->mailbox,
		.cursor = imap_memory_to_store(&event->cursor),
	};
	watch_report(&w->context, &report);
}

static enum marking_outcome outcome_of(enum imap_marked marked) {
	switch (marked) {
	case IMAP_MARKED_SEEN:
		return MARKING_SEEN;
	case IMAP_MARKED_GONE:
		return MARKING_GONE;
	case IMAP_MARKED_REFUSED:
		return MARKING_REFUSED;
	}
	return MARKING_REFUSED;
}

static void watch_imap_on_marked(struct watch_imap *w, const struct imap_event *event) {
	CLEANUP_TEXT char *printable = event->text ? text_printable(event->text) : NULL;
	CLEANUP_TEXT char *id = announcement_imap_url(
		w->context.config, event->mailbox, event->cursor.uidvalidity, event->uid);
	struct watch_report report = {
		.kind = WATCH_MARKED,
		.message_id = id,
		.marked = outcome_of(event->marked),
		.text = printable,
	};
	watch_report(&w->context, &report);
}

static void watch_imap_on_mailbox(struct watch_imap *w, const struct imap_event *event) {
	struct watch_report report = {
		.kind = WATCH_MAILBOX,
		.mailbox = event->mailbox,
		.old_mailbox = event->old_mailbox,
		.listed = event->listed,
	};
	watch_report(&w->context, &report);
}

static void watch_imap_on_swept(struct watch_imap *w) {
	struct watch_report report = { .kind = WATCH_SWEPT };
	watch_report(&w->context, &report);
}

static void watch_imap_on_alert(struct watch_imap *w, const struct imap_event *event) {
	CLEANUP_TEXT char *printable = text_printable(event->text);
	struct watch_report report = { .kind = WATCH_ALERT, .text = printable };
	watch_report(&w->context, &report);
}

static void watch_imap_on_online(struct watch_imap *w, const struct imap_event *event) {
	for (size_t i = 0; i < imap_quirk_count(); i++)
		if (event->quirks >> i & 1)
			log_write(LOG_LEVEL_DEBUG, w->context.config->id, "the server is known: %s",
				imap_quirk_at(i)->name);
	struct login_outcome login;
	if (!w->is_online && imap_session_login(w->session, &login))
		watch_login_report(&w->context, &login);
	if (!w->is_online)
		watch_facts_imap(w->context.facts, w->link.stream, w->session);
	w->is_online = true;
	struct watch_report report = {
		.kind = WATCH_ONLINE,
		.strategy = event->strategy,
		.reason = event->reason,
	};
	watch_report(&w->context, &report);
}

/* 0: go on; 1: the watch was reported closed and may be gone. */
static int watch_imap_on_event(struct watch_imap *w, const struct imap_event *event) {
	switch (event->kind) {
	case IMAP_EVENT_WANT_TLS:
		return link_start_tls(&w->link);
	case IMAP_EVENT_ONLINE:
		watch_imap_on_online(w, event);
		break;
	case IMAP_EVENT_BASELINE:
		watch_imap_on_baseline(w, event);
		break;
	case IMAP_EVENT_MESSAGE:
		watch_imap_on_message(w, event);
		break;
	case IMAP_EVENT_RETIRED:
		watch_imap_on_retired(w, event);
		break;
	case IMAP_EVENT_MARKED:
		watch_imap_on_marked(w, event);
		break;
	case IMAP_EVENT_CURSOR:
		watch_imap_on_cursor(w, event);
		break;
	case IMAP_EVENT_COUNTS:
		watch_imap_on_counts(w, event);
		break;
	case IMAP_EVENT_MAILBOX:
		watch_imap_on_mailbox(w, event);
		break;
	case IMAP_EVENT_SWEPT:
		watch_imap_on_swept(w);
		break;
	case IMAP_EVENT_ALERT:
		watch_imap_on_alert(w, event);
		break;
	case IMAP_EVENT_CLOSED:
		watch_imap_closed(w, event->reason, event->text, event->retry_after_usec);
		return 1;
	}
	return 0;
}

/* What was learned here before, by whatever account. */
static void watch_imap_on_connected(struct link *link) {
	struct watch_imap *w = CONTAINER_OF(link, struct watch_imap, link);
	const struct account_config *config = w->context.config;
	CLEANUP_TEXT char *network = stream_network(link->stream);
	struct wake_slot slot = wake_slot_of(poll_schedule_seed(config->id), w->context.n_accounts);
	const struct imap_renewal_slot times = { slot.every_usec, slot.phase_usec };
	w->network = learned_about_network(config->host, network);
	uint64_t now = watch_now(&w->context, CLOCK_REALTIME);
	uint64_t learned = learned_renewal(w->context.store, w->network, now);
	imap_session_set_renewal(w->session, learned, &times);
	w->renewal = imap_session_renewal(w->session);
}

static void watch_imap_on_heard(struct link *link) {
	struct watch_imap *w = CONTAINER_OF(link, struct watch_imap, link);
	if (imap_session_is_idling(w->session))
		w->heard_usec = watch_now(&w->context, CLOCK_MONOTONIC);
}

static void watch_imap_pulled(struct watch_imap *w) {
	watch_imap_report_proof(w, false);
	if (imap_session_is_idling(w->session))
		w->heard_usec = 0;
}

static int watch_imap_pull(struct link *link) {
	struct watch_imap *w = CONTAINER_OF(link, struct watch_imap, link);
	struct imap_event event;
	while (imap_session_next(w->session, &event) > 0)
		if (watch_imap_on_event(w, &event))
			return 1;
	watch_imap_pulled(w);
	return 0;
}

/* A mailbox may have been the cause: that is to be known before the next attempt. */
static void watch_imap_on_ended(struct link *link, enum reason reason, const char *text) {
	struct watch_imap *w = CONTAINER_OF(link, struct watch_imap, link);
	struct imap_event event;
	imap_session_lost(w->session);
	imap_session_disconnected(w->session);
	while (imap_session_next(w->session, &event) > 0)
		if (event.kind == IMAP_EVENT_MAILBOX)
			watch_imap_on_mailbox(w, &event);
	watch_imap_closed(w, reason, text, 0);
}

LINK_ENGINE(imap_session);

static const struct link_kind watch_imap_link = {
	.engine = &imap_session_engine,
	.alpn = "imap",
	.connected = watch_imap_on_connected,
	.heard = watch_imap_on_heard,
	.pull = watch_imap_pull,
	.ended = watch_imap_on_ended,
};

static enum imap_security security_of(enum account_security security) {
	switch (security) {
	case ACCOUNT_SECURITY_TLS:
		return IMAP_SECURITY_TLS;
	case ACCOUNT_SECURITY_STARTTLS:
		return IMAP_SECURITY_STARTTLS;
	case ACCOUNT_SECURITY_NONE:
		return IMAP_SECURITY_NONE;
	}
	return IMAP_SECURITY_TLS;
}

static enum imap_rung ceiling_of(enum account_strategy strategy) {
	switch (strategy) {
	case ACCOUNT_STRATEGY_AUTOMATIC:
		return IMAP_RUNG_NOTIFY;
	case ACCOUNT_STRATEGY_IDLE:
		return IMAP_RUNG_IDLE;
	case ACCOUNT_STRATEGY_POLL:
		return IMAP_RUNG_POLL;
	}
	return IMAP_RUNG_NOTIFY;
}

/* Tags that cannot be guessed; without a source of chance the address of the heap must do. */
static uint64_t random_seed(const struct watch_imap *w) {
	uint64_t random = chance_number();
	return random ? random : (uintptr_t)w;
}

/* A cursor that cannot be read is a failure of ours: taken for a mailbox that was never seen, it
 * would lose mail. */
static int watch_imap_remember(struct watch_imap *w, const char *name) {
	struct imap_announced announced = { 0 };
	struct imap_memory memory = { .announced = &announced };
	const struct mailbox *mailbox = mailbox_list_find(w->context.mailboxes, name);
	if (mailbox)
		memory.standing = mailbox->standing;
	int r = imap_memory_load(
		w->context.store, w->context.config->id, name, &memory.cursor, &announced);
	if (r > 0)
		imap_session_remember(w->session, name, &memory);
	imap_announced_deinit(&announced);
	return r;
}

struct names {
	char **items;
	size_t n;
};

static void keep_name(const char *name, void *userdata) {
	struct names *names = userdata;
	names->items = memory_resize(names->items, names->n + 1, sizeof(*names->items));
	names->items[names->n++] = memory_strdup(name);
}

static int watch_imap_load(struct watch_imap *w) {
	const struct account_config *config = w->context.config;
	if (w->context.only) {
		imap_session_watch(w->session, w->context.only);
		return MIN(watch_imap_remember(w, w->context.only), 0);
	}
	struct names names = { 0 };
	for (size_t i = 0; i < config->n_watch; i++)
		imap_session_watch(w->session, config->watch[i]);
	for (size_t i = 0; config->ignore && config->ignore[i]; i++)
		imap_session_ignore(w->session, config->ignore[i]);
	int r = store_list_mailboxes(w->context.store, config->id, keep_name, &names);
	for (size_t i = 0; i < names.n; i++) {
		r = r < 0 ? r : watch_imap_remember(w, names.items[i]);
		free(names.items[i]);
	}
	free(names.items);
	return MIN(r, 0);
}

/* The attempt before knows more than the store; the first one asks there. */
static void watch_imap_load_proof(struct watch_imap *w) {
	static const struct imap_proof unknown = { 0 };
	w->proof = *w->context.proof;
	if (w->context.only || !imap_proof_is_same(&w->proof, &unknown))
		return;
	CLEANUP_TEXT char *about = learned_about_login(w->context.config);
	uint64_t packed = learned_push(w->context.store, about);
	w->proof = imap_proof_unpack(
		packed, alarm_clock_now(w->context.clock), watch_now(&w->context, CLOCK_REALTIME));
}

static int watch_imap_start_session(
	struct watch_imap *w, const struct credential_result *credential) {
	struct watch_login login;
	int r = watch_login_init(&login, &w->context, credential);
	if (r < 0)
		return r;
	watch_imap_load_proof(w);
	const struct imap_login settings = {
		.login = login.settings,
		.security = security_of(w->context.config->security),
		.wants_preview = w->context.config->preview,
		.tag_seed = random_seed(w),
		.ceiling = ceiling_of(w->context.config->strategy),
		.proof = &w->proof,
		.poll_usec = w->context.config->interval_usec,
	};
	w->session = imap_session_new(&settings);
	w->link.session = w->session;
	link_tick(&w->link);
	return watch_imap_load(w);
}

static struct watch *watch_imap_free(struct watch *watch) {
	struct watch_imap *w = watch_imap_of(watch);
	if (w->session)
		*w->context.proof = imap_session_proof(w->session);
	link_deinit(&w->link);
	imap_session_free(w->session);
	free(w->network);
	announcement_batch_clear(&w->batch);
	free(w);
	return NULL;
}

static int watch_imap_new(const struct watch_context *context, struct watch **ret) {
	struct watch_imap *w = MEMORY_NEW(struct watch_imap);
	w->watch.kind = &watch_imap_kind;
	w->context = *context;
	w->context.credential = NULL;
	link_init(&w->link, &watch_imap_link, &w->context);
	int r = watch_imap_start_session(w, context->credential);
	if (r >= 0)
		r = link_open(&w->link);
	if (r < 0) {
		(void)watch_imap_free(&w->watch);
		return r;
	}
	*ret = &w->watch;
	return 0;
}

static void watch_imap_check(struct watch *watch) {
	struct watch_imap *w = watch_imap_of(watch);
	link_tick(&w->link);
	imap_session_check(w->session);
	(void)link_pump(&w->link);
}

static void watch_imap_close(struct watch *watch) {
	struct watch_imap *w = watch_imap_of(watch);
	link_tick(&w->link);
	imap_session_logout(w->session);
	(void)link_pump(&w->link);
}

static void watch_imap_probe(struct watch *watch, uint64_t patience_usec) {
	struct watch_imap *w = watch_imap_of(watch);
	link_tick(&w->link);
	imap_session_probe(w->session, patience_usec);
	if (link_is_tenable(&w->link))
		(void)link_pump(&w->link);
}

static void watch_imap_reconfigure(struct watch *watch) {
	struct watch_imap *w = watch_imap_of(watch);
	link_tick(&w->link);
	imap_session_set_poll(w->session, w->context.config->interval_usec);
	(void)link_pump(&w->link);
}

bool watch_imap_yield(struct watch *watch, const char *mailbox) {
	return imap_session_yield(watch_imap_of(watch)->session, mailbox);
}

int watch_imap_take_back(struct watch *watch, const char *mailbox) {
	struct watch_imap *w = watch_imap_of(watch);
	struct imap_announced announced = { 0 };
	struct imap_memory memory = { .announced = &announced };
	int r = imap_memory_load(
		w->context.store, w->context.config->id, mailbox, &memory.cursor, &announced);
	link_tick(&w->link);
	if (r >= 0)
		imap_session_take_back(w->session, mailbox, &memory);
	imap_announced_deinit(&announced);
	/* What it wants sent goes out by the loop: who calls us is in the middle of something. */
	alarm_clock_set(w->context.clock, &w->link.alarm, 0);
	return MIN(r, 0);
}

bool watch_imap_has_message(struct watch *watch, const char *id) {
	const struct watch_imap *w = watch_imap_of(watch);
	struct message_url url;
	if (!message_url_parse(w->context.config, id, &url))
		return false;
	bool has = imap_session_has_mailbox(w->session, url.mailbox, url.uidvalidity);
	message_url_deinit(&url);
	return has;
}

static int watch_imap_mark_one(struct watch_imap *w, const char *id) {
	struct message_url url;
	if (!message_url_parse(w->context.config, id, &url))
		return -ENOENT;
	int r = imap_session_mark_seen(w->session, url.mailbox, url.uidvalidity, url.uid);
	message_url_deinit(&url);
	return r;
}

static int watch_imap_mark_seen(
	struct watch *watch, const char *const *ids, size_t n, size_t *ret_bad) {
	struct watch_imap *w = watch_imap_of(watch);
	int r = 0;
	for (size_t i = 0; i < n; i++)
		if (!watch_imap_has_message(watch, ids[i])) {
			*ret_bad = i;
			return -ENOENT;
		}
	link_tick(&w->link);
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = watch_imap_mark_one(w, ids[i]);
	/* It goes out by the loop: a connection that ended now would take along what our callers are in
	 * the middle of. */
	alarm_clock_set(w->context.clock, &w->link.alarm, 0);
	return r;
}

const struct watch_kind watch_imap_kind = {
	.new = watch_imap_new,
	.free = watch_imap_free,
	.check = watch_imap_check,
	.close = watch_imap_close,
	.probe = watch_imap_probe,
	.reconfigure = watch_imap_reconfigure,
	.mark_seen = watch_imap_mark_seen,
};

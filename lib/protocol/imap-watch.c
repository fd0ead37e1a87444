#include "protocol/imap-watch.h"

#include "base/text.h"
#include "protocol/imap-capability.h"
#include "protocol/imap-refusal.h"

/* A server that ends IDLE at once, and so often, does not mean it. */
#define IDLE_FAILURES_MAX 3
/* Nor does one whose news are found only by asking, so often in a row: GNU imap4d takes IDLE and
 * looks at the mailbox when it ends. */
#define IDLE_MISSES_MAX 3

static bool can_idle(const struct imap_session *s) {
	return imap_session_can(s, IMAP_CAPABILITY_IDLE) &&
	       s->n_idle_failures < IDLE_FAILURES_MAX && s->n_idle_misses < IDLE_MISSES_MAX;
}

/* Once, and again when the means change. */
static void announce(struct imap_session *s, const char *strategy) {
	if (s->strategy && text_equal_nocase(s->strategy, strategy))
		return;
	s->strategy = strategy;
	imap_pending_raise(s, IMAP_EVENT_ONLINE);
}

/* Not all servers push what happens to messages that are there. */
static void look_at_flags(struct imap_session *s) {
	/* there a STATUS says so, and leads to a visit */
	if (imap_session_has_quirk(s, IMAP_QUIRK_DEAF_NOOP))
		return;
	imap_count_on_poll(s);
	imap_flags_on_change(s);
}

/* Writes the commands of the most urgent thing that is due. */
static bool start_work(struct imap_session *s) {
	if (s->is_leaving) {
		imap_wire_send(&s->wire, IMAP_COMMAND_LOGOUT, "LOGOUT");
		return true;
	}
	bool check = s->is_check_due, noop = check || s->is_poll_due;
	s->is_check_due = s->is_poll_due = false;
	s->round.is_due |= noop;
	if (check) {
		look_at_flags(s);
		imap_count_on_change(s);
		s->arrival.retry_usec = 0;
	}
	bool is_deaf = imap_session_has_quirk(s, IMAP_QUIRK_DEAF_NOOP);
	if (noop && is_deaf)
		imap_round_ask_selected(s);
	else if (noop)
		imap_wire_send(&s->wire, IMAP_COMMAND_NOOP, "NOOP");
	bool arrives = imap_arrival_is_due(s);
	if (arrives)
		imap_arrival_ask(s);
	else if (check && !is_deaf)
		imap_arrival_ask_all(s);
	bool asks = imap_flags_ask(s);
	/* what is arriving is counted once it is there */
	bool counts = (check || !arrives) && imap_count_ask(s);
	return noop || arrives || asks || counts;
}

static void enter_work(struct imap_session *s) {
	imap_session_enter_state(s, s->is_leaving ? IMAP_STATE_LEAVING : IMAP_STATE_WORKING);
}

/* Nothing is in flight. */
void imap_watch_proceed(struct imap_session *s) {
	if (start_work(s)) {
		enter_work(s);
		return;
	}
	imap_count_report(s);
	s->is_renewing = false;
	if (imap_round_proceed(s)) {
		imap_session_enter_state(s, IMAP_STATE_WORKING);
		return;
	}
	if (s->arrival.retry_usec != 0) {
		imap_session_enter_state(s, IMAP_STATE_WAITING);
	} else if (can_idle(s)) {
		imap_wire_send(&s->wire, IMAP_COMMAND_IDLE, "IDLE");
		imap_session_enter_state(s, IMAP_STATE_IDLE_STARTING);
	} else {
		announce(s, "poll");
		imap_session_enter_state(s, IMAP_STATE_WAITING);
	}
}

/* DONE and what it is for go out in one write; the next IDLE waits for the answers. */
static void leave_idle(struct imap_session *s) {
	imap_wire_send_text(&s->wire, "DONE\r\n");
	(void)start_work(s);
	enter_work(s);
}

/* The slow sweep as well: what a deaf IDLE has missed, arrivals and flags, is found here. */
static void renew_idle(struct imap_session *s) {
	s->is_renewing = s->is_poll_due = true;
	look_at_flags(s);
	leave_idle(s);
}

void imap_watch_interrupt(struct imap_session *s) {
	if (s->state == IMAP_STATE_IDLING)
		leave_idle(s);
	else if (s->state == IMAP_STATE_WAITING)
		imap_watch_proceed(s);
}

/* What comes inside IDLE was pushed; what comes while it is only renewed was not. */
void imap_watch_on_change(struct imap_session *s) {
	bool has_arrived = imap_arrival_is_due(s);
	if (!has_arrived && !imap_round_has_visit(s))
		return;
	if (has_arrived && s->state == IMAP_STATE_IDLING)
		s->n_idle_misses = 0;
	else if (has_arrived && s->state == IMAP_STATE_WORKING && s->is_renewing &&
		 !imap_session_has_quirk(s, IMAP_QUIRK_SLOW_PUSH))
		s->n_idle_misses++;
	if (has_arrived)
		s->is_renewing = false;
	imap_watch_interrupt(s);
}

/* The + that IDLE waits for. Others mean nothing. */
void imap_watch_on_continuation(struct imap_session *s) {
	if (s->state != IMAP_STATE_IDLE_STARTING)
		return;
	announce(s, "idle");
	imap_session_enter_state(s, IMAP_STATE_IDLING);
	if (s->is_leaving || s->is_check_due)
		leave_idle(s);
}

/* For as long as it takes to be worth another try. */
static bool has_idled(const struct imap_session *s) {
	uint64_t left = s->deadline_usec - s->now_usec, all = imap_session_renew_usec(s);
	return s->state == IMAP_STATE_IDLING && left < all - MIN(all / 2, USEC_PER_MINUTE);
}

static void on_idle_ended(struct imap_session *s, const struct imap_reply *reply) {
	if (s->state == IMAP_STATE_WORKING)
		return; /* as we asked */
	enum reason reason = imap_refusal_of(reply, REASON_NONE).reason;
	if (reply->condition == IMAP_CONDITION_OK)
		s->n_idle_failures = has_idled(s) ? 0 : s->n_idle_failures + 1;
	else if (reason == REASON_NONE)
		s->n_idle_failures = IDLE_FAILURES_MAX;
	else
		imap_session_refuse(s, reply, reason);
}

void imap_watch_on_tagged(
	struct imap_session *s, enum imap_command_kind kind, const struct imap_reply *reply) {
	if (s->state == IMAP_STATE_LEAVING) {
		if (kind == IMAP_COMMAND_LOGOUT)
			imap_session_close(s, REASON_NONE, NULL);
		return;
	}
	if (kind == IMAP_COMMAND_IDLE)
		on_idle_ended(s, reply);
	else if (kind == IMAP_COMMAND_FETCH || kind == IMAP_COMMAND_PROBE)
		imap_arrival_on_tagged(s, kind == IMAP_COMMAND_PROBE, reply);
	else if (kind == IMAP_COMMAND_SEARCH)
		imap_count_on_tagged(s, reply);
	else if (kind == IMAP_COMMAND_FLAGS)
		imap_flags_on_tagged(s, reply);
	if (s->state == IMAP_STATE_CLOSED)
		return;
	if (s->wire.n_flights == 0)
		imap_watch_proceed(s);
	else if (kind == IMAP_COMMAND_IDLE)
		imap_session_enter_state(s, s->state); /* from DONE's deadline to the command's */
}

void imap_watch_on_deadline(struct imap_session *s) {
	switch (s->state) {
	case IMAP_STATE_GREETING:
	case IMAP_STATE_STARTTLS:
	case IMAP_STATE_CAPABILITY:
	case IMAP_STATE_AUTHENTICATE:
	case IMAP_STATE_LOGIN:
	case IMAP_STATE_OPENING:
	case IMAP_STATE_WORKING:
	case IMAP_STATE_IDLE_STARTING:
		imap_session_close(s, REASON_TIMED_OUT, NULL);
		break;
	case IMAP_STATE_LEAVING:
		imap_session_close(s, REASON_NONE, NULL);
		break;
	case IMAP_STATE_IDLING:
		if (s->now_usec >= s->deadline_usec)
			renew_idle(s);
		else
			leave_idle(s);
		break;
	case IMAP_STATE_WAITING:
		/* also before asking again: some servers look for new messages in NOOP alone */
		s->is_poll_due = true;
		if (s->arrival.retry_usec == 0)
			look_at_flags(s);
		s->arrival.retry_usec = 0;
		imap_watch_proceed(s);
		break;
	case IMAP_STATE_WANT_TLS:
	case IMAP_STATE_CLOSED:
		break;
	}
}

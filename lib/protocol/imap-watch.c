#include "protocol/imap-watch.h"

#include "protocol/imap-capability.h"
#include "protocol/imap-refusal.h"
#include "protocol/imap-session-idle.h"

/* A server that ends IDLE at once, and so often, does not mean it. */
#define IDLE_FAILURES_MAX 3
#define IDLE_WORTH_USEC (30 * USEC_PER_SEC)

static bool can_idle(const struct imap_session *s) {
	return imap_session_can(s, IMAP_CAPABILITY_IDLE) && s->ceiling <= IMAP_RUNG_IDLE &&
	       s->proof.best <= IMAP_RUNG_IDLE;
}

/* The best that this server and the account have in common. */
static enum imap_rung possible(const struct imap_session *s) {
	enum imap_rung offered = IMAP_RUNG_POLL;
	if (imap_session_can(s, IMAP_CAPABILITY_IDLE | IMAP_CAPABILITY_NOTIFY))
		offered = IMAP_RUNG_NOTIFY;
	else if (imap_session_can(s, IMAP_CAPABILITY_IDLE))
		offered = IMAP_RUNG_IDLE;
	return MAX(offered, s->ceiling);
}

/* Once, and again when the means change, or why there are no better ones. */
static void announce(struct imap_session *s, enum imap_rung rung) {
	enum reason reason = rung > possible(s) ? s->proof.reason : REASON_NONE;
	if (s->is_announced && s->rung == rung && s->rung_reason == reason)
		return;
	if (!s->is_announced)
		s->sweep.usec = s->now_usec;
	s->is_announced = true;
	s->rung = rung;
	s->rung_reason = reason;
	imap_pending_raise(s, IMAP_EVENT_ONLINE);
}

/* Not all servers push what happens to messages that are there. */
static void look_at_flags(struct imap_session *s) {
	/* there a STATUS says so, and leads to a visit */
	if (imap_session_has_quirk(s, IMAP_QUIRK_DEAF_NOOP) || !s->selected.is_open)
		return;
	imap_count_on_poll(s);
	imap_flags_on_change(s);
}

/* Together with something else, rather than by itself a bit later. */
static bool is_sweep_near(const struct imap_session *s) {
	return s->now_usec - s->sweep.usec >= IMAP_SWEEP_USEC / 2;
}

static void begin_sweep(struct imap_session *s) {
	bool is_full = is_sweep_near(s);
	s->sweep = (struct imap_sweep){
		.usec = is_full ? s->now_usec : s->sweep.usec,
		.is_running = true,
		.is_full = is_full,
	};
	imap_proof_tick(&s->proof, s->now_usec);
	s->is_poll_due = true;
	look_at_flags(s);
	if (is_full)
		imap_round_begin(s);
}

/* Not all servers tell in NOOP what is new. Where nothing is, "*" names nothing, and some servers call
 * that BAD. */
static void start_probe(struct imap_session *s) {
	bool is_due = s->sweep.is_running && s->sweep.is_full;
	if (!is_due || imap_session_has_quirk(s, IMAP_QUIRK_DEAF_NOOP))
		return;
	if (s->selected.exists > 0)
		imap_arrival_probe(s);
	else
		imap_arrival_ask_all(s);
}

/* Writes the commands of the most urgent thing that is due. */
static bool start_work(struct imap_session *s) {
	if (s->is_leaving) {
		imap_wire_send(&s->wire, IMAP_COMMAND_LOGOUT, "LOGOUT");
		return true;
	}
	bool has_mailbox = s->selected.is_open && !s->selected.is_stale;
	bool check = s->is_check_due, noop = check || s->is_poll_due;
	s->is_check_due = s->is_poll_due = false;
	if (check)
		imap_round_begin(s);
	if (!has_mailbox) {
		s->selected.is_stale |= check && s->selected.place != IMAP_PLACE_NONE;
		if (noop)
			imap_wire_send(&s->wire, IMAP_COMMAND_NOOP, "NOOP");
		return noop;
	}
	if (check) {
		s->verified_uid = imap_session_cursor(s)->next_uid;
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
	else if (noop)
		start_probe(s);
	bool asks = imap_mark_ask(s);
	asks |= imap_flags_ask(s);
	/* what is arriving is counted once it is there, and not before the server may tell of it: then it
	 * would be counted and never told */
	bool is_mute = s->notify.is_silenced && imap_notify_is_due(s);
	bool counts = (check || !(arrives || is_mute)) && imap_count_ask(s);
	return noop || arrives || asks || counts;
}

static void enter_work(struct imap_session *s) {
	imap_session_enter_state(s, s->is_leaving ? IMAP_STATE_LEAVING : IMAP_STATE_WORKING);
}

/* A check that brought nothing may have asked a mailbox that is not there any more (Cyrus goes on as
 * if it were empty) or has an heir of its name (Dovecot): opened anew, it is what it is. Not for each of
 * many checks in a row: nothing is asked of a mailbox that waits to be opened. */
static void verify(struct imap_session *s) {
	/* news that are announced and not told yet are a sign of life */
	if (s->is_verifying && s->selected.is_open && s->arrival.retry_usec == 0 &&
		imap_session_cursor(s)->next_uid == s->verified_uid && !imap_round_is_tired(s))
		s->selected.is_stale = true;
	s->is_verifying = false;
}

/* Nothing is to do but to be told of news, or to wait for the next look. */
static void rest(struct imap_session *s) {
	s->sweep.is_running = false;
	if (s->arrival.retry_usec != 0) {
		imap_session_enter_state(s, IMAP_STATE_WAITING);
	} else if (can_idle(s) && s->selected.is_open) {
		imap_wire_send(&s->wire, IMAP_COMMAND_IDLE, "IDLE");
		imap_session_enter_state(s, IMAP_STATE_IDLE_STARTING);
	} else {
		announce(s, IMAP_RUNG_POLL);
		imap_session_enter_state(s, IMAP_STATE_WAITING);
	}
}

static bool arm(struct imap_session *s) {
	return s->state != IMAP_STATE_CLOSED && !s->selected.is_stale && imap_notify_arm(s);
}

/* Nothing is in flight. */
void imap_watch_proceed(struct imap_session *s) {
	if (start_work(s)) {
		enter_work(s);
		return;
	}
	if (s->selected.is_open)
		(void)imap_count_report(s);
	if (imap_notify_leave(s))
		return;
	verify(s);
	/* once more behind a round, which may have found whom to be told of */
	if (arm(s) || imap_round_proceed(s) || arm(s))
		imap_session_enter_state(s, IMAP_STATE_WORKING);
	else if (s->state != IMAP_STATE_CLOSED)
		rest(s);
}

/* DONE and what it is for go out in one write; the next IDLE waits for the answers. */
static void leave_idle(struct imap_session *s) {
	imap_notify_give_up(s);
	imap_wire_send_text(&s->wire, "DONE\r\n");
	if (!start_work(s))
		imap_round_visit(s);
	enter_work(s);
}

static void renew_idle(struct imap_session *s) {
	imap_renewal_ask(&s->renewal, s->now_usec);
	begin_sweep(s);
	leave_idle(s);
}

static void poll(struct imap_session *s) {
	bool is_retry = s->arrival.retry_usec != 0;
	s->arrival.retry_usec = 0;
	if (!is_retry) {
		begin_sweep(s);
		imap_round_begin(s);
	}
	/* also before asking again: some servers look for new messages in NOOP alone */
	s->is_poll_due = true;
	imap_watch_proceed(s);
}

void imap_watch_interrupt(struct imap_session *s) {
	if (s->state == IMAP_STATE_IDLING)
		leave_idle(s);
	else if (s->state == IMAP_STATE_WAITING)
		imap_watch_proceed(s);
}

/* What comes inside IDLE was pushed; what only a sweep brought to light was not. What comes between,
 * in the answers to other commands, proves nothing. */
void imap_watch_on_news(struct imap_session *s, enum imap_channel channel) {
	unsigned bit = 1u << channel;
	if (s->state == IMAP_STATE_IDLING) {
		imap_proof_on_push(&s->proof, channel);
	} else if (s->state == IMAP_STATE_WORKING && s->sweep.is_running &&
		   (s->sweep.missed & bit) == 0 &&
		   !imap_session_has_quirk(s, IMAP_QUIRK_SLOW_PUSH)) {
		s->sweep.missed |= bit;
		(void)imap_proof_on_miss(&s->proof, channel, s->rung, s->now_usec);
	}
}

void imap_watch_on_change(struct imap_session *s) {
	bool has_arrived = imap_arrival_is_due(s), has_work = imap_round_has_work(s);
	if (has_arrived)
		imap_watch_on_news(s, IMAP_CHANNEL_SELECTED);
	if (!has_arrived && !has_work)
		return;
	if (s->state == IMAP_STATE_IDLING && !has_work && imap_notify_awaits(s))
		return;
	imap_watch_interrupt(s);
}

/* Another mailbox is selected: news in it are no news of the one that is told of. */
void imap_watch_on_opening(struct imap_session *s) {
	s->sweep.is_running = false;
	imap_notify_disarm(s);
}

/* An untagged NO in an IDLE is all that Dovecot says of a mailbox that was deleted and made anew under
 * us: a look tells. One that does not even speak of trouble is a warning, and waits for longer. */
void imap_watch_on_trouble(struct imap_session *s, const struct imap_reply *reply) {
	bool is_certain = imap_refusal_of(reply, REASON_NONE).reason != REASON_NONE;
	uint64_t due = s->looked_usec + (is_certain ? IMAP_TROUBLE_USEC : IMAP_SWEEP_USEC);
	if (s->state != IMAP_STATE_IDLING)
		return;
	s->selected.is_stale |= due <= s->now_usec;
	s->trouble_usec = s->trouble_usec == 0 ? due : MIN(due, s->trouble_usec);
}

/* The + that IDLE waits for. Others mean nothing. */
void imap_watch_on_continuation(struct imap_session *s) {
	if (s->state != IMAP_STATE_IDLE_STARTING)
		return;
	imap_proof_on_answer(&s->proof, IMAP_RUNG_IDLE);
	announce(s, imap_notify_is_complete(s) ? IMAP_RUNG_NOTIFY : IMAP_RUNG_IDLE);
	imap_session_enter_state(s, IMAP_STATE_IDLING);
	if (s->is_leaving || s->is_check_due)
		leave_idle(s);
}

/* For as long as it takes to be worth another try. */
static bool has_idled(const struct imap_session *s) {
	return s->state == IMAP_STATE_IDLING &&
	       s->now_usec - s->renewal.begun_usec > IDLE_WORTH_USEC;
}

static void on_idle_ended(struct imap_session *s, const struct imap_reply *reply) {
	if (s->state == IMAP_STATE_WORKING) {
		imap_renewal_answer(&s->renewal); /* as we asked */
		return;
	}
	enum reason reason = imap_refusal_of(reply, REASON_NONE).reason;
	bool is_ok = reply->condition == IMAP_CONDITION_OK;
	if (!is_ok && reason != REASON_NONE) {
		imap_session_refuse(s, reply, reason);
		return;
	}
	s->n_idle_failures = is_ok && has_idled(s) ? 0 : s->n_idle_failures + 1;
	if (!is_ok || s->n_idle_failures >= IDLE_FAILURES_MAX)
		imap_proof_on_refusal(&s->proof, IMAP_RUNG_IDLE, s->now_usec);
}

static void on_answer(
	struct imap_session *s, enum imap_command_kind kind, const struct imap_reply *reply) {
	if (kind == IMAP_COMMAND_IDLE)
		on_idle_ended(s, reply);
	else if (kind == IMAP_COMMAND_FETCH || kind == IMAP_COMMAND_PROBE)
		imap_arrival_on_tagged(s, kind == IMAP_COMMAND_PROBE, reply);
	else if (kind == IMAP_COMMAND_SEARCH)
		imap_count_on_tagged(s, reply);
	else if (kind == IMAP_COMMAND_NOTIFY)
		imap_notify_on_tagged(s, reply);
	else if (kind == IMAP_COMMAND_FLAGS)
		imap_flags_on_tagged(s, reply);
	else if (kind == IMAP_COMMAND_STORE)
		imap_mark_on_stored(s, reply);
	else if (kind == IMAP_COMMAND_LOOK)
		imap_mark_on_looked(s, reply);
}

void imap_watch_on_tagged(
	struct imap_session *s, enum imap_command_kind kind, const struct imap_reply *reply) {
	if (s->state == IMAP_STATE_LEAVING) {
		if (kind == IMAP_COMMAND_LOGOUT)
			imap_session_close(s, REASON_NONE, NULL);
		return;
	}
	on_answer(s, kind, reply);
	if (s->state == IMAP_STATE_CLOSED)
		return;
	if (s->wire.n_flights == 0)
		imap_watch_proceed(s);
	else if (kind == IMAP_COMMAND_IDLE)
		imap_session_enter_state(s, s->state); /* from DONE's deadline to the command's */
}

/* When IDLE ends by itself, for its age or for a sweep. */
static uint64_t renewal(const struct imap_session *s) {
	return MIN(s->deadline_usec, s->sweep.usec + IMAP_SWEEP_USEC);
}

/* Each account at times of its own, or the few of a desktop together: none before half of its wait. */
uint64_t imap_watch_poll_due(const struct imap_session *s) {
	uint64_t known = imap_quirk_poll_usec(s->quirks);
	uint64_t due = s->now_usec + (known != 0 ? known : s->poll_usec);
	return imap_renewal_slot_before(&s->renewal.slot, s->now_usec, due);
}

uint64_t imap_watch_deadline(const struct imap_session *s) {
	if (s->state != IMAP_STATE_IDLING)
		return s->deadline_usec;
	uint64_t deadline = renewal(s);
	if (s->count.is_due)
		deadline = MIN(deadline, s->count.due_usec);
	if (s->flags.is_due)
		deadline = MIN(deadline, s->flags.due_usec);
	if (s->trouble_usec != 0)
		deadline = MIN(deadline, s->trouble_usec);
	return s->notify.due_usec != 0 ? MIN(deadline, s->notify.due_usec) : deadline;
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
		/* a NOTIFY stays in flight, and tells by itself */
		if (s->state == IMAP_STATE_IDLE_STARTING)
			s->proof = imap_session_proof(s);
		imap_session_lost(s);
		imap_session_close(s, REASON_TIMED_OUT, NULL);
		break;
	case IMAP_STATE_LEAVING:
		imap_session_close(s, REASON_NONE, NULL);
		break;
	case IMAP_STATE_IDLING:
		s->selected.is_stale |= s->trouble_usec != 0 && s->now_usec >= s->trouble_usec;
		if (s->now_usec >= renewal(s))
			renew_idle(s);
		else
			leave_idle(s);
		break;
	case IMAP_STATE_WAITING:
		poll(s);
		break;
	case IMAP_STATE_WANT_TLS:
	case IMAP_STATE_CLOSED:
		break;
	}
}

#include "protocol/imap-pending.h"

#include "base/memory.h"
#include "protocol/imap-conversation.h"

void imap_pending_raise(struct imap_session *s, enum imap_event_kind kind) {
	s->pending.kinds |= UINT32_C(1) << kind;
}

void imap_pending_raise_at(struct imap_session *s, size_t place, enum imap_event_kind kind) {
	s->places.items[place].pending |= UINT32_C(1) << kind;
	imap_pending_raise(s, kind);
}

void imap_pending_retire(
	struct imap_session *s, size_t place, uint32_t uid, enum imap_retirement why) {
	struct imap_pending *p = &s->pending;
	if ((p->n_retired & (p->n_retired - 1)) == 0)
		p->retired = memory_resize(
			p->retired, MAX(p->n_retired * 2, (size_t)1), sizeof(*p->retired));
	p->retired[p->n_retired++] = (struct imap_retired){ place, uid, why };
	imap_pending_raise(s, IMAP_EVENT_RETIRED);
}

bool imap_pending_has(const struct imap_session *s, size_t place, enum imap_event_kind kind) {
	return (s->places.items[place].pending & UINT32_C(1) << kind) != 0;
}

/* The first mailbox that an event of this kind is about; the kind stays raised for the others. */
static size_t take_place(struct imap_session *s, enum imap_event_kind kind) {
	size_t first = IMAP_PLACE_NONE;
	uint32_t bit = UINT32_C(1) << kind;
	for (size_t i = 0; i < s->places.n; i++) {
		struct imap_place *place = &s->places.items[i];
		if ((place->pending & bit) == 0)
			continue;
		if (first != IMAP_PLACE_NONE) {
			s->pending.kinds |= bit;
			break;
		}
		place->pending &= ~bit;
		first = i;
	}
	return first;
}

static void give_announced(struct imap_place *place, struct imap_event *ret) {
	ret->announced = place->is_announced_changed ? &place->announced : NULL;
	place->is_announced_changed = false;
	if (ret->kind == IMAP_EVENT_CURSOR)
		place->has_retired = false;
}

static void give_retired(struct imap_session *s, struct imap_event *ret) {
	struct imap_pending *p = &s->pending;
	const struct imap_retired *retired = &p->retired[p->n_retired_out++];
	ret->mailbox = s->places.items[retired->place].name;
	ret->cursor = s->places.items[retired->place].cursor;
	ret->uid = retired->uid;
	ret->retirement = retired->why;
	if (p->n_retired_out < p->n_retired) {
		imap_pending_raise(s, IMAP_EVENT_RETIRED);
		return;
	}
	p->retired = memory_free(p->retired);
	p->n_retired = p->n_retired_out = 0;
}

static void give_place(struct imap_session *s, struct imap_event *ret) {
	size_t i = take_place(s, ret->kind);
	const struct imap_place *place = &s->places.items[i];
	ret->mailbox = place->name;
	ret->cursor = place->cursor;
	if (ret->kind == IMAP_EVENT_CURSOR || ret->kind == IMAP_EVENT_BASELINE)
		give_announced(&s->places.items[i], ret);
	if (ret->kind == IMAP_EVENT_BASELINE)
		ret->reset = place->reset;
	if (i == s->selected.place && ret->kind != IMAP_EVENT_MESSAGE)
		imap_count_on_reported(s);
}

bool imap_pending_take(struct imap_session *s, struct imap_event *ret) {
	struct imap_pending *p = &s->pending;
	if (p->kinds == 0)
		return false;
	*ret = (struct imap_event){ .kind = (enum imap_event_kind)__builtin_ctz(p->kinds) };
	p->kinds &= p->kinds - 1;
	switch (ret->kind) {
	case IMAP_EVENT_WANT_TLS:
		break;
	case IMAP_EVENT_ONLINE:
		ret->strategy = imap_proof_rung_to_string(s->rung);
		ret->reason = s->rung_reason;
		ret->quirks = s->quirks;
		break;
	case IMAP_EVENT_BASELINE:
	case IMAP_EVENT_CURSOR:
	case IMAP_EVENT_COUNTS:
		give_place(s, ret);
		break;
	case IMAP_EVENT_MESSAGE:
		ret->message = p->message;
		give_place(s, ret);
		break;
	case IMAP_EVENT_RETIRED:
		give_retired(s, ret);
		break;
	case IMAP_EVENT_ALERT:
		ret->text = p->text;
		break;
	case IMAP_EVENT_CLOSED:
		ret->reason = p->reason;
		ret->text = p->text;
		ret->retry_after_usec = p->retry_after_usec;
		break;
	}
	return true;
}

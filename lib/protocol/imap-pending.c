#include "protocol/imap-pending.h"

#include "protocol/imap-conversation.h"

void imap_pending_raise(struct imap_session *s, enum imap_event_kind kind) {
	s->pending.kinds |= UINT32_C(1) << kind;
}

void imap_pending_raise_at(struct imap_session *s, size_t place, enum imap_event_kind kind) {
	s->places.items[place].pending |= UINT32_C(1) << kind;
	imap_pending_raise(s, kind);
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

static void give_place(struct imap_session *s, struct imap_event *ret) {
	size_t i = take_place(s, ret->kind);
	const struct imap_place *place = &s->places.items[i];
	ret->mailbox = place->name;
	ret->cursor = place->cursor;
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
		ret->strategy = s->strategy;
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

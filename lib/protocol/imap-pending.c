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

static void forget_fates(struct imap_pending *p) {
	p->fates = memory_free(p->fates);
	p->n_fates = p->n_fates_out = 0;
}

void imap_pending_release(struct imap_pending *p) {
	p->given = memory_free(p->given);
}

void imap_pending_deinit(struct imap_pending *p) {
	forget_fates(p);
	p->text = memory_free(p->text);
	p->unwatched = memory_free(p->unwatched);
	imap_pending_release(p);
}

static void append_fate(struct imap_session *s, struct imap_fate fate) {
	struct imap_pending *p = &s->pending;
	fate.uidvalidity = s->places.items[fate.place].cursor.uidvalidity;
	if ((p->n_fates & (p->n_fates - 1)) == 0)
		p->fates = memory_resize(
			p->fates, MAX(p->n_fates * 2, UINT32_C(1)), sizeof(*p->fates));
	p->fates[p->n_fates++] = fate;
	imap_pending_raise(s, fate.kind);
}

void imap_pending_retire(
	struct imap_session *s, size_t place, uint32_t uid, enum imap_retirement why) {
	append_fate(s,
		(struct imap_fate){
			.kind = IMAP_EVENT_RETIRED, .place = place, .uid = uid, .what = (int)why });
}

void imap_pending_mark(struct imap_session *s, size_t place, uint32_t uid, enum imap_marked what) {
	append_fate(s,
		(struct imap_fate){
			.kind = IMAP_EVENT_MARKED, .place = place, .uid = uid, .what = (int)what });
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

/* The first of that kind that is not out; the kind stays raised for the others. */
static struct imap_fate take_fate(struct imap_session *s, enum imap_event_kind kind) {
	struct imap_pending *p = &s->pending;
	struct imap_fate *first = NULL;
	uint32_t i = p->n_fates_out;
	for (; !first || (i < p->n_fates && (p->fates[i].is_out || p->fates[i].kind != kind)); i++)
		if (!p->fates[i].is_out && p->fates[i].kind == kind)
			first = &p->fates[i];
	if (i < p->n_fates)
		imap_pending_raise(s, kind);
	struct imap_fate fate = *first;
	first->is_out = true;
	while (p->n_fates_out < p->n_fates && p->fates[p->n_fates_out].is_out)
		p->n_fates_out++;
	if (p->n_fates_out == p->n_fates)
		forget_fates(p);
	return fate;
}

static void give_fate(struct imap_session *s, struct imap_event *ret) {
	const struct imap_fate fate = take_fate(s, ret->kind);
	ret->mailbox = s->places.items[fate.place].name;
	ret->cursor = s->places.items[fate.place].cursor;
	/* which may be another one by now */
	ret->cursor.uidvalidity = fate.uidvalidity;
	ret->uid = fate.uid;
	if (ret->kind == IMAP_EVENT_RETIRED) {
		ret->retirement = (enum imap_retirement)fate.what;
	} else {
		ret->marked = (enum imap_marked)fate.what;
		ret->text = ret->marked == IMAP_MARKED_REFUSED && s->mark ? s->mark->text : NULL;
	}
}

static enum imap_mailbox_state state_of(const struct imap_place *place) {
	switch ((enum imap_place_state)place->state) {
	case IMAP_PLACE_UNPROVED:
	case IMAP_PLACE_HERE:
		return IMAP_MAILBOX_HERE;
	case IMAP_PLACE_GONE:
		return IMAP_MAILBOX_GONE;
	case IMAP_PLACE_REFUSED:
		return IMAP_MAILBOX_REFUSED;
	}
	return IMAP_MAILBOX_HERE;
}

static void give_unwatched(struct imap_pending *p, struct imap_event *ret) {
	uint32_t attributes = p->unwatched_attributes;
	ret->mailbox = p->given = TAKE_PTR(p->unwatched);
	ret->listed.special_use = imap_list_use_to_word(attributes);
	if (attributes & IMAP_LIST_NONEXISTENT)
		ret->listed.state = IMAP_MAILBOX_GONE;
}

static void give_mailbox(struct imap_session *s, struct imap_event *ret) {
	struct imap_place *place = &s->places.items[take_place(s, ret->kind)];
	ret->mailbox = place->name;
	ret->old_mailbox = s->pending.given = TAKE_PTR(place->old_name);
	ret->cursor = place->cursor;
	ret->listed = (struct imap_listed){
		.special_use = imap_list_use_to_word(place->attributes),
		.state = state_of(place),
		.is_watched = place->is_watched,
		.is_named = place->is_named,
		.standing = place->standing,
	};
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
	imap_pending_release(p);
	if (p->unwatched) {
		*ret = (struct imap_event){ .kind = IMAP_EVENT_MAILBOX };
		give_unwatched(p, ret);
		return true;
	}
	if (p->kinds == 0)
		return false;
	*ret = (struct imap_event){ .kind = (enum imap_event_kind)__builtin_ctz(p->kinds) };
	p->kinds &= p->kinds - 1;
	switch (ret->kind) {
	case IMAP_EVENT_WANT_TLS:
	case IMAP_EVENT_SWEPT:
		break;
	case IMAP_EVENT_ONLINE:
		ret->strategy = imap_proof_rung_to_string(s->rung);
		ret->reason = s->rung_reason;
		ret->quirks = s->quirks;
		break;
	case IMAP_EVENT_MAILBOX:
		give_mailbox(s, ret);
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
	case IMAP_EVENT_MARKED:
		give_fate(s, ret);
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

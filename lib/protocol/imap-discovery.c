#include "protocol/imap-discovery.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "protocol/imap-capability.h"
#include "protocol/imap-conversation.h"
#include "protocol/imap-mailbox-name.h"
#include "protocol/imap-opening.h"

/* Namespaces that are listed for the sake of a pattern, and the length of a prefix. */
#define REACHED_MAX 16
#define PREFIX_MAX 256

void imap_discovery_deinit(struct imap_discovery *d) {
	for (size_t i = 0; i < d->n_reached; i++)
		free(d->reached[i]);
	d->reached = memory_free(d->reached);
	d->n_reached = 0;
}

static bool is_watched(const struct imap_session *s, const struct imap_pattern_subject *subject) {
	return imap_pattern_is_watched(&s->patterns, subject);
}

/* What was remembered was watched once, and is until a list says otherwise: by which special use it
 * came in is not remembered. */
void imap_discovery_begin(struct imap_session *s) {
	struct imap_pattern_subject inbox = { .name = "INBOX" };
	if (is_watched(s, &inbox))
		(void)imap_place_add(&s->places, "INBOX");
	for (size_t i = 0; i < s->places.n; i++) {
		struct imap_place *place = &s->places.items[i];
		struct imap_pattern_subject subject = {
			.name = place->name,
			.attributes = IMAP_LIST_USES & ~IMAP_LIST_INBOX,
			.is_named = place->is_named,
		};
		bool may_be = is_watched(s, &subject);
		subject.attributes = 0;
		place->is_watched = may_be || is_watched(s, &subject);
		if (place->standing.parked_usec > s->now_usec)
			place->state = IMAP_PLACE_REFUSED;
	}
	s->round.asked = (uint32_t)s->places.n;
	s->round.is_due = s->places.n > 1 || imap_pattern_needs_list(&s->patterns);
}

/* Asking */

static bool has_use(const struct imap_patterns *patterns) {
	for (size_t i = 0; i < patterns->n; i++)
		if (!patterns->items[i].is_ignored &&
			imap_pattern_kind(patterns->items[i].text) == IMAP_PATTERN_USE)
			return true;
	return false;
}

static bool has_glob(const struct imap_patterns *patterns) {
	for (size_t i = 0; i < patterns->n; i++)
		if (!patterns->items[i].is_ignored &&
			imap_pattern_kind(patterns->items[i].text) == IMAP_PATTERN_GLOB)
			return true;
	return false;
}

/* The pattern with this number, of those that the server is asked for; NULL behind the last. Special
 * uses may be anywhere. */
static const char *pattern_at(const struct imap_session *s, size_t number) {
	const struct imap_patterns *patterns = &s->patterns;
	bool is_all = has_use(patterns);
	if (is_all && number-- == 0)
		return "*";
	for (size_t i = 0; i < patterns->n && !is_all; i++) {
		const struct imap_pattern *p = &patterns->items[i];
		bool is_asked = !p->is_ignored && imap_pattern_kind(p->text) == IMAP_PATTERN_GLOB;
		if (is_asked && number-- == 0)
			return p->text;
	}
	return number < s->discovery.n_reached ? s->discovery.reached[number] : NULL;
}

static char *argument_of_pattern(const char *pattern) {
	const struct imap_place as_place = { .name = (char *)pattern };
	CLEANUP_TEXT char *argument = imap_place_argument(&as_place);
	return argument[0] == '"' ? TAKE_PTR(argument) : memory_format("\"%s\"", argument);
}

static bool append_argument(struct buffer *out, char *taken) {
	CLEANUP_TEXT char *argument = taken;
	return buffer_append_format(out, "%s%s", out->n > 0 ? " " : "", argument) >= 0;
}

/* One command tells all: what the patterns reach and how the named ones are. */
static char *extended_arguments(const struct imap_session *s) {
	struct buffer out;
	const char *pattern;
	bool fits = true;
	buffer_init(&out, IMAP_LIST_COMMAND_MAX);
	for (size_t i = 0; (pattern = pattern_at(s, i)); i++)
		fits &= append_argument(&out, argument_of_pattern(pattern));
	for (size_t i = 0; i < s->places.n; i++) {
		const struct imap_place *place = &s->places.items[i];
		if (place->is_named && place->is_watched && i != s->selected.place)
			fits &= append_argument(&out, imap_place_argument(place));
	}
	CLEANUP_TEXT char *arguments = buffer_take_text(&out);
	/* too much for a line that every server reads: everything, then, and sorted here */
	return fits ? TAKE_PTR(arguments) : memory_strdup("\"*\"");
}

static void ask_extended(struct imap_session *s) {
	bool only_uses = has_use(&s->patterns) && !has_glob(&s->patterns) &&
			 imap_session_can(s, IMAP_CAPABILITY_SPECIAL_USE);
	CLEANUP_TEXT char *arguments = only_uses ? memory_strdup("\"*\"") : extended_arguments(s);
	CLEANUP_TEXT char *status = NULL;
	if (imap_session_can(s, IMAP_CAPABILITY_LIST_STATUS))
		status = memory_format("STATUS %s", imap_opening_status_items(s));
	bool tells_uses = imap_session_can(s, IMAP_CAPABILITY_SPECIAL_USE);
	imap_wire_send(&s->wire, IMAP_COMMAND_LIST, "LIST %s\"\" (%s) RETURN (%s%s%s)",
		only_uses ? "(SPECIAL-USE) " : "", arguments, tells_uses ? "SPECIAL-USE" : "",
		tells_uses && status ? " " : "", status ? status : "");
	s->discovery.is_due = false;
}

static bool ask_plain(struct imap_session *s) {
	struct imap_discovery *d = &s->discovery;
	const char *pattern = NULL;
	while (s->wire.n_flights < IMAP_FLIGHTS_MAX && (pattern = pattern_at(s, d->next_pattern))) {
		CLEANUP_TEXT char *argument = argument_of_pattern(pattern);
		imap_wire_send(&s->wire, IMAP_COMMAND_LIST, "LIST \"\" %s", argument);
		d->next_pattern++;
	}
	d->is_due = pattern != NULL;
	return s->wire.n_flights > 0;
}

/* Several mailboxes that are known by name are asked about in one command, where that can be. */
static bool has_batch(const struct imap_session *s) {
	size_t n = 0;
	for (size_t i = 0; i < s->places.n; i++)
		n += s->places.items[i].is_named && i != s->selected.place;
	return n >= 2;
}

static bool can_extend(const struct imap_session *s) {
	return !s->discovery.is_plain && imap_session_can(s, IMAP_CAPABILITY_LIST_EXTENDED);
}

void imap_discovery_begin_round(struct imap_session *s) {
	struct imap_discovery *d = &s->discovery;
	bool can_batch = can_extend(s) && imap_session_can(s, IMAP_CAPABILITY_LIST_STATUS);
	d->is_due = imap_pattern_needs_list(&s->patterns) || (can_batch && has_batch(s));
	d->next_pattern = 0;
	d->n_listed = 0;
	d->was_refused = false;
}

bool imap_discovery_ask_namespaces(struct imap_session *s) {
	if (s->discovery.has_namespaces || !imap_pattern_needs_list(&s->patterns) ||
		!imap_session_can(s, IMAP_CAPABILITY_NAMESPACE))
		return false;
	s->discovery.has_namespaces = true;
	imap_wire_send(&s->wire, IMAP_COMMAND_NAMESPACE, "NAMESPACE");
	return true;
}

bool imap_discovery_ask(struct imap_session *s) {
	if (!s->discovery.is_due)
		return false;
	if (imap_discovery_ask_namespaces(s))
		return true;
	if (!can_extend(s))
		return ask_plain(s);
	ask_extended(s);
	return true;
}

/* A server that announces what it cannot do is asked in the old way. One that lists only once goes
 * on with what it has told. */
void imap_discovery_on_tagged(struct imap_session *s, const struct imap_reply *reply) {
	struct imap_discovery *d = &s->discovery;
	if (reply->condition == IMAP_CONDITION_OK)
		return;
	if (!can_extend(s)) {
		d->was_refused = true;
	} else if (imap_pattern_needs_list(&s->patterns)) {
		d->is_plain = true;
		d->is_due = true;
	} else {
		d->is_plain = true;
	}
}

/* Hearing */

/* A pattern whose beginning reaches into the namespace is listed there too: on some servers * is
 * everything, on others only what is the user's own. */
static bool reaches(const struct imap_patterns *patterns, const struct imap_reply *reply) {
	CLEANUP_TEXT char *prefix = imap_mailbox_name_from_wire(reply->mailbox, NULL);
	for (size_t i = 0; prefix && i < patterns->n; i++) {
		const struct imap_pattern *p = &patterns->items[i];
		if (p->is_ignored)
			continue;
		if (imap_pattern_kind(p->text) == IMAP_PATTERN_USE)
			return true;
		/* what begins with the whole prefix asks there already */
		bool is_inside = strcspn(p->text, "*%") >= strlen(prefix);
		if (!is_inside && imap_pattern_reaches(p->text, prefix, reply->delimiter))
			return true;
	}
	return false;
}

void imap_discovery_on_namespace(struct imap_session *s, const struct imap_reply *reply) {
	struct imap_discovery *d = &s->discovery;
	size_t n = strlen(reply->mailbox);
	if (!imap_wire_awaits(&s->wire, IMAP_COMMAND_NAMESPACE) ||
		reply->namespace == IMAP_NAMESPACE_PERSONAL || n == 0 || n > PREFIX_MAX ||
		d->n_reached >= REACHED_MAX || !reaches(&s->patterns, reply))
		return;
	CLEANUP_TEXT char *prefix = imap_mailbox_name_from_wire(reply->mailbox, NULL);
	d->reached = memory_resize(d->reached, d->n_reached + 1, sizeof(*d->reached));
	d->reached[d->n_reached++] = memory_format("%s*", prefix);
}

static bool is_too_deep(const char *name, char delimiter) {
	unsigned levels = 1;
	for (; delimiter && *name; name++)
		levels += *name == delimiter;
	return levels > IMAP_MAILBOX_LEVELS_MAX;
}

size_t imap_discovery_rename(struct imap_session *s, size_t place, const char *name) {
	struct imap_places *places = &s->places;
	size_t other = imap_place_find(places, name);
	if (other == place)
		return IMAP_PLACE_NONE;
	if (other == IMAP_PLACE_NONE && places->items[place].is_named)
		other = imap_place_add(places, name);
	struct imap_place *p = &places->items[place];
	char *old_name = p->name;
	p->wire = memory_free(p->wire);
	if (other == IMAP_PLACE_NONE) {
		p->name = memory_strdup(name);
	} else {
		struct imap_place *o = &places->items[other];
		bool is_named = p->is_named;
		p->name = o->name;
		p->wire = o->wire;
		p->is_named = o->is_named;
		p->attributes = o->attributes;
		p->is_told = o->is_told;
		o->name = memory_strdup(old_name);
		o->wire = NULL;
		o->is_named = o->is_watched = is_named;
		o->is_fresh = o->is_visit_due = false;
		o->cursor = (struct imap_cursor){ 0 };
		imap_announced_deinit(&o->announced);
		o->state = IMAP_PLACE_GONE;
	}
	if (p->old_name)
		free(old_name);
	else
		p->old_name = old_name;
	p->is_in_set = false;
	p->state = IMAP_PLACE_HERE;
	s->selected.is_stale |= s->selected.place == place;
	imap_pending_raise_at(s, place, IMAP_EVENT_MAILBOX);
	if (other != IMAP_PLACE_NONE && places->items[other].is_named)
		imap_pending_raise_at(s, other, IMAP_EVENT_MAILBOX);
	return other;
}

/* "OLDNAME" (RFC 5465 5.4, RFC 9051 7.3.1): where the new name is watched, the cursor goes with it;
 * whether it fits is found out by the comparison. */
static void on_renamed(struct imap_session *s, const struct imap_reply *reply, const char *name) {
	struct imap_pattern_subject subject = {
		.name = name, .delimiter = reply->delimiter, .attributes = reply->attributes
	};
	size_t place = imap_place_find_on_wire(&s->places, reply->old_mailbox);
	size_t known = imap_place_find(&s->places, name);
	if (place == IMAP_PLACE_NONE || place == known)
		return;
	subject.is_named = known != IMAP_PLACE_NONE && s->places.items[known].is_named;
	if (is_watched(s, &subject))
		(void)imap_discovery_rename(s, place, name);
	else
		imap_round_on_gone(s, place);
	imap_round_begin(s);
}

/* A mailbox that is not watched is told of, and not kept. */
static void on_unwatched(struct imap_session *s, char *name, const struct imap_reply *reply) {
	/* nobody who names all that he watches wants to know */
	if (!imap_pattern_needs_list(&s->patterns)) {
		free(name);
		return;
	}
	free(s->pending.unwatched);
	s->pending.unwatched = name;
	s->pending.unwatched_attributes = reply->attributes;
}

static void on_listed(struct imap_session *s, size_t place, const struct imap_reply *reply) {
	struct imap_place *p = &s->places.items[place];
	bool is_open = (reply->attributes & IMAP_LIST_CLOSED) == 0;
	bool was_known = p->state == IMAP_PLACE_HERE || p->state == IMAP_PLACE_REFUSED;
	/* what the user names is there as long as nobody says otherwise */
	bool was_named = p->state == IMAP_PLACE_UNPROVED && p->is_named;
	bool is_changed = p->attributes != reply->attributes;
	/* a list that was asked for is not the last word: STATUS is, which follows */
	if (!is_open && !imap_wire_awaits(&s->wire, IMAP_COMMAND_LIST))
		imap_round_on_gone(s, place);
	if (!is_open)
		return;
	p->attributes = reply->attributes;
	if (!was_known)
		p->state = IMAP_PLACE_HERE;
	if (is_changed || !(was_known || was_named))
		imap_pending_raise_at(s, place, IMAP_EVENT_MAILBOX);
	if (!imap_wire_awaits(&s->wire, IMAP_COMMAND_LIST) && !was_known && !was_named)
		imap_round_begin(s);
}

static bool is_flood(struct imap_session *s) {
	if (!imap_wire_awaits(&s->wire, IMAP_COMMAND_LIST))
		return false;
	uint32_t n = ++s->discovery.n_listed;
	if (n > IMAP_LISTED_DRAINED_MAX)
		imap_session_close(s, REASON_LIMIT_EXCEEDED, NULL);
	return n > IMAP_LISTED_MAX;
}

void imap_discovery_on_list(struct imap_session *s, const struct imap_reply *reply) {
	bool is_canonical, is_asked = imap_wire_awaits(&s->wire, IMAP_COMMAND_LIST);
	if (s->state < IMAP_STATE_OPENING || s->state >= IMAP_STATE_LEAVING || is_flood(s))
		return;
	CLEANUP_TEXT char *name = imap_mailbox_name_from_wire(reply->mailbox, &is_canonical);
	if (!name || is_too_deep(name, reply->delimiter)) {
		s->n_skipped++;
		return;
	}
	struct imap_reply r = *reply;
	if (!imap_session_can(s, IMAP_CAPABILITY_SPECIAL_USE) &&
		(r.attributes & IMAP_LIST_USES) == 0)
		r.attributes |= imap_list_use_of_name(name, r.delimiter);
	if (r.old_mailbox[0] != '\0' && (r.attributes & IMAP_LIST_NONEXISTENT) == 0)
		on_renamed(s, &r, name);

	size_t place = imap_place_find(&s->places, name);
	struct imap_pattern_subject subject = {
		.name = name, .delimiter = r.delimiter, .attributes = r.attributes
	};
	subject.is_named = place != IMAP_PLACE_NONE && s->places.items[place].is_named;
	bool watched = is_watched(s, &subject);
	bool is_new = place == IMAP_PLACE_NONE;
	if (is_new && watched && (r.attributes & IMAP_LIST_CLOSED) == 0)
		place = imap_place_add(&s->places, name);
	if (place == IMAP_PLACE_NONE) {
		on_unwatched(s, TAKE_PTR(name), &r);
		return;
	}
	struct imap_place *p = &s->places.items[place];
	p->is_newborn |= is_new && !is_asked;
	p->is_watched = watched;
	/* pushed names may be raw UTF-8 from a server that does not take such (Dovecot 2.3) */
	if (is_asked && !is_canonical && !p->wire && !text_equal_nocase(name, "INBOX"))
		p->wire = memory_strdup(reply->mailbox);
	on_listed(s, place, &r);
}

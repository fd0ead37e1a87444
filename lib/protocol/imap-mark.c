#include "protocol/imap-mark.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "protocol/imap-conversation.h"

/* Of one command: so many UIDs always fit into a line as they are. */
#define STORE_MAX 200

_Static_assert(STORE_MAX * sizeof("4294967295,") <= IMAP_ANNOUNCED_TEXT_MAX,
	"no gap is filled: that would mark what nobody named");

struct imap_mark *imap_mark_free(struct imap_mark *mark) {
	if (!mark)
		return NULL;
	imap_announced_deinit(&mark->asked);
	imap_announced_deinit(&mark->unread);
	free(mark->text);
	return memory_free(mark);
}

static struct imap_mark *get(struct imap_session *s) {
	if (!s->mark)
		s->mark = MEMORY_NEW(struct imap_mark);
	return s->mark;
}

int imap_mark_want(struct imap_session *s, size_t place, uint32_t uid) {
	struct imap_place *p = &s->places.items[place];
	if (p->marks.n == IMAP_ANNOUNCED_MAX)
		return -ENOBUFS;
	(void)imap_announced_add(&p->marks, uid);
	/* a visit for others takes it along */
	if (s->selected.place != place || !s->selected.is_writing)
		p->is_visit_due = true;
	return 0;
}

static void tell(struct imap_session *s, struct imap_announced *uids, enum imap_marked what) {
	for (uint32_t i = 0; i < uids->n; i++)
		imap_pending_mark(s, s->selected.place, uids->uids[i], what);
	imap_announced_deinit(uids);
}

static void keep_text(struct imap_session *s, const char *text) {
	free(get(s)->text);
	s->mark->text = memory_strndup(text, strnlen(text, IMAP_TEXT_MAX));
}

bool imap_mark_ask(struct imap_session *s) {
	struct imap_announced *marks = &imap_session_place(s)->marks;
	if (!s->selected.is_writing || marks->n == 0)
		return false;
	s->mark = imap_mark_free(s->mark);
	struct imap_mark *mark = get(s);
	while (marks->n > 0 && mark->asked.n < STORE_MAX) {
		uint32_t uid = marks->uids[0];
		(void)imap_announced_remove(marks, uid);
		(void)imap_announced_add(&mark->asked, uid);
	}
	CLEANUP_TEXT char *set = imap_announced_format(&mark->asked, IMAP_ANNOUNCED_TEXT_MAX);
	imap_wire_send(&s->wire, IMAP_COMMAND_STORE, "UID STORE %s +FLAGS.SILENT (\\Seen)", set);
	imap_count_on_change(s);
	imap_wire_send(&s->wire, IMAP_COMMAND_LOOK, "UID FETCH %s (UID FLAGS)", set);
	return true;
}

/* Some servers answer a STORE with the flags, silent or not. */
bool imap_mark_on_fetch(struct imap_session *s, const struct imap_fetch *fetch) {
	uint32_t uid = imap_fetch_message(fetch)->uid;
	if (!s->mark || !(imap_fetch_items(fetch) & IMAP_FETCH_FLAGS))
		return false;
	bool is_meant = imap_announced_has(&s->mark->asked, uid) ||
			imap_announced_has(&s->mark->unread, uid);
	if (!is_meant)
		return false;
	(void)imap_announced_remove(&s->mark->asked, uid);
	(void)imap_announced_remove(&s->mark->unread, uid);
	if (imap_fetch_is_seen(fetch))
		imap_pending_mark(s, s->selected.place, uid, IMAP_MARKED_SEEN);
	else
		(void)imap_announced_add(&s->mark->unread, uid);
	return true;
}

void imap_mark_on_stored(struct imap_session *s, const struct imap_reply *reply) {
	if (reply->condition != IMAP_CONDITION_OK)
		keep_text(s, reply->text);
}

void imap_mark_on_looked(struct imap_session *s, const struct imap_reply *reply) {
	bool is_told = reply->condition == IMAP_CONDITION_OK;
	if (!is_told)
		keep_text(s, reply->text);
	tell(s, &s->mark->asked, is_told ? IMAP_MARKED_GONE : IMAP_MARKED_REFUSED);
	tell(s, &s->mark->unread, IMAP_MARKED_REFUSED);
}

void imap_mark_on_refusal(struct imap_session *s, const struct imap_reply *reply) {
	keep_text(s, reply->text);
	tell(s, &imap_session_place(s)->marks, IMAP_MARKED_REFUSED);
}

void imap_mark_on_reset(struct imap_session *s) {
	tell(s, &imap_session_place(s)->marks, IMAP_MARKED_GONE);
}

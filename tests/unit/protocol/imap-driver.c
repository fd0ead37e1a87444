#include "imap-driver.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const char *const place_names[] = {
	[IMAP_DRIVER_GREETING] = "greeting",
	[IMAP_DRIVER_STARTTLS] = "starttls",
	[IMAP_DRIVER_CAPABILITY] = "capability",
	[IMAP_DRIVER_AUTHENTICATE] = "authenticate",
	[IMAP_DRIVER_LOGIN] = "login",
	[IMAP_DRIVER_OPENING] = "opening",
	[IMAP_DRIVER_FETCHING] = "fetching",
	[IMAP_DRIVER_IDLE_STARTING] = "idle-starting",
	[IMAP_DRIVER_IDLING] = "idling",
	[IMAP_DRIVER_ENDING_IDLE] = "ending-idle",
	[IMAP_DRIVER_COUNTING] = "counting",
	[IMAP_DRIVER_RETRYING] = "retrying",
	[IMAP_DRIVER_POLLING] = "polling",
	[IMAP_DRIVER_NOTIFYING] = "notifying",
	[IMAP_DRIVER_TOLD] = "told",
	[IMAP_DRIVER_AWAITING] = "awaiting",
	[IMAP_DRIVER_VISITING] = "visiting",
	[IMAP_DRIVER_LEAVING] = "leaving",
	[IMAP_DRIVER_CLOSED] = "closed",
};

const char *imap_driver_place_name(enum imap_driver_place place) {
	return place_names[place];
}

/* Tags stand at the beginning of lines; DONE and responses to challenges have none. */
void imap_driver_send(struct imap_driver *d) {
	const uint8_t *bytes;
	size_t n = imap_session_output(d->session, &bytes);
	if (n == 0)
		return;
	d->n_tags = 0;
	const char *p = (const char *)bytes, *end = p + n;
	while (p < end) {
		const char *line_end = memchr(p, '\n', (size_t)(end - p));
		if (end - p > 7 && p[6] == ' ' && d->n_tags < ARRAY_SIZE(d->tags)) {
			memcpy(d->tags[d->n_tags], p, 6);
			d->tags[d->n_tags++][6] = '\0';
		}
		p = line_end ? line_end + 1 : end;
	}
	imap_session_sent(d->session, n);
}

void imap_driver_say(struct imap_driver *d, const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	CLEANUP_TEXT char *line = memory_vformat(format, arguments);
	va_end(arguments);
	imap_session_tick(d->session, d->now_usec);
	imap_session_feed(d->session, line, strlen(line));
	imap_session_feed(d->session, "\r\n", 2);
}

static void drain(struct imap_driver *d) {
	struct imap_event event;
	while (imap_session_next(d->session, &event) > 0)
		continue;
	imap_driver_send(d);
}

static void pass(struct imap_driver *d, uint64_t usec) {
	d->now_usec += usec;
	imap_session_tick(d->session, d->now_usec);
	drain(d);
}

static void begin(struct imap_driver *d, enum imap_driver_place place) {
	bool has_backlog = place == IMAP_DRIVER_FETCHING;
	const struct imap_memory memory = { .cursor = { .uidvalidity = 7,
						    .next_uid = 5,
						    .messages = has_backlog ? 2 : 4,
						    .unseen = 1 } };
	*d = (struct imap_driver){ .now_usec = USEC_PER_HOUR };
	d->session = imap_session_new(&(struct imap_login){
		.login = { .host = "imap.example.org", .user = "alice", .secret = "alice-pw" },
		.security =
			place == IMAP_DRIVER_STARTTLS ? IMAP_SECURITY_STARTTLS : IMAP_SECURITY_TLS,
		.tag_seed = place,
	});
	imap_session_watch(d->session, "INBOX");
	imap_session_remember(d->session, "INBOX", &memory);
	if (place == IMAP_DRIVER_VISITING) {
		imap_session_watch(d->session, "Work");
		imap_session_remember(d->session, "Work", &memory);
	}
	imap_session_tick(d->session, d->now_usec);
}

/* What the greeting must say for the session to go where it should. */
static void greet(struct imap_driver *d, enum imap_driver_place place) {
	if (place == IMAP_DRIVER_CAPABILITY || place == IMAP_DRIVER_STARTTLS)
		imap_driver_say(d, "* OK ready");
	else if (place == IMAP_DRIVER_LOGIN)
		imap_driver_say(d, "* OK [CAPABILITY IMAP4rev1] ready");
	else
		imap_driver_say(d, "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready");
	drain(d);
}

static void open_mailbox(struct imap_driver *d, enum imap_driver_place place) {
	unsigned next = place == IMAP_DRIVER_FETCHING ? 9 : 5;
	imap_driver_say(d, "* STATUS INBOX (MESSAGES 4 UIDNEXT %u UIDVALIDITY 7 UNSEEN 1)", next);
	imap_driver_say(d, "%s OK", d->tags[0]);
	imap_driver_say(d, "* 4 EXISTS");
	imap_driver_say(d, "* OK [UIDVALIDITY 7]");
	imap_driver_say(d, "* OK [UIDNEXT %u]", next);
	imap_driver_say(d, "%s OK", d->tags[1]);
	drain(d);
}

static void lead_on_from_idle(struct imap_driver *d, enum imap_driver_place place) {
	char idle[8];
	imap_driver_say(d, "+ idling");
	memcpy(idle, d->tags[0], sizeof(idle));
	drain(d);
	if (place == IMAP_DRIVER_VISITING)
		imap_driver_say(d, "* STATUS Work (MESSAGES 5 UIDNEXT 6 UNSEEN 2)");
	if (place == IMAP_DRIVER_ENDING_IDLE || place == IMAP_DRIVER_RETRYING ||
		place == IMAP_DRIVER_AWAITING)
		imap_driver_say(d, "* 5 EXISTS");
	if (place == IMAP_DRIVER_COUNTING)
		imap_driver_say(d, "* 1 FETCH (FLAGS (\\Seen))");
	drain(d);
	if (place == IMAP_DRIVER_COUNTING)
		pass(d, USEC_PER_SEC);
	if (place == IMAP_DRIVER_RETRYING) {
		imap_driver_say(d, "%s OK", idle);
		imap_driver_say(d, "%s OK", d->tags[0]);
	}
	if (place == IMAP_DRIVER_LEAVING)
		imap_session_logout(d->session);
	if (place == IMAP_DRIVER_CLOSED)
		imap_driver_say(d, "* BYE");
	drain(d);
}

static bool is_notified(enum imap_driver_place place) {
	return place >= IMAP_DRIVER_NOTIFYING && place <= IMAP_DRIVER_VISITING;
}

static const char *means(enum imap_driver_place place) {
	return place == IMAP_DRIVER_POLLING ? "" : is_notified(place) ? " IDLE NOTIFY" : " IDLE";
}

void imap_driver_lead(struct imap_driver *d, enum imap_driver_place place) {
	begin(d, place);
	if (place == IMAP_DRIVER_GREETING)
		return;
	greet(d, place);
	if (place <= IMAP_DRIVER_LOGIN)
		return;
	imap_driver_say(d, "%s OK [CAPABILITY IMAP4rev1 ESEARCH%s] in", d->tags[0], means(place));
	drain(d);
	if (place == IMAP_DRIVER_OPENING)
		return;
	open_mailbox(d, place);
	if (place == IMAP_DRIVER_NOTIFYING)
		return;
	if (is_notified(place)) {
		imap_driver_say(d, "* STATUS Work (MESSAGES 4 UIDNEXT 5 UIDVALIDITY 7 UNSEEN 1)");
		imap_driver_say(d, "%s OK", d->tags[0]);
		drain(d);
	}
	if (place > IMAP_DRIVER_IDLE_STARTING && place != IMAP_DRIVER_POLLING)
		lead_on_from_idle(d, place);
}

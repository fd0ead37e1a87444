#pragma once
/* Leads an IMAP session to a state by answering it as a plain server would. */
#include "protocol/imap-session.h"

/* Where a session is, seen from outside. */
enum imap_driver_place {
	IMAP_DRIVER_GREETING, /* nothing was said */
	IMAP_DRIVER_STARTTLS, /* sent, in the clear */
	IMAP_DRIVER_CAPABILITY, /* asked for */
	IMAP_DRIVER_AUTHENTICATE,
	IMAP_DRIVER_LOGIN,
	IMAP_DRIVER_OPENING, /* STATUS and EXAMINE are out */
	IMAP_DRIVER_FETCHING, /* the backlog is asked for */
	IMAP_DRIVER_IDLE_STARTING,
	IMAP_DRIVER_IDLING,
	IMAP_DRIVER_ENDING_IDLE, /* DONE and UID FETCH are out */
	IMAP_DRIVER_COUNTING, /* DONE and UID SEARCH are out */
	IMAP_DRIVER_RETRYING, /* an announced message did not come */
	IMAP_DRIVER_POLLING, /* between polls */
	IMAP_DRIVER_NOTIFYING, /* NOTIFY SET is out */
	IMAP_DRIVER_TOLD, /* by NOTIFY, in IDLE */
	IMAP_DRIVER_AWAITING, /* a message was announced there, and its envelope is to come */
	IMAP_DRIVER_VISITING, /* DONE, NOTIFY NONE, STATUS, EXAMINE of a second mailbox, Work, are out */
	IMAP_DRIVER_LEAVING,
	IMAP_DRIVER_CLOSED,
	IMAP_DRIVER_COUNT_
};

struct imap_driver {
	struct imap_session *session;
	char tags[4][8]; /* of the commands of the last write, in their order */
	unsigned n_tags;
	uint64_t now_usec;
};

const char *imap_driver_place_name(enum imap_driver_place place);

/* A new session, led to `place`: INBOX, UIDVALIDITY 7, 4 messages, 1 unseen, UIDNEXT 5 (9 where
 * there is a backlog). All events on the way were taken. */
void imap_driver_lead(struct imap_driver *d, enum imap_driver_place place);

/* Feeds a line, adding CR LF, and sends what comes of it. Events stay. */
void imap_driver_say(struct imap_driver *d, const char *format, ...) PRINTF_LIKE(2, 3);
/* Sends what is to be sent, and remembers its tags. */
void imap_driver_send(struct imap_driver *d);

#pragma once
/* Private to the files of the session: what a session knows, and who does what.
 *
 *   imap-session.c   the six verbs; reads replies, hands them to the others; commands and their tags
 *   imap-login.c     greeting, STARTTLS, capabilities, login
 *   imap-opening.c   STATUS, EXAMINE, the comparison with the cursor
 *   imap-arrival.c   the selected mailbox: what arrives in it and what leaves it
 *   imap-count.c     how many are unseen
 *   imap-round.c     the mailboxes beside the first one
 *   imap-watch.c     what to do next: work, IDLE, or wait */
#include "base/buffer.h"
#include "protocol/imap-arrival.h"
#include "protocol/imap-command.h"
#include "protocol/imap-count.h"
#include "protocol/imap-reply.h"
#include "protocol/imap-round.h"
#include "protocol/imap-session.h"
#include "protocol/sasl.h"

/* The picture is in imap-session.h. */
enum imap_state {
	IMAP_STATE_GREETING,
	IMAP_STATE_STARTTLS,
	IMAP_STATE_WANT_TLS,
	IMAP_STATE_CAPABILITY,
	IMAP_STATE_AUTHENTICATE,
	IMAP_STATE_LOGIN,
	IMAP_STATE_OPENING,
	IMAP_STATE_WORKING, /* commands in flight; perhaps an IDLE that ends */
	IMAP_STATE_IDLE_STARTING, /* no + yet: DONE may not be sent */
	IMAP_STATE_IDLING,
	IMAP_STATE_WAITING, /* nothing in flight, until the deadline */
	IMAP_STATE_LEAVING,
	IMAP_STATE_CLOSED,
};

enum imap_command_kind {
	IMAP_COMMAND_CAPABILITY,
	IMAP_COMMAND_STARTTLS,
	IMAP_COMMAND_AUTHENTICATE,
	IMAP_COMMAND_LOGIN,
	IMAP_COMMAND_ID,
	IMAP_COMMAND_STATUS,
	IMAP_COMMAND_ROUND, /* STATUS of a mailbox that is not selected */
	IMAP_COMMAND_EXAMINE,
	IMAP_COMMAND_PROBE, /* UID FETCH * (UID) */
	IMAP_COMMAND_FETCH,
	IMAP_COMMAND_SEARCH,
	IMAP_COMMAND_NOOP,
	IMAP_COMMAND_IDLE,
	IMAP_COMMAND_LOGOUT,
};

/* Most at once: CAPABILITY, ID, STATUS, EXAMINE; or so much of a round. */
#define IMAP_FLIGHTS_MAX 8

/* A command that is not answered yet. */
struct imap_flight {
	enum imap_command_kind kind;
	char tag[IMAP_TAG_SIZE];
	uint64_t end; /* all of it is out when so many bytes of the session are */
};

struct imap_credentials {
	char *host;
	char *user;
	char *password;
	enum imap_security security;
	enum imap_auth auth;
	uint64_t tag_seed;
};

struct imap_wire {
	struct buffer input;
	struct buffer output; /* secret */
	uint64_t n_written;
	uint64_t n_sent;
	uint64_t n_tags; /* made so far; never used twice */
	struct imap_flight flights[IMAP_FLIGHTS_MAX];
	unsigned n_flights;
};

/* Events to hand out before anything more is read. */
struct imap_pending {
	unsigned kinds; /* bits */
	const struct imap_message *message;
	bool is_reset;
	char *text; /* of ALERT, or of CLOSED */
	enum reason reason;
	uint64_t retry_after_usec;
};

struct imap_session {
	enum imap_state state;
	uint64_t now_usec;
	uint64_t deadline_usec;
	struct imap_credentials credentials;
	struct imap_wire wire;
	struct imap_reply_reader reader;
	struct imap_selected selected;
	struct imap_arrival arrival;
	struct imap_count count;
	struct imap_round round;
	struct sasl *sasl;
	struct buffer held; /* secret: the rest of a LOGIN behind a literal's announcement */
	uint32_t capabilities;
	bool has_capabilities;
	bool is_identified; /* ID was sent after login */
	bool is_secure; /* TLS, or as the user insists without */
	bool is_leaving;
	bool is_check_due;
	bool is_poll_due;
	bool is_renewing; /* IDLE ends because of its age alone */
	unsigned n_idle_failures;
	unsigned n_idle_misses; /* news since the last push that a renewal found */
	const char *strategy; /* as announced by ONLINE */
	unsigned n_skipped;
	uint32_t n_unsolicited; /* replies since */
	uint64_t unsolicited_usec;
	struct imap_pending pending;
};

/* imap-session.c */
void imap_session_enter_state(struct imap_session *s, enum imap_state state);
void imap_session_raise(struct imap_session *s, enum imap_event_kind kind);
/* `text` (NULL: none) must come over a trusted stream. */
void imap_session_close(struct imap_session *s, enum reason reason, const char *text);
void imap_session_refuse(
	struct imap_session *s, const struct imap_reply *reply, enum reason fallback);
bool imap_session_can(const struct imap_session *s, uint32_t capability);
/* Appends a tagged command, or text that belongs to one. */
void imap_session_send(struct imap_session *s, enum imap_command_kind kind, const char *format, ...)
	PRINTF_LIKE(3, 4);
void imap_session_send_secret(struct imap_session *s, enum imap_command_kind kind,
	const char *command, const char *secret);
void imap_session_send_text(struct imap_session *s, const char *text);
bool imap_session_is_in_flight(const struct imap_session *s, enum imap_command_kind kind);

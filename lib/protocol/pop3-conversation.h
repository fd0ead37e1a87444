#pragma once
/* The inside of a POP3 session, shared by the files that make it up: pop3-session.c (the six verbs,
 * what is in flight), pop3-login.c (greeting to login), pop3-poll.c (what a poll asks), and
 * pop3-anchor.c (servers without unique-ids). For no one else. */
#include "base/buffer.h"
#include "protocol/pop3-header.h"
#include "protocol/pop3-line.h"
#include "protocol/pop3-reply.h"
#include "protocol/pop3-session.h"
#include "protocol/login.h"

enum pop3_session_state {
	POP3_STATE_GREETING,
	POP3_STATE_STLS,
	POP3_STATE_WANT_TLS,
	POP3_STATE_LOGIN, /* CAPA, AUTH, USER, PASS */
	POP3_STATE_TRANSACTION,
	POP3_STATE_QUITTING,
	POP3_STATE_CLOSED,
};

enum pop3_command {
	POP3_COMMAND_STLS,
	POP3_COMMAND_CAPA,
	POP3_COMMAND_AUTH,
	POP3_COMMAND_USER,
	POP3_COMMAND_PASS,
	POP3_COMMAND_STAT,
	POP3_COMMAND_UIDL_ONE,
	POP3_COMMAND_UIDL_ALL,
	POP3_COMMAND_TOP,
	POP3_COMMAND_QUIT,
};

/* What the poll is about, behind STAT. */
enum pop3_phase {
	POP3_PHASE_STAT,
	POP3_PHASE_PROBE, /* UIDL of the last known message, and of each one behind it */
	POP3_PHASE_LISTING, /* UIDL of all */
	POP3_PHASE_PROOF, /* TOP of one: are these the same messages under other unique-ids? */
	POP3_PHASE_ANCHOR, /* no UIDL: TOP of the last ones, to find the newest that is known */
	POP3_PHASE_GONE, /* those that are gone are given out */
	POP3_PHASE_HEADERS, /* TOP of what is new */
	POP3_PHASE_OVER,
};

/* A command that was not answered yet. */
struct pop3_flight {
	enum pop3_command command;
	uint32_t number; /* of the message */
	uint64_t end; /* position behind its last byte, counted from the first byte ever sent */
};

struct pop3_wire {
	struct buffer input;
	struct buffer output; /* secret: it holds passwords */
	struct pop3_line_reader reader;
	struct pop3_flight
		flights[POP3_FLIGHTS_MAX + 1]; /* and QUIT; oldest first, from `first` on */
	unsigned first;
	unsigned n_flights;
	uint64_t n_written;
	uint64_t n_sent;
	bool in_body; /* of the oldest flight's answer */
	/* The last `UIDL n` was not answered as it should be: a listing of all may come with it. */
	bool may_stray;
	size_t n_body_lines; /* of what strays, too */
	size_t n_body_bytes;
};

struct pop3_pending {
	unsigned kinds; /* bits by enum pop3_event_kind */
	const char *reset;
	enum reason reason;
	char *text;
	uint64_t retry_after_usec;
	struct pop3_message message;
};

/* Messages that the state does not know, in the order of the server. */
struct pop3_fresh {
	uint64_t *hashes; /* 0: without a unique-id that can be used */
	uint32_t *numbers;
	size_t n;
	size_t n_allocated;
	size_t n_asked; /* TOP was sent */
	size_t n_done;
};

struct pop3_session {
	enum pop3_session_state state;
	enum pop3_phase phase;
	struct login *login; /* NULL once we are in */
	struct login_outcome outcome;
	bool is_logged_in; /* as `outcome` says */
	char *initial; /* secret: the initial response, waiting for a + */
	bool has_sent_initial;
	bool is_secure;
	bool is_leaving;
	struct pop3_state *mailbox; /* borrowed */
	struct pop3_capabilities asked; /* while CAPA is answered */
	uint64_t now_usec;
	uint64_t wall_usec;
	uint64_t deadline_usec;
	uint64_t end_usec; /* of all patience */
	struct pop3_wire wire;
	struct pop3_pending pending;
	/* the poll */
	uint32_t messages;
	uint64_t octets;
	bool is_baseline;
	bool is_full; /* all is compared */
	bool is_misfit; /* an answer contradicts what is known */
	bool has_news; /* MESSAGE or RETIRED since the last CURSOR */
	bool has_no_top; /* it was refused, by a server that never said it has it */
	uint64_t last; /* of message number `messages`, as they become known */
	uint64_t newest;
	uint32_t next_number; /* PROBE, ANCHOR: the next one to ask for */
	uint32_t anchor_last; /* ANCHOR: the last one to ask for */
	uint32_t anchor; /* ANCHOR: the newest message that is known, 0: not found */
	bool is_walk;
	uint32_t listed; /* LISTING: the last number */
	bool is_newest_last; /* the last one of `fresh` is not new; its header is wanted */
	bool is_finished;
	size_t gone; /* index into the set */
	size_t n_in_window;
	struct pop3_fresh fresh;
	struct pop3_header header;
};

/* pop3-session.c */
void pop3_session_raise(struct pop3_session *s, enum pop3_event_kind kind);
void pop3_session_close(struct pop3_session *s, enum reason reason, const char *text);
/* Ends the session by what the server said; the state remembers what it can do no more. */
void pop3_session_refuse(
	struct pop3_session *s, const struct pop3_reply *reply, enum reason fallback);
/* The same for a login, of which more is known than the answer says. */
void pop3_session_refuse_login(struct pop3_session *s, const struct pop3_reply *reply,
	const struct login_refusal *refusal);
void pop3_session_enter_state(struct pop3_session *s, enum pop3_session_state state);
/* One command; the format makes the line, less its end. */
void pop3_session_send(struct pop3_session *s, struct pop3_flight flight, const char *format, ...)
	PRINTF_LIKE(3, 4);
void pop3_session_send_secret(
	struct pop3_session *s, struct pop3_flight flight, const char *command, const char *secret);
void pop3_session_send_text(struct pop3_session *s, const char *text);
bool pop3_session_can(const struct pop3_session *s, enum pop3_capability capability);
/* How many commands may be sent now. */
unsigned pop3_session_room(const struct pop3_session *s);
void pop3_session_quit(struct pop3_session *s);

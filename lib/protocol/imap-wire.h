#pragma once
/* Private to the session: the bytes both ways, and the commands that are not answered yet. A tag is
 * made here and nowhere else. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/macros.h"
#include "protocol/imap-command.h"

enum imap_command_kind {
	IMAP_COMMAND_CAPABILITY,
	IMAP_COMMAND_STARTTLS,
	IMAP_COMMAND_AUTHENTICATE,
	IMAP_COMMAND_LOGIN,
	IMAP_COMMAND_ID,
	IMAP_COMMAND_ENABLE,
	IMAP_COMMAND_STATUS,
	IMAP_COMMAND_NAMESPACE,
	IMAP_COMMAND_LIST,
	IMAP_COMMAND_ROUND, /* STATUS of a mailbox that is not selected */
	IMAP_COMMAND_EXAMINE,
	IMAP_COMMAND_PROBE, /* UID FETCH * (UID) */
	IMAP_COMMAND_FETCH,
	IMAP_COMMAND_FLAGS, /* of messages that were announced */
	IMAP_COMMAND_STORE,
	IMAP_COMMAND_LOOK, /* at what STORE has done */
	IMAP_COMMAND_SEARCH,
	IMAP_COMMAND_NOOP,
	IMAP_COMMAND_IDLE,
	IMAP_COMMAND_NOTIFY, /* SET */
	IMAP_COMMAND_NOTIFY_NONE,
	IMAP_COMMAND_LOGOUT,
};

/* Most at once: CAPABILITY, ID, NAMESPACE, ENABLE, STATUS, EXAMINE, UID FETCH; or so much of a
 * round. */
#define IMAP_FLIGHTS_MAX 8

/* A command that is not answered yet. */
struct imap_flight {
	uint8_t kind; /* enum imap_command_kind */
	char tag[IMAP_TAG_SIZE];
	uint32_t place; /* ROUND: the number of the mailbox */
	uint32_t begin; /* its first byte's number in the session */
	uint32_t end; /* all of it is out when so many bytes of the session are */
};

struct imap_wire {
	struct buffer input;
	struct buffer output; /* secret */
	uint32_t n_written; /* bytes; both are counted in a circle */
	uint32_t n_sent;
	uint64_t tag_seed;
	struct imap_flight flights[IMAP_FLIGHTS_MAX];
	unsigned n_flights;
	uint32_t n_tags; /* made so far; never used twice */
};

/* `n_tags` were made with this seed before. */
void imap_wire_init(struct imap_wire *w, uint64_t tag_seed, uint32_t n_tags);
void imap_wire_deinit(struct imap_wire *w);
/* Forgets what is unread and unsent. */
void imap_wire_clear(struct imap_wire *w);

/* Appends a tagged command, or text that belongs to the last one. */
void imap_wire_send(struct imap_wire *w, enum imap_command_kind kind, const char *format, ...)
	PRINTF_LIKE(3, 4);
void imap_wire_send_secret(
	struct imap_wire *w, enum imap_command_kind kind, const char *command, const char *secret);
void imap_wire_send_text(struct imap_wire *w, const char *text);

/* What may go out now: all, or no more than the first command that is not answered. */
size_t imap_wire_output(const struct imap_wire *w, bool one_at_a_time, const uint8_t **ret_bytes);

/* The command that was sent last is about this mailbox. */
void imap_wire_set_place(struct imap_wire *w, size_t place);

bool imap_wire_is_out(const struct imap_wire *w, const struct imap_flight *flight);

bool imap_wire_awaits(const struct imap_wire *w, enum imap_command_kind kind);

/* Takes the command of a tag out of flight. One that is not all out cannot have been answered by
 * anybody who read it: false, as for a tag that was never made. */
bool imap_wire_land(struct imap_wire *w, const char *tag, struct imap_flight *ret);

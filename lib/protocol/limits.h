#pragma once
/* Everything that a mail server can grow, and where it ends. What is beyond is cut where that is
 * harmless (an envelope's text) and ends the connection where it is not. */
#include <stddef.h>

#include "base/macros.h"

/* One atom, quoted string or number that is kept (8 KiB: longer than any real header field). */
#define IMAP_TOKEN_MAX ((size_t)8 * 1024)
/* A literal that is kept; the rest of a longer one is drained unread. */
#define IMAP_LITERAL_KEPT_MAX ((size_t)64 * 1024)
/* A literal announced beyond this ends the connection before a byte of it is read. */
#define IMAP_LITERAL_MAX ((size_t)16 * 1024 * 1024)
/* One response, kept; then drained, up to the second number, then the connection ends. */
#define IMAP_RESPONSE_KEPT_MAX ((size_t)64 * 1024)
#define IMAP_RESPONSE_MAX ((size_t)16 * 1024 * 1024)
/* Parentheses, counted, never recursed into. */
#define IMAP_DEPTH_MAX 16
#define IMAP_CAPABILITIES_MAX 128
#define IMAP_CAPABILITY_LENGTH_MAX 64
/* Only the first addresses of a list are looked at. */
#define IMAP_ADDRESSES_MAX 16
#define IMAP_FLAGS_MAX 32
/* Gmail's labels of one message that are kept. */
#define IMAP_LABELS_MAX 32
/* Text of a response that may be shown to a user. */
#define IMAP_TEXT_MAX ((size_t)200)
/* Mailboxes of one account that are watched or known; of a name, its bytes and its levels. Longer and
 * deeper ones are as if they were not there. */
#define IMAP_MAILBOXES_MAX 1000
#define IMAP_MAILBOX_NAME_MAX 1000
#define IMAP_MAILBOX_LEVELS_MAX 32
/* Answers to one LIST: what comes behind them is not looked at, or ends the connection. */
#define IMAP_LISTED_MAX 20000
#define IMAP_LISTED_DRAINED_MAX 200000
/* How often a mailbox that is listed may refuse to be opened, or be made anew within an hour, and
 * how long it is left alone then. */
#define IMAP_REFUSALS_MAX 3
/* Visits of one mailbox in a row that bring nothing; then so long none. */
#define IMAP_VAIN_VISITS_MAX 3
#define IMAP_VAIN_VISITS_USEC USEC_PER_MINUTE
#define IMAP_RESETS_MAX 5
#define IMAP_PARKED_USEC (6 * USEC_PER_HOUR)
/* A mailbox that was made a moment ago, and had so few messages in its life, is not old. */
#define IMAP_NEWBORN_MESSAGES_MAX 20
/* Patterns of one LIST, all together, in bytes. */
#define IMAP_LIST_COMMAND_MAX 4000
/* Untagged responses with no command in flight, within a minute. */
#define IMAP_UNSOLICITED_PER_MINUTE 10000
/* Messages asked for by one UID FETCH. */
#define IMAP_FETCH_WINDOW 500
/* How often a UID that was announced and came back empty is asked for again. */
#define IMAP_FETCH_RETRIES 3
/* The first wait before that; each is twice as long as the one before. */
#define IMAP_FETCH_RETRY_USEC USEC_PER_SEC

#define IMAP_GREETING_USEC (30 * USEC_PER_SEC)
#define IMAP_COMMAND_USEC (60 * USEC_PER_SEC)
#define IMAP_DONE_USEC (15 * USEC_PER_SEC)
/* Between two looks at a mailbox because its server is in trouble. */
#define IMAP_TROUBLE_USEC USEC_PER_MINUTE
#define IMAP_POLL_USEC (2 * USEC_PER_MINUTE)
/* From the first change of flags to the count of unseen messages, so that a burst is one count. */
#define IMAP_RECOUNT_USEC USEC_PER_SEC
/* So many unseen messages are listed with each poll; more of them with each so many'th. */
#define IMAP_COUNT_CHEAP_MAX 500
#define IMAP_COUNT_POLLS 8
/* From the first word that an announced message may have been read or removed to the question. */
#define IMAP_FLAGS_USEC (100 * USEC_PER_MSEC)
/* Names in one NOTIFY: Dovecot takes a hundred in a namespace. */
#define IMAP_NOTIFY_NAMES_MAX 100
/* RFC 7162 4: servers take command lines of 8192 bytes. */
#define IMAP_NOTIFY_LENGTH_MAX ((size_t)6 * 1024)
/* From the announcement of a message to its envelope, which comes by itself. */
#define IMAP_NOTIFY_ENVELOPE_USEC USEC_PER_SEC
/* A server that loses events all the time is asked so often. */
#define IMAP_NOTIFY_LOST_USEC USEC_PER_MINUTE
/* The longest time between two looks at what should have been told. */
#define IMAP_SWEEP_USEC (15 * USEC_PER_MINUTE)
/* News that only asking brought to light, in a row, and a means to be told is believed no longer; for
 * so long. */
#define IMAP_MISSES_MAX 3
#define IMAP_LOSSES_MAX 3 /* connections lost over IDLE, or over NOTIFY, in a row */
#define IMAP_RETEST_USEC (24 * USEC_PER_HOUR)

/* SASL. Beyond this a challenge of SCRAM is none; the nonces and the salt have no limit of their own. */
#define SASL_CHALLENGE_MAX ((size_t)4 * 1024)
/* RFC 7677 4: a server asks for 4096 at least. 100,000 take 30 to 100 ms of everybody's time; a
 * hostile server asks for 2^31. */
#define SASL_ITERATIONS_MIN 4096
#define SASL_ITERATIONS_MAX 100000

/* POP3. A status line has 512 bytes (RFC 2449 4); longer ones are taken up to this, the lines of a
 * listing or a header are cut there. */
#define POP3_LINE_MAX ((size_t)4 * 1024)
/* No line of anything is longer than this, cut or not. */
#define POP3_LINE_DRAINED_MAX ((size_t)1024 * 1024)
#define POP3_MESSAGES_MAX 1000000
/* RFC 1939 allows 70 bytes; a unique-id beyond this is none. */
#define POP3_UIDL_MAX 255
#define POP3_CAPABILITIES_MAX 128
/* Of a header that is looked at, and that is read past before the connection ends. */
#define POP3_TOP_MAX ((size_t)256 * 1024)
#define POP3_TOP_DRAINED_MAX ((size_t)16 * 1024 * 1024)
/* One field of a header that is kept. */
#define POP3_FIELD_MAX ((size_t)8 * 1024)
#define POP3_TEXT_MAX ((size_t)200)
/* Commands that wait for their answers at once, where the server pipelines. */
#define POP3_FLIGHTS_MAX 100
/* Messages between two cursors. */
#define POP3_WINDOW 500
/* So many messages are asked for one by one; beyond it the whole listing is cheaper. */
#define POP3_SINGLES_MAX 500
#define POP3_SINGLES_SLOW_MAX 8
/* Without unique-ids: so far from the end the newest known message is looked for. */
#define POP3_WALK_MAX 16

#define POP3_GREETING_USEC (30 * USEC_PER_SEC)
#define POP3_COMMAND_USEC (60 * USEC_PER_SEC)
#define POP3_QUIT_USEC (10 * USEC_PER_SEC)
/* A poll holds the server's lock: it ends, however fast the bytes drip. */
#define POP3_POLL_USEC (15 * USEC_PER_MINUTE)
/* That the box is as large as it was proves little: so often all of it is compared. */
#define POP3_FULL_USEC USEC_PER_HOUR

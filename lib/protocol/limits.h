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
/* Text of a response that may be shown to a user. */
#define IMAP_TEXT_MAX ((size_t)200)
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
#define IMAP_IDLE_RENEW_USEC (9 * USEC_PER_MINUTE)
#define IMAP_POLL_USEC (2 * USEC_PER_MINUTE)
/* From the first change of flags to the count of unseen messages, so that a burst is one count. */
#define IMAP_RECOUNT_USEC USEC_PER_SEC

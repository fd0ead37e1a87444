#pragma once
/* The messages of one mailbox that were announced and are still unread: a set of UIDs, ascending,
 * bounded; and what the server's words mean for it. Pure. Embedded in its owner. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;

/* The newest so many of a mailbox; what is older is never retired. */
#define IMAP_ANNOUNCED_MAX 1000
/* Of a set in a command. RFC 7162 4 allows lines of 8192 octets, RFC 2683 3.2.1.5 asks servers for
 * 8000: with room for the rest of the line, and for a server that counts on half of it. */
#define IMAP_ANNOUNCED_TEXT_MAX ((size_t)4000)
/* A state of the set as bytes: a version, and at most five bytes for each UID. */
#define IMAP_ANNOUNCED_BYTES_MAX ((size_t)(1 + 5 * IMAP_ANNOUNCED_MAX))

struct imap_announced {
	uint32_t *uids;
	uint32_t n;
};

/* Why a message is no news any more. */
enum imap_retirement {
	IMAP_RETIREMENT_NONE,
	IMAP_RETIREMENT_SEEN,
	IMAP_RETIREMENT_GONE, /* expunged, moved away, or marked \Deleted: clients show it no more */
};

/* What came of marking a message as seen. */
enum imap_marked {
	IMAP_MARKED_SEEN, /* it bears \Seen now */
	IMAP_MARKED_GONE, /* there is no such message any more */
	IMAP_MARKED_REFUSED, /* by the server */
};

/* What one reply of the server says about the set. */
enum imap_announced_news {
	IMAP_ANNOUNCED_NOTHING,
	IMAP_ANNOUNCED_SEEN, /* the message of that UID */
	IMAP_ANNOUNCED_GONE, /* the message of that UID */
	IMAP_ANNOUNCED_PERHAPS, /* one of them may have changed: the server must be asked */
};

void imap_announced_deinit(struct imap_announced *a);
void imap_announced_copy(struct imap_announced *to, const struct imap_announced *from);

/* False: it was there. When the set is full the smallest goes. */
bool imap_announced_add(struct imap_announced *a, uint32_t uid);
/* True: it was there. */
bool imap_announced_remove(struct imap_announced *a, uint32_t uid);
bool imap_announced_has(const struct imap_announced *a, uint32_t uid);
/* The smallest one from `first` to `last`; 0: there is none. */
uint32_t imap_announced_find(const struct imap_announced *a, uint32_t first, uint32_t last);

/* FETCH with FLAGS (RFC 3501 7.4.2); `uid` 0: it names none, as pushes of servers without QRESYNC do. */
enum imap_announced_news imap_announced_on_flags(
	const struct imap_announced *a, uint32_t uid, bool is_seen, bool is_deleted);
/* EXPUNGE: a sequence number is no name. */
enum imap_announced_news imap_announced_on_expunge(const struct imap_announced *a);

/* An owned sequence-set (RFC 3501 9), NULL for the empty set. One that would be longer than `max`
 * bytes has the smallest gaps filled: what is named too much comes back as an answer about a message
 * that is not in the set. */
char *imap_announced_format(const struct imap_announced *a, size_t max);

/* For whoever stores it. read() makes the set what the bytes say; -EBADMSG: they are none of ours, and
 * the set is empty. */
void imap_announced_write(const struct imap_announced *a, struct buffer *out);
int imap_announced_read(struct imap_announced *a, const void *bytes, size_t n);

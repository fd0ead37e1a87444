#pragma once
/* The news of one account: what one notification has to tell, bounded, and when it is due. Time is
 * an argument; nothing here knows a bus.
 *
 *     untold --take--> in flight --told--> told (the live notification shows it)
 *        ^                 |                 |
 *        +----- failed ----+                 +--closed--> forgotten
 *
 * While a notification is live, later mail is added to what it tells, and it is replaced. */
#include "base/macros.h"

#include <stdbool.h>
#include <stdint.h>

/* A notification tells no more than so many by name. */
#define NEWS_NEWEST_MAX 3

/* A burst is one notification: it is due when nothing came for QUIET, or after PATIENCE. */
#define NEWS_QUIET_USEC (250 * USEC_PER_MSEC)
#define NEWS_PATIENCE_USEC (1 * USEC_PER_SEC)

/* Text as the sender and the server gave it; NULL where it is not known. */
struct news_mail {
	uint64_t seq;
	const char *mailbox;
	const char *from_name;
	const char *from_address;
	const char *subject;
};

struct news;

struct news *news_new(const char *account);
struct news *news_free(struct news *n);
DEFINE_CLEANUP(struct news, news_free);

const char *news_account(const struct news *n);

/* Copies. The time decides only when it is due. */
void news_add(struct news *n, const struct news_mail *mail, uint64_t now_usec);

/* When to take; USEC_NEVER while nothing is untold or something is in flight. */
uint64_t news_due(const struct news *n);

/* Everything is on its way to the screen: told or failed follows. */
void news_take(struct news *n);
void news_told(struct news *n);
void news_failed(struct news *n, uint64_t now_usec);

/* The notification is gone: what it told is forgotten, what it did not tell stays. */
void news_closed(struct news *n);

/* The service that showed it is gone: what was told is to be told again, by the next one. */
void news_lost(struct news *n, uint64_t now_usec);

/* How many mails the notification tells of, in flight and untold included. */
uint64_t news_n_mails(const struct news *n);

/* The i-th newest of those; NULL beyond them or NEWS_NEWEST_MAX. Borrowed until the next call
 * that is not const. */
const struct news_mail *news_newest(const struct news *n, unsigned i);

/* The lowest number that is not told yet; 0 when there is none. */
uint64_t news_first_untold(const struct news *n);

/* Nothing to tell and nothing live: the account needs no memory. */
bool news_is_idle(const struct news *n);

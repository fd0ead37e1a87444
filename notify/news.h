#pragma once
/* The news of one account: what one notification has to tell, bounded, and when it is due. Time is
 * an argument; nothing here knows a bus.
 *
 *              take               told
 *     UNTOLD ---------> in flight ------> TOLD ---closed, retired---> forgotten
 *       ^ ^                 |              | |
 *       | +---- failed -----+       snooze | +---hold---> held ---settled---> forgotten
 *       +------ wakes --- SNOOZED <--------+               |
 *       +------ given back --------------------------------+
 *
 * While a notification is live, later mail is added to what it tells, and it is replaced; mail that
 * was read or deleted elsewhere is taken away, and it is replaced or closed. */
#include "base/macros.h"

#include <stdbool.h>
#include <stdint.h>

/* A notification tells no more than so many by name. */
#define NEWS_NEWEST_MAX 3

/* Of so many the identity is kept, so that they can be retired one by one; older ones are counted. */
#define NEWS_MAILS_MAX 500

/* A burst is one notification: it is due when nothing came for QUIET, or after PATIENCE. */
#define NEWS_QUIET_USEC (250 * USEC_PER_MSEC)
#define NEWS_PATIENCE_USEC (1 * USEC_PER_SEC)

enum news_urgency {
	NEWS_BULK, /* sent to many, or by a machine */
	NEWS_PERSONAL,
	NEWS_URGENT, /* a rule says so */
};

/* Text as the sender and the server gave it; NULL where it is not known. */
struct news_mail {
	uint64_t seq;
	const char *id;
	const char *mailbox;
	const char *from_name;
	const char *from_address;
	const char *subject;
	const char *message_id;
	enum news_urgency urgency;
	bool is_silent;
};

/* What is kept over a restart. */
enum news_state {
	NEWS_UNTOLD,
	NEWS_TOLD,
	NEWS_SNOOZED,
};

struct news;

struct news *news_new(const char *account);
struct news *news_free(struct news *n);
DEFINE_CLEANUP(struct news, news_free);

const char *news_account(const struct news *n);

/* Copies. The time decides only when it is due. A mail whose id is here already is left out. */
void news_add(struct news *n, const struct news_mail *mail, uint64_t now_usec);

/* The same for one that an earlier agent knew. `is_live`: its notification is on the screen. */
void news_restore(
	struct news *n, const struct news_mail *mail, enum news_state state, bool is_live);

/* It was read or is gone. False: there is no such mail here; one that is not known by its id is taken
 * for one of those that are only counted. */
bool news_retire(struct news *n, const char *id, uint64_t now_usec);

/* When to take or to withdraw; USEC_NEVER while there is nothing to do or something is in flight. */
uint64_t news_due(const struct news *n);

/* The notification is on the screen and tells of nothing any more: close it, and say news_closed(). */
bool news_is_empty_but_live(const struct news *n);

/* Everything is on its way to the screen: told or failed follows. */
void news_take(struct news *n);
void news_told(struct news *n);
void news_failed(struct news *n, uint64_t now_usec);

/* The notification is gone: what it told is forgotten, what it did not tell stays. */
void news_closed(struct news *n);

/* The service that showed it is gone: what was told is to be told again, by the next one. */
void news_lost(struct news *n, uint64_t now_usec);

/* What the notification says has changed by other things than mail: it is to be shown anew. */
void news_touch(struct news *n, uint64_t now_usec);

/* Something is being done with all that is told: it is not shown meanwhile. An owned, NULL-terminated
 * vector of ids, NULL when there is none; free it with words_free(). */
char **news_hold(struct news *n, uint64_t now_usec);

/* What came of it: done, and forgotten; or not, and told again. */
void news_settle(struct news *n, const char *id);
void news_give_back(struct news *n, const char *id, uint64_t now_usec);

/* All that is told is put off. The time is of the wall clock, as it has to survive us. */
void news_snooze(struct news *n, uint64_t until_usec, uint64_t now_usec);
uint64_t news_snoozed_until(const struct news *n); /* USEC_NEVER: nothing is */
void news_wake(struct news *n, uint64_t now_usec);

/* How many mails the notification tells of, in flight and untold included. */
uint64_t news_n_mails(const struct news *n);

/* The i-th newest of those; NULL beyond them or NEWS_NEWEST_MAX. Borrowed until the next call
 * that is not const. */
const struct news_mail *news_newest(const struct news *n, unsigned i);

/* The greatest of what the notification tells of. */
enum news_urgency news_urgency(const struct news *n);

/* Whether something waits to be told; something that is not silent; something urgent. */
bool news_has_untold(const struct news *n);
bool news_is_loud(const struct news *n);
bool news_has_urgent(const struct news *n);

/* What is to be kept: the i-th mail; false beyond the last one. */
bool news_kept(const struct news *n, unsigned i, uint64_t *ret_seq, enum news_state *ret_state);

/* Those that are counted only: told, untold. */
void news_more(const struct news *n, uint64_t *ret_told, uint64_t *ret_untold);
void news_restore_more(struct news *n, uint64_t n_told, uint64_t n_untold);

/* Nothing to tell and nothing live: the account needs no memory. */
bool news_is_idle(const struct news *n);

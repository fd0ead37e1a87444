#pragma once
/* Private to the session: how many messages are unseen. */
#include <stdbool.h>
#include <stdint.h>

struct imap_reply;
struct imap_session;
struct imap_status;

struct imap_count {
	bool is_due;
	bool is_broken; /* the server does not count */
	bool has_answer;
	bool is_doubtful; /* a message was told of behind it */
	uint64_t due_usec; /* when to count at the latest */
	uint32_t answer;
	unsigned n_polls; /* since the last count */
	uint32_t below_uid; /* messages below are part of `unseen` already */
	uint32_t reported_messages;
	uint32_t reported_unseen;
};

void imap_count_on_change(struct imap_session *s);
/* The server was asked for news: it may not have told of flags. */
void imap_count_on_poll(struct imap_session *s);
void imap_count_on_message(struct imap_session *s, uint32_t uid, bool seen);
void imap_count_on_reply(struct imap_session *s, const struct imap_reply *reply);
bool imap_count_ask(struct imap_session *s);
void imap_count_on_status(struct imap_session *s, const struct imap_status *status);
void imap_count_on_tagged(struct imap_session *s, const struct imap_reply *reply);
/* True: they will be told in an event of their own. */
bool imap_count_report(struct imap_session *s);
/* The counts of the open mailbox were part of an event. */
void imap_count_on_reported(struct imap_session *s);

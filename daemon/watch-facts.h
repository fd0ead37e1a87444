#pragma once
/* What a trial wants to know of a connection beyond whether it works. Filled in by whoever learns
 * it, and only where somebody has brought the place for it: every function here takes NULL for
 * that. */
#include <stdint.h>

#include "io/tls-record.h"
#include "protocol/login.h"

struct imap_session;
struct stream;

/* Zero: nothing is known yet. Texts are owned; NULL: not known. */
struct watch_facts {
	char *peer; /* "192.0.2.1 port 993" */
	struct tls_record tls;
	char *mechanism; /* "SCRAM-SHA-256", "LOGIN" */
	char *capabilities; /* of the words that the server said those that we have a use for */
	uint64_t round_trip_usec;
};

void watch_facts_deinit(struct watch_facts *facts);

void watch_facts_connected(struct watch_facts *facts, const struct stream *stream);
void watch_facts_login(struct watch_facts *facts, const struct login_outcome *login);
/* Online. */
void watch_facts_imap(
	struct watch_facts *facts, const struct stream *stream, const struct imap_session *session);

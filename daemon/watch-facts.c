#include "daemon/watch-facts.h"

#include "base/memory.h"
#include "io/stream.h"
#include "protocol/imap-capability.h"
#include "protocol/imap-session.h"
#include "protocol/sasl-mechanism.h"

void watch_facts_deinit(struct watch_facts *facts) {
	memory_free(facts->peer);
	memory_free(facts->mechanism);
	memory_free(facts->capabilities);
	tls_record_deinit(&facts->tls);
	*facts = (struct watch_facts){ 0 };
}

void watch_facts_connected(struct watch_facts *facts, const struct stream *stream) {
	if (!facts)
		return;
	memory_free(facts->peer);
	facts->peer = stream_peer(stream);
	facts->round_trip_usec = stream_round_trip_usec(stream);
}

void watch_facts_login(struct watch_facts *facts, const struct login_outcome *login) {
	if (!facts)
		return;
	const char *name = sasl_mechanism_facts(login->mechanism)->name;
	memory_free(facts->mechanism);
	facts->mechanism = memory_strdup(*name ? name : "LOGIN");
}

void watch_facts_imap(struct watch_facts *facts, const struct stream *stream,
	const struct imap_session *session) {
	if (!facts)
		return;
	memory_free(facts->capabilities);
	facts->capabilities = imap_capability_words(imap_session_capabilities(session));
	facts->round_trip_usec = stream_round_trip_usec(stream);
}

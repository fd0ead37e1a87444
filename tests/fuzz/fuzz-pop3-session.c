/* Any bytes as the answers of a server, over several polls (0xFF begins the next one): the same
 * events whether they come line by line or byte by byte, and a state that can be stored. The first
 * byte chooses the settings. */
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "fuzz.h"
#include "protocol/pop3-session.h"

#define EVENTS_MAX ((size_t)64 * 1024 * 1024)

static const uint8_t key[KEYED_HASH_KEY_SIZE] = "a key for tests";

struct run {
	struct pop3_state state;
	struct pop3_session *session;
	struct buffer events;
	uint8_t settings;
	bool by_bytes;
};

static void begin_poll(struct run *run) {
	static const enum pop3_security securities[] = { POP3_SECURITY_TLS, POP3_SECURITY_STLS };
	static const enum sasl_mechanism auths[] = { SASL_MECHANISM_NONE, SASL_MECHANISM_LOGIN };
	const struct pop3_login login = {
		.login = { .host = "pop.example.org",
			.user = "alice",
			.secret = "alice-pw",
			.auth = auths[run->settings >> 1 & 1],
			.nonce = "fyko+d2lbbFgONRv9qkxdawL" },
		.security = securities[run->settings & 1],
	};
	pop3_session_free(run->session);
	run->session = pop3_session_new(&login, &run->state, USEC_PER_HOUR);
	pop3_session_tick(run->session, USEC_PER_HOUR);
}

/* What is stored reads back as it was. */
static void check_state(struct run *run) {
	struct pop3_state copy;
	struct pop3_state_writer writer;
	struct pop3_part part;
	pop3_state_init(&copy, key);
	/* all of it, not only what has changed */
	run->state.set.is_laid_out_anew = true;
	(void)pop3_state_write_begin(&run->state, &writer);
	while (pop3_state_write_next(&writer, &part) > 0)
		FUZZ_CHECK(pop3_state_read(&copy, &part) == 0);
	FUZZ_CHECK(pop3_state_read_end(&copy) == 0);
	FUZZ_CHECK(copy.set.n == run->state.set.n && copy.set.n <= POP3_MESSAGES_MAX);
	FUZZ_CHECK(copy.set.n_announced == run->state.set.n_announced);
	FUZZ_CHECK(copy.messages == run->state.messages && copy.newest == run->state.newest);
	pop3_state_deinit(&copy);
	pop3_state_clean(&run->state);
}

static void take_events(struct run *run) {
	struct pop3_event event;
	const uint8_t *bytes = NULL;
	while (pop3_session_next(run->session, &event) > 0) {
		(void)buffer_append_format(&run->events, "%d %d %s %llx\n", (int)event.kind,
			(int)event.reason, event.text ? event.text : "",
			(unsigned long long)(event.message ? event.message->hash : event.hash));
		if (event.kind == POP3_EVENT_WANT_TLS)
			pop3_session_secured(run->session);
		if (event.kind == POP3_EVENT_CURSOR || event.kind == POP3_EVENT_BASELINE)
			check_state(run);
	}
	size_t n = pop3_session_output(run->session, &bytes);
	FUZZ_CHECK(!bytes || !memmem(bytes, n, "RETR", 4));
	FUZZ_CHECK(!bytes || !memmem(bytes, n, "DELE", 4));
	pop3_session_sent(run->session, n);
}

/* Up to the end of a line, or a byte; 0xFF alone. */
static size_t next_part(const struct run *run, const uint8_t *bytes, size_t n) {
	size_t i = 0;
	if (bytes[0] == 0xFF || run->by_bytes)
		return 1;
	while (i < n && bytes[i] != '\n' && bytes[i] != 0xFF)
		i++;
	return i < n && bytes[i] == '\n' ? i + 1 : i;
}

static void play(struct run *run, const uint8_t *bytes, size_t n) {
	buffer_init(&run->events, EVENTS_MAX);
	pop3_state_init(&run->state, key);
	begin_poll(run);
	while (n > 0) {
		size_t part = next_part(run, bytes, n);
		if (*bytes == 0xFF)
			begin_poll(run);
		else
			pop3_session_feed(run->session, bytes, part);
		take_events(run);
		bytes += part;
		n -= part;
	}
	pop3_session_tick(run->session, 2 * USEC_PER_HOUR);
	take_events(run);
	FUZZ_CHECK(pop3_session_deadline(run->session) == USEC_NEVER);
	pop3_session_free(run->session);
	pop3_state_deinit(&run->state);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
	if (n == 0)
		return 0;
	struct run lines = { .settings = bytes[0] };
	struct run single = { .settings = bytes[0], .by_bytes = true };
	play(&lines, bytes + 1, n - 1);
	play(&single, bytes + 1, n - 1);
	FUZZ_CHECK(lines.events.n == single.events.n);
	FUZZ_CHECK(
		lines.events.n == 0 || memcmp(buffer_bytes(&lines.events),
					       buffer_bytes(&single.events), lines.events.n) == 0);
	buffer_deinit(&lines.events);
	buffer_deinit(&single.events);
	return 0;
}

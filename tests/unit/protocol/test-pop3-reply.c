#include "protocol/pop3-reply.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/memory.h"
#include "protocol/pop3-capability.h"
#include "protocol/pop3-line.h"
#include "protocol/pop3-session.h"

static void status_and_code(void **state) {
	static const struct {
		const char *line;
		enum pop3_status status;
		enum pop3_code code;
		const char *text;
	} cases[] = {
		{ "+OK", POP3_STATUS_OK, POP3_CODE_NONE, "" },
		{ "+ok hello there", POP3_STATUS_OK, POP3_CODE_NONE, "hello there" },
		{ "+OKAY", POP3_STATUS_NONE, POP3_CODE_NONE, "" },
		{ "+", POP3_STATUS_CONTINUATION, POP3_CODE_NONE, "" },
		{ "+ eA==", POP3_STATUS_CONTINUATION, POP3_CODE_NONE, "eA==" },
		{ "-ERR [IN-USE] busy", POP3_STATUS_ERR, POP3_CODE_IN_USE, "busy" },
		{ "-ERR [login-delay]", POP3_STATUS_ERR, POP3_CODE_LOGIN_DELAY, "" },
		{ "-ERR [SYS/TEMP] a", POP3_STATUS_ERR, POP3_CODE_SYS_TEMP, "a" },
		{ "-ERR [SYS/PERM] a", POP3_STATUS_ERR, POP3_CODE_SYS_PERM, "a" },
		{ "-ERR [AUTH] a", POP3_STATUS_ERR, POP3_CODE_AUTH, "a" },
		{ "-ERR [SYS/TEMPORARY] a", POP3_STATUS_ERR, POP3_CODE_OTHER, "a" },
		{ "-ERR [AUTH no end", POP3_STATUS_ERR, POP3_CODE_NONE, "[AUTH no end" },
		{ "-ERR a [AUTH]", POP3_STATUS_ERR, POP3_CODE_NONE, "a [AUTH]" },
		{ "", POP3_STATUS_NONE, POP3_CODE_NONE, "" },
		{ "* OK", POP3_STATUS_NONE, POP3_CODE_NONE, "OK" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pop3_reply reply;
		pop3_reply_parse(cases[i].line, &reply);
		assert_int_equal(reply.status, cases[i].status);
		assert_int_equal(reply.code, cases[i].code);
		assert_string_equal(reply.text, cases[i].text);
	}
}

static void numbers_of_stat(void **state) {
	uint32_t messages = 7;
	uint64_t octets = 7;
	assert_int_equal(pop3_reply_parse_stat("3 1200 and more", &messages, &octets), 0);
	assert_int_equal(messages, 3);
	assert_int_equal(octets, 1200);
	assert_int_equal(
		pop3_reply_parse_stat("4294967295 18446744073709551615", &messages, &octets), 0);
	static const char *const bad[] = { "", "3", "3 ", "x 3", "3 x", "-3 1", "4294967296 1",
		"1 18446744073709551616" };
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(pop3_reply_parse_stat(bad[i], &messages, &octets), -EBADMSG);
}

static void lines_of_uidl(void **state) {
	static const struct {
		const char *line;
		int r;
		uint32_t number;
		const char *id;
	} cases[] = {
		{ "1 abc", 0, 1, "abc" },
		{ "1\tabc \t", 0, 1, "abc" },
		{ "1  a b", 0, 1, "a b" },
		{ "1", 0, 1, "" },
		{ "1 ", 0, 1, "" },
		{ "007 x", 0, 7, "x" },
		{ "0 x", -EBADMSG, 0, NULL },
		{ "x", -EBADMSG, 0, NULL },
		{ "", -EBADMSG, 0, NULL },
		{ "1x", -EBADMSG, 0, NULL },
		{ "99999999999 x", -EBADMSG, 0, NULL },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pop3_listing listing = { 0 };
		size_t n = strlen(cases[i].line);
		assert_int_equal(pop3_reply_parse_listing(cases[i].line, n, &listing), cases[i].r);
		if (cases[i].r < 0)
			continue;
		assert_int_equal(listing.number, cases[i].number);
		assert_int_equal(listing.n_id, strlen(cases[i].id));
		assert_memory_equal(listing.id, cases[i].id, listing.n_id);
	}
}

static void capabilities(void **state) {
	static const char *const lines[] = { "top", "UIDL", "USER", "PIPELINING",
		"SASL CRAM-MD5 plain", "LOGIN-DELAY 900 USER", "EXPIRE 30", "IMPLEMENTATION x", "",
		"SASLX PLAIN" };
	struct pop3_capabilities c;
	pop3_capability_init(&c);
	assert_true(c.expire_days == POP3_EXPIRE_NEVER);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		pop3_capability_add(&c, lines[i]);
	assert_int_equal(c.set, POP3_CAPABILITY_TOP | POP3_CAPABILITY_UIDL | POP3_CAPABILITY_USER |
					POP3_CAPABILITY_PIPELINING);
	assert_int_equal(c.mechanisms, sasl_mechanism_bit(SASL_MECHANISM_PLAIN));
	assert_int_equal(c.login_delay_usec, 900 * USEC_PER_SEC);
	assert_int_equal(c.expire_days, 30);
	assert_true(c.is_by_user);
	pop3_capability_add(&c, "LOGIN-DELAY 99999999999");
	assert_int_equal(c.login_delay_usec, 24 * USEC_PER_HOUR);
	pop3_capability_add(&c, "LOGIN-DELAY x");
	pop3_capability_add(&c, "EXPIRE NEVER");
	assert_int_equal(c.login_delay_usec, 24 * USEC_PER_HOUR);
	assert_true(c.expire_days == POP3_EXPIRE_NEVER);
}

/* One line of so many bytes; returns what the reader says of it. */
static int read_long(size_t n_bytes, struct pop3_line *ret, struct pop3_line_reader *reader) {
	struct buffer input;
	buffer_init(&input, 2 * POP3_LINE_DRAINED_MAX);
	CLEANUP_TEXT char *bytes = memory_resize(NULL, n_bytes, 1);
	memset(bytes, 'x', n_bytes);
	(void)buffer_append(&input, bytes, n_bytes);
	(void)buffer_append_text(&input, "\r\n");
	int r = pop3_line_next(reader, &input, ret);
	buffer_deinit(&input);
	return r;
}

static void long_lines(void **state) {
	static const struct {
		size_t n_bytes;
		int r;
		bool is_cut;
	} cases[] = {
		{ 0, 1, false },
		{ 512, 1, false },
		{ POP3_LINE_MAX, 1, false },
		{ POP3_LINE_MAX + 1, 1, true },
		{ (size_t)64 * 1024, 1, true },
		{ POP3_LINE_DRAINED_MAX + 2 * POP3_LINE_MAX, -ENOBUFS, false },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pop3_line_reader reader;
		struct pop3_line line = { 0 };
		pop3_line_init(&reader);
		assert_int_equal(read_long(cases[i].n_bytes, &line, &reader), cases[i].r);
		if (cases[i].r > 0) {
			assert_true(line.is_cut == cases[i].is_cut);
			assert_int_equal(line.n, MIN(cases[i].n_bytes, POP3_LINE_MAX));
			assert_int_equal(line.n, strlen(line.text));
			assert_int_equal(line.n_wire, cases[i].n_bytes + 2);
		}
		pop3_line_deinit(&reader);
	}
}

/* P-12, P-27: a session that is at a listing or a header of which there is no end. */
struct flood {
	struct pop3_state state;
	struct pop3_session *session;
	unsigned n_messages;
	unsigned n_cursors;
	enum reason closed;
};

static void say(struct flood *f, const char *text) {
	struct pop3_event event;
	const uint8_t *bytes;
	pop3_session_feed(f->session, text, strlen(text));
	while (pop3_session_next(f->session, &event) > 0) {
		f->n_messages += event.kind == POP3_EVENT_MESSAGE;
		f->n_cursors += event.kind == POP3_EVENT_CURSOR;
		f->closed = event.kind == POP3_EVENT_CLOSED ? event.reason : f->closed;
	}
	pop3_session_sent(f->session, pop3_session_output(f->session, &bytes));
}

static void begin(struct flood *f) {
	static const struct pop3_login login = {
		.login = { .host = "pop.example.org",
			.user = "a",
			.secret = "b",
			.auth = SASL_MECHANISM_LOGIN },
	};
	f->closed = REASON_COUNT_;
	f->n_messages = f->n_cursors = 0;
	f->session = pop3_session_free(f->session);
	f->session = pop3_session_new(&login, &f->state, USEC_PER_HOUR);
	pop3_session_tick(f->session, 0);
	say(f, "+OK\r\n");
	if (!f->state.capabilities.is_known)
		say(f, "+OK\r\nUSER\r\nTOP\r\nUIDL\r\n.\r\n");
	say(f, "+OK\r\n");
	say(f, "+OK\r\n");
}

static void a_header_without_end_does_not_stop_the_others(void **state) {
	static const uint8_t key[KEYED_HASH_KEY_SIZE] = "a key for tests";
	struct flood f = { 0 };
	pop3_state_init(&f.state, key);
	begin(&f);
	say(&f, "+OK 0 0\r\n");
	say(&f, "+OK\r\n.\r\n");
	say(&f, "+OK\r\n");
	assert_int_equal(f.closed, REASON_NONE);

	begin(&f);
	say(&f, "+OK 2 200\r\n");
	say(&f, "+OK\r\n1 one\r\n2 two\r\n.\r\n");
	say(&f, "+OK\r\nSubject: flood\r\n");
	CLEANUP_TEXT char *line = memory_format("X: %0*d\r\n", 1000, 0);
	for (size_t n = 0; n <= POP3_TOP_DRAINED_MAX && f.closed == REASON_COUNT_; n += 1000)
		say(&f, line);
	assert_int_equal(f.closed, REASON_LIMIT_EXCEEDED);
	assert_int_equal(f.n_messages, 1);
	assert_int_equal(f.n_cursors, 1);

	begin(&f);
	say(&f, "+OK 2 200\r\n");
	say(&f, "+OK\r\n1 one\r\n2 two\r\n.\r\n");
	say(&f, "+OK\r\nSubject: second\r\n.\r\n");
	say(&f, "+OK\r\n");
	assert_int_equal(f.closed, REASON_NONE);
	assert_int_equal(f.n_messages, 1);
	pop3_session_free(f.session);
	pop3_state_deinit(&f.state);
}

static void a_status_line_beyond_the_limit_ends_it(void **state) {
	static const uint8_t key[KEYED_HASH_KEY_SIZE] = "a key for tests";
	struct flood f = { 0 };
	pop3_state_init(&f.state, key);
	begin(&f);
	CLEANUP_TEXT char *line = memory_format("+OK %0*d\r\n", (int)POP3_LINE_MAX, 0);
	say(&f, line);
	assert_int_equal(f.closed, REASON_LIMIT_EXCEEDED);
	pop3_session_free(f.session);
	pop3_state_deinit(&f.state);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_and_code),
		cmocka_unit_test(numbers_of_stat),
		cmocka_unit_test(lines_of_uidl),
		cmocka_unit_test(capabilities),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(a_header_without_end_does_not_stop_the_others),
		cmocka_unit_test(a_status_line_beyond_the_limit_ends_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

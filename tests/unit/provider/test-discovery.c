/* The order of the search, and what its answers are worth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "provider/discovery.h"

static struct discovery *start(const char *text) {
	struct mail_address address = { 0 };
	const char *problem = NULL;
	assert_int_equal(mail_address_parse(text, &address, &problem), 0);
	struct discovery *d = discovery_new(&address);
	mail_address_deinit(&address);
	return d;
}

/* "WAY imap HOST:PORT USER LOGIN;" with "+starttls" and "?" for what the user must agree to */
static void expect(const struct discovery *d, const char *expected) {
	const struct discovery_server *s;
	struct buffer out;
	buffer_init(&out, 65536);
	(void)buffer_append_text(&out, "");
	for (size_t i = 0; (s = discovery_server(d, i)); i++)
		(void)buffer_append_format(&out, "%d %s%s %s:%u %s %d%s;", s->way,
			s->is_pop3 ? "pop3" : "imap", s->is_starttls ? "+starttls" : "", s->host,
			(unsigned)s->port, s->user, s->login, s->is_foreign ? "?" : "");
	CLEANUP_TEXT char *got = buffer_take_text(&out);
	assert_string_equal(got, expected);
}

static struct discovery_question question(const struct discovery *d, const char *text) {
	struct discovery_question q = { 0 };
	for (size_t i = 0; discovery_question(d, i, &q); i++)
		if (!strcmp(q.text, text))
			return q;
	fail_msg("no question of %s", text);
	return q;
}

static void test_questions(void **state) {
	static const char *const expected[] = {
		"example.org",
		"_imaps._tcp.example.org",
		"_pop3s._tcp.example.org",
		"https://autoconfig.example.org/mail/config-v1.1.xml",
		"https://example.org/.well-known/autoconfig/mail/config-v1.1.xml",
		"https://autoconfig.thunderbird.net/v1.1/example.org",
		"imap.example.org",
		"mail.example.org",
		"pop.example.org",
		"mail.example.org",
	};
	CLEANUP(discovery_free) struct discovery *d = start("ada@Example.org");
	struct discovery_question q, before = { 0 };
	size_t n = 0;
	for (; discovery_question(d, n, &q); n++, before = q) {
		assert_true(n < ARRAY_SIZE(expected));
		assert_string_equal(q.text, expected[n]);
		assert_true(q.way >= before.way);
		/* What is sent to others is the domain alone, and the user is asked before. */
		assert_null(strstr(q.text, "ada"));
		assert_int_equal(q.tells_others, q.way == DISCOVERY_ISPDB);
		assert_true(*discovery_way_to_string(q.way));
	}
	assert_int_equal(n, ARRAY_SIZE(expected));
	expect(d, "");
}

static void test_table(void **state) {
	CLEANUP(discovery_free) struct discovery *gmail = start("ada@gmail.com");
	CLEANUP(discovery_free) struct discovery *icloud = start("ada@me.com");
	CLEANUP(discovery_free) struct discovery *tuta = start("ada@tuta.com");
	expect(gmail, "0 imap imap.gmail.com:993 ada@gmail.com 2;0 pop3 pop.gmail.com:995 "
		      "ada@gmail.com 2;");
	expect(icloud, "0 imap imap.mail.me.com:993 ada 1;");
	expect(tuta, "");
}

static void test_exchangers(void **state) {
	CLEANUP(discovery_free) struct discovery *d = start("ada@example.org");
	discovery_add_exchanger(d, "mx.example.org");
	expect(d, "");
	discovery_add_exchanger(d, "aspmx.l.google.com");
	discovery_add_exchanger(d, "alt1.aspmx.l.google.com");
	expect(d, "1 imap imap.gmail.com:993 ada@example.org 2?;1 pop3 pop.gmail.com:995 "
		  "ada@example.org 2?;");
}

/* C-07: ".", another domain, no port, weights, a dot at the end, names that are none */
static void test_srv(void **state) {
	CLEANUP(discovery_free) struct discovery *d = start("ada@example.org");
	struct discovery_question imap = question(d, "_imaps._tcp.example.org");
	struct discovery_srv none[] = { { 0, 0, 0, "." } };
	discovery_add_srv(d, &imap, none, 1, 1);
	expect(d, "");
	struct discovery_srv odd[] = { { 0, 0, 993, "" }, { 0, 0, 0, "a.example.org" },
		{ 0, 0, 993, "a b.example.org" }, { 0, 0, 993, "-x.example.org" } };
	discovery_add_srv(d, &imap, odd, ARRAY_SIZE(odd), 1);
	expect(d, "");
	struct discovery_srv some[] = { { 20, 0, 993, "far.example.net." },
		{ 10, 0, 1993, "Near.Example.org" }, { 5, 1, 993, "notexample.org" } };
	discovery_add_srv(d, &imap, some, ARRAY_SIZE(some), 1);
	expect(d, "2 imap notexample.org:993 ada@example.org 0?;"
		  "2 imap Near.Example.org:1993 ada@example.org 0;"
		  "2 imap far.example.net:993 ada@example.org 0?;");
}

/* RFC 2782: in proportion to the weights; 0 is rare beside others, and not never. */
static void test_srv_weights(void **state) {
	unsigned first[3] = { 0 };
	for (uint64_t seed = 0; seed < 3000; seed++) {
		CLEANUP(discovery_free) struct discovery *d = start("ada@example.org");
		struct discovery_question imap = question(d, "_imaps._tcp.example.org");
		struct discovery_srv records[] = { { 1, 0, 993, "a.example.org" },
			{ 1, 30, 993, "b.example.org" }, { 1, 10, 993, "c.example.org" } };
		discovery_add_srv(d, &imap, records, ARRAY_SIZE(records), seed * 7919);
		assert_null(discovery_server(d, 3));
		assert_non_null(discovery_server(d, 2));
		first[discovery_server(d, 0)->host[0] - 'a']++;
	}
	assert_true(first[0] > 0 && first[0] < 300);
	assert_true(first[1] > 2 * first[2] && first[2] > first[0]);
}

static const char page[] =
	"<clientConfig><emailProvider>"
	"<incomingServer "
	"type=\"pop3\"><hostname>pop.example.org</hostname><port>995</port><socketType>SSL"
	"</socketType><username>ada</username></incomingServer>"
	"<incomingServer "
	"type=\"imap\"><hostname>a.example.org</hostname><port>143</port><socketType>STARTTLS"
	"</socketType><username>ada</username><authentication>OAuth2</authentication></"
	"incomingServer>"
	"<incomingServer "
	"type=\"imap\"><hostname>b.example.org</hostname><port>143</port><socketType>plain"
	"</socketType><username>ada</username></incomingServer>"
	"<incomingServer "
	"type=\"imap\"><hostname>c.example.net</hostname><port>993</port><socketType>SSL"
	"</socketType><username>ada</username></incomingServer></emailProvider></clientConfig>";

static void add_page(struct discovery *d, const struct discovery_question *q) {
	struct mail_address address = { 0 };
	CLEANUP(autoconfig_free) struct autoconfig *config = NULL;
	const char *problem = NULL;
	assert_int_equal(mail_address_parse("ada@example.org", &address, &problem), 0);
	assert_int_equal(autoconfig_parse(page, strlen(page), &address, &config, &problem), 0);
	discovery_add_autoconfig(d, q, config);
	mail_address_deinit(&address);
}

static void test_autoconfig_and_order(void **state) {
	CLEANUP(discovery_free) struct discovery *d = start("ada@example.org");
	struct discovery_question guess = question(d, "imap.example.org");
	struct discovery_question found =
		question(d, "https://autoconfig.example.org/mail/config-v1.1.xml");
	discovery_add_guess(d, &guess);
	add_page(d, &found);
	add_page(d, &found);
	/* What is not encrypted is not there; TLS goes before STARTTLS, IMAP before POP3. */
	expect(d, "3 imap c.example.net:993 ada 0;5 imap imap.example.org:993 ada@example.org 0;"
		  "3 imap+starttls a.example.org:143 ada 3;3 pop3 pop.example.org:995 ada 0;");
}

static void test_servers_are_bounded(void **state) {
	CLEANUP(discovery_free) struct discovery *d = start("ada@example.org");
	struct discovery_question imap = question(d, "_imaps._tcp.example.org");
	for (uint16_t i = 1; i < 100; i++) {
		struct discovery_srv record = { 0, 0, i, "a.example.org" };
		discovery_add_srv(d, &imap, &record, 1, 0);
	}
	assert_non_null(discovery_server(d, DISCOVERY_SERVERS_MAX - 1));
	assert_null(discovery_server(d, DISCOVERY_SERVERS_MAX));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_questions),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_exchangers),
		cmocka_unit_test(test_srv),
		cmocka_unit_test(test_srv_weights),
		cmocka_unit_test(test_autoconfig_and_order),
		cmocka_unit_test(test_servers_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

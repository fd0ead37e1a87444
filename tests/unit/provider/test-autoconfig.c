/* The XML of autoconfig: what providers write, and what nobody should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "provider/autoconfig.h"

#define HEAD \
	"<?xml version=\"1.0\"?><clientConfig version=\"1.1\"><emailProvider id=\"example.org\">"
#define TAIL "</emailProvider></clientConfig>"
#define SERVER(host)                                                                        \
	"<incomingServer type=\"imap\"><hostname>" host                                     \
	"</hostname><port>993</port><socketType>SSL</socketType><username>%EMAILADDRESS%</" \
	"username>"                                                                         \
	"<authentication>password-cleartext</authentication></incomingServer>"

/* "imap HOST PORT SECURITY LOGINS USER;" for each server, or "! problem" */
static char *read_all(const char *xml, size_t n) {
	static const char *const securities[] = { "tls", "starttls", "clear" };
	struct mail_address address = { 0 };
	struct autoconfig *config = NULL;
	const char *problem = NULL;
	struct buffer out;
	buffer_init(&out, 65536);
	assert_int_equal(mail_address_parse("ada.l@example.org", &address, &problem), 0);
	if (autoconfig_parse(xml, n, &address, &config, &problem) < 0)
		(void)buffer_append_format(&out, "! %s", problem);
	for (size_t i = 0; config && i < config->n_servers; i++) {
		const struct autoconfig_server *s = &config->servers[i];
		(void)buffer_append_format(&out, "%s %s %u %s %u %s;", s->is_pop3 ? "pop3" : "imap",
			s->host, (unsigned)s->port, securities[s->security], s->logins, s->user);
	}
	autoconfig_free(config);
	mail_address_deinit(&address);
	return buffer_take_text(&out);
}

static void expect(const char *xml, const char *expected) {
	CLEANUP_TEXT char *got = read_all(xml, strlen(xml));
	assert_string_equal(got, expected);
}

static void test_what_providers_write(void **state) {
	expect(HEAD
		"<domain>example.org</domain><displayName>Example &amp; Co</displayName>"
		"<incomingServer type=\"imap\">\n <hostname> imap.example.org </hostname>\n"
		" <port>993</port>\n <socketType>SSL</socketType>\n"
		" <authentication>OAuth2</authentication>\n"
		" <authentication>password-cleartext</authentication>\n"
		" <username>%EMAILADDRESS%</username>\n</incomingServer>"
		"<incomingServer type=\"pop3\"><hostname>pop.example.org</hostname><port>110</port>"
		"<socketType>STARTTLS</socketType><username>%EMAILLOCALPART%</username>"
		"<authentication>GSSAPI</authentication><pop3><leaveMessagesOnServer>true"
		"</leaveMessagesOnServer></pop3></incomingServer>"
		"<outgoingServer "
		"type=\"smtp\"><hostname>smtp.example.org</hostname><port>465</port>"
		"<username>x</username></outgoingServer>"
		"<documentation url=\"https://example.org/\"><descr lang=\"en\">Help</descr>"
		"</documentation>" TAIL,
		"imap imap.example.org 993 tls 3 ada.l@example.org;"
		"pop3 pop.example.org 110 starttls 4 ada.l;");
	expect(HEAD
		"<incomingServer type=\"imap\"><hostname>h.example</hostname><port>143</port>"
		"<socketType>plain</socketType><username>%EMAILDOMAIN%\\%EMAILLOCALPART%</username>"
		"</incomingServer>" TAIL,
		"imap h.example 143 clear 0 example.org\\ada.l;");
}

static void test_what_is_no_server(void **state) {
	static const char *const bodies[] = {
		"",
		"<incomingServer type=\"exchange\"><hostname>a.example</hostname><port>443</port>"
		"<username>x</username></incomingServer>",
		"<incomingServer><hostname>a.example</hostname><port>993</port><username>x</"
		"username>"
		"</incomingServer>",
		/* without one of the three */
		"<incomingServer "
		"type=\"imap\"><port>993</port><username>x</username></incomingServer>",
		"<incomingServer type=\"imap\"><hostname>a.example</hostname><username>x</username>"
		"</incomingServer>",
		"<incomingServer type=\"imap\"><hostname>a.example</hostname><port>993</port>"
		"</incomingServer>",
		/* with one that is none */
		"<incomingServer type=\"imap\"><hostname>a b.example</hostname><port>993</port>"
		"<username>x</username></incomingServer>",
		"<incomingServer type=\"imap\"><hostname>a.example/x</hostname><port>993</port>"
		"<username>x</username></incomingServer>",
		"<incomingServer type=\"imap\"><hostname>a.example</hostname><port>0</port>"
		"<username>x</username></incomingServer>",
		"<incomingServer type=\"imap\"><hostname>a.example</hostname><port>65536</port>"
		"<username>x</username></incomingServer>",
		"<incomingServer type=\"imap\"><hostname>a.example</hostname><port>993</port>"
		"<username>x&#10;A1 LOGOUT</username></incomingServer>",
		/* in the wrong place */
		"<group>" SERVER("a.example") "</group>",
	};
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		CLEANUP_TEXT char *xml = memory_format(HEAD "%s" TAIL, bodies[i]);
		expect(xml, "! it names no server");
	}
}

static void test_what_is_refused(void **state) {
	expect("", "! it is no XML");
	expect("<html><body>Not found</body></html>", "! it is no clientConfig");
	expect(HEAD SERVER("a.example"), "! it is no XML");
	expect(HEAD SERVER("a.example") "</wrong></clientConfig>", "! it is no XML");
	expect(HEAD SERVER("a.example") TAIL "more", "! it is no XML");
	expect(HEAD "<x>&unknown;</x>" TAIL, "! it is no XML");
	expect("<?xml version=\"1.0\"?><!DOCTYPE clientConfig SYSTEM \"http://example.org/x.dtd\">"
	       "<clientConfig/>",
		"! it has a DTD");
	/* C-08: the billion laughs */
	expect("<!DOCTYPE c [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY c "
	       "\"&b;&b;&b;&b;\">]><clientConfig>&c;</clientConfig>",
		"! it has a DTD");
	expect("<!DOCTYPE c [<!ENTITY f SYSTEM "
	       "\"file:///etc/passwd\">]><clientConfig>&f;</clientConfig>",
		"! it has a DTD");
}

static char *repeated(const char *head, const char *part, size_t n, const char *tail) {
	struct buffer out;
	buffer_init(&out, 16 * 1024 * 1024);
	(void)buffer_append_text(&out, head);
	for (size_t i = 0; i < n; i++)
		(void)buffer_append_text(&out, part);
	(void)buffer_append_text(&out, tail);
	return buffer_take_text(&out);
}

static void test_bounds(void **state) {
	CLEANUP_TEXT char *deep = repeated("<clientConfig>", "<a>", 100000 / 3, "");
	CLEANUP_TEXT char *deeper = repeated("<clientConfig>", "<a>", AUTOCONFIG_DEPTH_MAX, "");
	CLEANUP_TEXT char *large = repeated(HEAD, " ", AUTOCONFIG_BYTES_MAX, TAIL);
	CLEANUP_TEXT char *talkative =
		repeated(HEAD "<displayName>", "x", 10000, "</displayName>" TAIL);
	CLEANUP_TEXT char *skipped =
		repeated(HEAD "<other>", "x", 10000, "</other>" SERVER("a.example") TAIL);
	CLEANUP_TEXT char *many = repeated(HEAD, SERVER("a.example"), 100, TAIL);
	expect(deep, "! it is nested too deeply");
	expect(deeper, "! it is nested too deeply");
	expect(large, "! it is too large");
	expect(talkative, "! a text in it is too long");
	expect(skipped, "imap a.example 993 tls 1 ada.l@example.org;");
	CLEANUP_TEXT char *got = read_all(many, strlen(many));
	size_t n = 0;
	for (const char *p = got; (p = strchr(p, ';')); p++)
		n++;
	assert_int_equal(n, AUTOCONFIG_SERVERS_MAX);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_providers_write),
		cmocka_unit_test(test_what_is_no_server),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The table of providers holds together, and addresses find their row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "provider/mail-address.h"
#include "provider/provider-table.h"

static void check_words(const char *words, const struct provider *provider, bool are_domains) {
	while (*words) {
		size_t n = strcspn(words, " ");
		CLEANUP_TEXT char *word = memory_strndup(words, n);
		assert_true(mail_address_is_host(word));
		/* It is in no other row. */
		assert_ptr_equal(are_domains ? provider_table_find(word)
					     : provider_table_find_exchanger(word),
			provider);
		words += n + strspn(words + n, " ");
	}
}

static void test_rows(void **state) {
	const struct provider *p;
	for (unsigned i = 0; (p = provider_table_at(i)); i++) {
		assert_true(*p->name && *p->domains);
		check_words(p->domains, p, true);
		check_words(p->exchangers, p, false);
		assert_true(!p->imap_host || mail_address_is_host(p->imap_host));
		assert_true(!p->pop3_host || mail_address_is_host(p->pop3_host));
		assert_int_equal(!p->imap_host && !p->pop3_host, p->login == PROVIDER_NONE);
		assert_true(!p->advice || p->advice[strlen(p->advice) - 1] != '.');
	}
}

static void test_finding(void **state) {
	static const struct {
		const char *domain, *imap_host;
	} rows[] = {
		{ "gmail.com", "imap.gmail.com" },
		{ "GMail.COM", "imap.gmail.com" },
		{ "hotmail.fr", "outlook.office365.com" },
		{ "posteo.net", "posteo.de" },
		{ "mail.gmail.com", NULL },
		{ "notgmail.com", NULL },
		{ "gmail.co", NULL },
		{ "com", NULL },
		{ "", NULL },
		{ "gmail.com googlemail.com", NULL },
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct provider *p = provider_table_find(rows[i].domain);
		assert_int_equal(!p, !rows[i].imap_host);
		if (p)
			assert_string_equal(p->imap_host, rows[i].imap_host);
	}
}

static void test_exchangers(void **state) {
	static const struct {
		const char *host, *name;
	} rows[] = {
		{ "aspmx.l.google.com", "Gmail" },
		{ "ALT1.ASPMX.L.GOOGLE.COM", "Gmail" },
		{ "example-org.mail.protection.outlook.com", "Microsoft 365" },
		{ "outlook-com.olc.protection.outlook.com", "Outlook.com" },
		{ "in1-smtp.messagingengine.com", "Fastmail" },
		{ "mx.notgoogle.com", NULL },
		{ "google.com.example.org", NULL },
		{ "mx.example.org", NULL },
		{ "", NULL },
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct provider *p = provider_table_find_exchanger(rows[i].host);
		assert_int_equal(!p, !rows[i].name);
		if (p)
			assert_string_equal(p->name, rows[i].name);
	}
}

static void test_addresses(void **state) {
	static const struct {
		const char *text, *local, *domain; /* NULL: refused */
	} rows[] = {
		{ "ada@example.org", "ada", "example.org" },
		{ "Ada.L+x@Example.ORG", "Ada.L+x", "example.org" },
		{ "a@b@example.org", "a@b", "example.org" },
		{ "\xC3\xA4@example.org", "\xC3\xA4", "example.org" },
		{ "ada@xn--bcher-kva.example", "ada", "xn--bcher-kva.example" },
		{ "ada", NULL, NULL },
		{ "@example.org", NULL, NULL },
		{ "ada@", NULL, NULL },
		{ "ada@localhost", NULL, NULL },
		{ "ada@example.org.", NULL, NULL },
		{ "ada@.example.org", NULL, NULL },
		{ "ada@-example.org", NULL, NULL },
		{ "ada@b\xC3\xBC"
		  "cher.example",
			NULL, NULL },
		{ "ada@example.org/../x", NULL, NULL },
		{ "a da@example.org", NULL, NULL },
		{ "ada\r\n@example.org", NULL, NULL },
		{ "\xFF@example.org", NULL, NULL },
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mail_address address = { 0 };
		const char *problem = NULL;
		int r = mail_address_parse(rows[i].text, &address, &problem);
		assert_int_equal(r, rows[i].local ? 0 : -EINVAL);
		assert_int_equal(!problem, r == 0);
		if (r == 0) {
			assert_string_equal(address.local, rows[i].local);
			assert_string_equal(address.domain, rows[i].domain);
		}
		mail_address_deinit(&address);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_finding),
		cmocka_unit_test(test_exchangers),
		cmocka_unit_test(test_addresses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

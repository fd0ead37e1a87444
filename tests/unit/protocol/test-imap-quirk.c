/* The table of quirks: which server is which row. That each row works its transcript shows. */
#include "protocol/imap-quirk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/macros.h"
#include "base/memory.h"
#include "protocol/imap-capability.h"

static const struct {
	enum imap_quirk_key key;
	const char *said;
	const char *version;
	const char *rows;
} cases[] = {
	{ IMAP_QUIRK_KEY_HOST, "imap.163.com", NULL, "coremail" },
	{ IMAP_QUIRK_KEY_HOST, "163.com", NULL, "coremail" },
	{ IMAP_QUIRK_KEY_HOST, "IMAP.MAIL.ME.COM", NULL, "icloud" },
	{ IMAP_QUIRK_KEY_HOST, "my163.com", NULL, "" },
	{ IMAP_QUIRK_KEY_HOST, "163.com.example.org", NULL, "" },
	{ IMAP_QUIRK_KEY_HOST, "", NULL, "" },
	{ IMAP_QUIRK_KEY_HOST, "imap.example.org", NULL, "" },
	{ IMAP_QUIRK_KEY_HOST, "outlook.office365.com", NULL, "exchange" },
	{ IMAP_QUIRK_KEY_HOST, "imap.gmx.net", NULL, "united-internet" },
	{ IMAP_QUIRK_KEY_HOST, "imap.web.de", NULL, "united-internet" },
	{ IMAP_QUIRK_KEY_HOST, "imap.feishu.cn", NULL, "lark" },
	{ IMAP_QUIRK_KEY_HOST, "imappro.zoho.com", NULL, "zoho" },
	{ IMAP_QUIRK_KEY_HOST, "imap.aol.com", NULL, "yahoo" },
	{ IMAP_QUIRK_KEY_HOST, "poczta.o2.pl", NULL, "o2.pl" },
	{ IMAP_QUIRK_KEY_GREETING, "The Microsoft Exchange IMAP4 service is ready.", NULL,
		"exchange" },
	{ IMAP_QUIRK_KEY_GREETING, "Coremail System IMap Server Ready(163com[10774b260cc7])", NULL,
		"coremail" },
	{ IMAP_QUIRK_KEY_GREETING, "QQMail XMIMAP4Server ready", NULL, "qq" },
	{ IMAP_QUIRK_KEY_GREETING, "Courier-IMAP ready. Copyright 1998-2021 Double Precision, Inc.",
		NULL, "courier" },
	{ IMAP_QUIRK_KEY_GREETING, "Stalwart IMAP4rev2 at your service.", NULL, "stalwart" },
	{ IMAP_QUIRK_KEY_GREETING, "mail Cyrus IMAP v2.4.17-Fedora-RPM-2.4.17-7.el7 server ready",
		NULL, "cyrus-2.4" },
	{ IMAP_QUIRK_KEY_GREETING, "mail Cyrus IMAP4 v2.3.16 server ready", NULL, "cyrus-2.4" },
	{ IMAP_QUIRK_KEY_GREETING, "mail Cyrus IMAP v2.5.10 server ready", NULL, "cyrus-2.4" },
	{ IMAP_QUIRK_KEY_GREETING, "mail Cyrus IMAP v2.5.11 server ready", NULL, "" },
	{ IMAP_QUIRK_KEY_GREETING, "mail Cyrus IMAP 3.6.1-Debian-3.6.1-4+deb12u5 server ready",
		NULL, "" },
	{ IMAP_QUIRK_KEY_GREETING, "mail Cyrus IMAP Murder server ready", NULL, "" },
	{ IMAP_QUIRK_KEY_GREETING, "Dovecot (Debian) ready.", NULL, "" },
	{ IMAP_QUIRK_KEY_GREETING, "", NULL, "" },
	{ IMAP_QUIRK_KEY_CAPABILITY, "x-gm-ext-1", NULL, "gmail" },
	{ IMAP_QUIRK_KEY_CAPABILITY, "X-GM-EXT-10", NULL, "" },
	{ IMAP_QUIRK_KEY_CAPABILITY, "XYMHIGHESTMODSEQ", NULL, "yahoo" },
	{ IMAP_QUIRK_KEY_CAPABILITY, "AUTH=ATOKEN", NULL, "icloud" },
	{ IMAP_QUIRK_KEY_CAPABILITY, "X-CM-EXT-1", NULL, "coremail" },
	/* Coremail, QQ, Yahoo and Dovecot announce it as well */
	{ IMAP_QUIRK_KEY_CAPABILITY, "XAPPLEPUSHSERVICE", NULL, "" },
	{ IMAP_QUIRK_KEY_ID, "GImap", "gmail_imap_211029.07_p0", "gmail" },
	{ IMAP_QUIRK_KEY_ID, "Coremail Imap", NULL, "coremail" },
	{ IMAP_QUIRK_KEY_ID, "Microsoft.Exchange.Imap4.Imap4Server", "15.20", "exchange" },
	{ IMAP_QUIRK_KEY_ID, "Stalwart IMAP", "0.9.4", "stalwart-0.9" },
	{ IMAP_QUIRK_KEY_ID, "Stalwart IMAP", "0.10.0", "" },
	{ IMAP_QUIRK_KEY_ID, "Stalwart IMAP", "1.0", "" },
	{ IMAP_QUIRK_KEY_ID, "Stalwart IMAP", NULL, "" },
	{ IMAP_QUIRK_KEY_ID, "Stalwart IMAP", "", "" },
	{ IMAP_QUIRK_KEY_ID, "Stalwart IMAP", "99999999999999999999.1", "" },
	{ IMAP_QUIRK_KEY_ID, "Cyrus IMAPD", "v2.3.7-Invoca-RPM-2.3.7-7.el5_6.4", "cyrus-2.4" },
	{ IMAP_QUIRK_KEY_ID, "Cyrus IMAPD", "3.8", "" },
	{ IMAP_QUIRK_KEY_ID, "not GImap", NULL, "" },
	{ IMAP_QUIRK_KEY_ID, "Dovecot", "2.3.19", "" },
	{ IMAP_QUIRK_KEY_ID, "", NULL, "" },
};

static char *names_of(uint64_t rows) {
	struct buffer out;
	buffer_init(&out, 1024);
	for (size_t i = 0; i < imap_quirk_count(); i++)
		if (rows >> i & 1)
			(void)buffer_append_format(
				&out, "%s%s", out.n > 0 ? " " : "", imap_quirk_at(i)->name);
	return buffer_take_text(&out);
}

static void test_match(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_TEXT char *found =
			names_of(imap_quirk_match(cases[i].key, cases[i].said, cases[i].version));
		if (strcmp(found, cases[i].rows) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", cases[i].said, found, cases[i].rows);
	}
}

static uint64_t host(const char *name) {
	return imap_quirk_match(IMAP_QUIRK_KEY_HOST, name, NULL);
}

static void test_sets(void **state) {
	uint64_t coremail = host("163.com"), rambler = host("rambler.ru"), yahoo = host("aol.com");
	assert_int_equal(imap_quirk_bits(0), 0);
	assert_int_equal(imap_quirk_without(0), 0);
	assert_int_equal(imap_quirk_renew_usec(0), 0);
	assert_int_equal(imap_quirk_poll_usec(rambler), 0);
	assert_int_equal(imap_quirk_without(coremail), IMAP_CAPABILITY_IDLE);
	assert_int_equal(imap_quirk_poll_usec(coremail | yahoo), 55 * USEC_PER_SEC);
	assert_int_equal(imap_quirk_renew_usec(coremail | yahoo), 3 * USEC_PER_MINUTE);
	assert_int_equal(imap_quirk_renew_usec(rambler | yahoo), 55 * USEC_PER_SEC);
	assert_int_equal(imap_quirk_bits(coremail | yahoo),
		IMAP_QUIRK_NEEDS_ID | IMAP_QUIRK_DEAF_NOOP | IMAP_QUIRK_NO_MODSEQ);
}

/* A row that changes nothing, or that nobody is known to have seen, is none. */
static void test_rows(void **state) {
	for (size_t i = 0; i < imap_quirk_count(); i++) {
		const struct imap_quirk_row *row = imap_quirk_at(i);
		assert_true(row->bits != 0 || row->without != 0 || row->renew_usec != 0 ||
			    row->poll_usec != 0);
		assert_non_null(row->marks[0].text);
		assert_true(strlen(row->source) > 10);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(row->name, imap_quirk_at(j)->name);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_rows),
	};
	return cmocka_run_group_tests_name("imap-quirk", tests, NULL, NULL);
}

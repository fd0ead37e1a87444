/* From an engine's message to an event of the log: identity, texts, flags. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "daemon/account-config.h"
#include "daemon/announcement.h"
#include "mail/header-text.h"
#include "protocol/imap-session.h"
#include "protocol/pop3-session.h"

static const struct {
	const char *user;
	const char *host;
	const char *mailbox;
	const char *url;
} urls[] = {
	{ "ann", "imap.example.com", "INBOX",
		"imap://ann@imap.example.com/INBOX;UIDVALIDITY=7/;UID=20" },
	{ "ann@example.com", "h", "INBOX",
		"imap://ann%40example.com@h/INBOX;UIDVALIDITY=7/;UID=20" },
	{ "a/b;c", "::1", "A/B", "imap://a%2Fb%3Bc@[::1]/A/B;UIDVALIDITY=7/;UID=20" },
	{ "ann", "h", "Entw\xC3\xBCrfe;x", "imap://ann@h/Entw%C3%BCrfe%3Bx;UIDVALIDITY=7/;UID=20" },
	{ "ann", "h", "50% off?", "imap://ann@h/50%25%20off%3F;UIDVALIDITY=7/;UID=20" },
};

static void test_identity(void **state) {
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct account_config config = { .user = (char *)urls[i].user,
			.host = (char *)urls[i].host };
		char *url = announcement_imap_url(&config, urls[i].mailbox, 7, 20);
		assert_string_equal(url, urls[i].url);
		free(url);
	}
}

static void test_pop3(void **state) {
	struct account_config config = {
		.id = (char *)"work", .user = (char *)"a/b", .host = (char *)"::1"
	};
	const struct pop3_message message = {
		.number = 3,
		.hash = 0xABCDEF,
		.from = "=?utf-8?q?J=C3=B6rg?= <joerg@example.org>",
		.subject = "=?utf-8?q?Gr=C3=BC=C3=9Fe?=",
		.date = "Mon, 23 Nov 2026 10:00:00 +0000",
		.message_id = "<1@x>",
		.list_id = "Name <l.example>",
	};
	struct announcement a;
	announcement_init_pop3(&a, &config, "INBOX", &message);
	assert_int_equal(a.event.type, STORE_EVENT_NEW);
	assert_string_equal(a.event.id, "pop://a%2Fb@[::1]/0000000000abcdef");
	assert_string_equal(a.event.account, "work");
	assert_string_equal(a.event.mailbox, "INBOX");
	assert_string_equal(a.event.from_name, "J\xC3\xB6rg");
	assert_string_equal(a.event.from_address, "joerg@example.org");
	assert_string_equal(a.event.subject, "Gr\xC3\xBC\xC3\x9F"
					     "e");
	assert_string_equal(a.event.message_id, "<1@x>");
	assert_string_equal(a.event.list_id, "l.example");
	assert_int_equal(a.event.date_usec, UINT64_C(1795428000000000));
	announcement_deinit(&a);

	/* of a server without TOP nothing is known */
	announcement_init_pop3(&a, &config, "INBOX", &(struct pop3_message){ .hash = 2 });
	assert_null(a.event.from_address);
	assert_null(a.event.subject);
	assert_null(a.event.message_id);
	announcement_deinit(&a);
}

static void test_pop3_gone(void **state) {
	struct account_config config = {
		.id = (char *)"work", .user = (char *)"ann", .host = (char *)"h"
	};
	struct announcement a;
	announcement_init_pop3_gone(&a, &config, "INBOX", 0xABCDEF);
	assert_int_equal(a.event.type, STORE_EVENT_RETIRED);
	assert_string_equal(a.event.id, "pop://ann@h/0000000000abcdef");
	assert_string_equal(a.event.mailbox, "INBOX");
	assert_string_equal(a.event.reason, "gone");
	announcement_deinit(&a);
}

static void test_message(void **state) {
	struct account_config config = {
		.id = (char *)"work", .user = (char *)"ann", .host = (char *)"h"
	};
	struct imap_message message = {
		.uid = 20,
		.internal_date_usec = 1795402123000000,
		.size = 442,
		.flags = { "\\Recent", "\\Flagged", "$Work", NULL },
		.date = "Mon, 23 Nov 2026 03:48:43 +0100",
		.subject = "=?koi8-r?B?8NLJ18XU?=",
		.from = { .name = "=?utf-8?Q?Ann_B=C3=A4r?=",
			.mailbox = "ann",
			.host = "example.com" },
		.message_id = "<1@example.com>",
		.list_id = "Talk <talk.example.com>",
	};
	struct announcement a;
	announcement_init_imap(&a, &config, "INBOX", 7, &message);
	assert_int_equal(a.event.type, STORE_EVENT_NEW);
	assert_string_equal(a.event.account, "work");
	assert_string_equal(a.event.id, "imap://ann@h/INBOX;UIDVALIDITY=7/;UID=20");
	assert_string_equal(a.event.subject, "\xD0\x9F\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82");
	assert_string_equal(a.event.from_name, "Ann B\xC3\xA4r");
	assert_string_equal(a.event.from_address, "ann@example.com");
	assert_string_equal(a.event.flags, "\\Flagged $Work");
	assert_string_equal(a.event.list_id, "talk.example.com");
	assert_string_equal(a.event.message_id, "<1@example.com>");
	assert_int_equal(a.event.date_usec, 1795402123000000);
	assert_int_equal(a.event.received_usec, 1795402123000000);
	assert_int_equal(a.event.size, 442);
	assert_null(a.event.thread_id);
	announcement_deinit(&a);
}

/* Of servers whose ENVELOPE lacks addresses; and what a preview may hold. */
static void test_other_fields(void **state) {
	struct account_config config = {
		.id = (char *)"work", .user = (char *)"ann", .host = (char *)"h"
	};
	struct imap_message message = {
		.uid = 20,
		.from = { .name = "not this" },
		.from_field = "=?utf-8?Q?Ann_B=C3=A4r?= <ann@example.com>",
		.auto_submitted = " Auto-Replied; owner=x",
		.precedence = "BULK",
		.email_id = "1278455344230334865",
		.labels = { "\\Inbox", "B&APw-ro", "two words", "line&AAo-end", "&!", "", NULL },
		.preview = "  two\r\nlines \x1B[2J\xE2\x80\xAE =?utf-8?q?x?= \xFF",
	};
	struct announcement a;
	announcement_init_imap(&a, &config, "INBOX", 7, &message);
	assert_string_equal(a.event.from_name, "Ann B\xC3\xA4r");
	assert_string_equal(a.event.from_address, "ann@example.com");
	assert_string_equal(a.event.preview, "two lines [2J =?utf-8?q?x?= \xEF\xBF\xBD");
	assert_string_equal(a.event.auto_submitted, "auto-replied");
	assert_string_equal(a.event.precedence, "bulk");
	assert_string_equal(a.event.email_id, "1278455344230334865");
	assert_string_equal(a.event.labels, "\\Inbox\nB\xC3\xBCro\ntwo words\nline end\n&!");
	announcement_deinit(&a);

	message.auto_submitted = "no";
	message.precedence = "=?utf-8?q?bulk?=";
	message.labels[0] = NULL;
	message.from_field = "nobody:;";
	message.preview = "";
	announcement_init_imap(&a, &config, "INBOX", 7, &message);
	assert_string_equal(a.event.from_name, "not this");
	assert_null(a.event.from_address);
	assert_string_equal(a.event.preview, "");
	assert_null(a.event.auto_submitted);
	assert_null(a.event.precedence);
	assert_null(a.event.labels);
	announcement_deinit(&a);

	message.from = (struct imap_address){ .mailbox = "eve", .host = "x.org" };
	message.from_field = "Ann <ann@example.com>";
	announcement_init_imap(&a, &config, "INBOX", 7, &message);
	assert_string_equal(a.event.from_address, "eve@x.org");
	announcement_deinit(&a);
}

/* An envelope of NILs is a message all the same. */
static void test_nothing_known(void **state) {
	struct account_config config = {
		.id = (char *)"work", .user = (char *)"ann", .host = (char *)"h"
	};
	struct imap_message message = { .uid = 1 };
	struct announcement a;
	announcement_init_imap(&a, &config, "INBOX", 1, &message);
	assert_non_null(a.event.id);
	assert_null(a.event.subject);
	assert_null(a.event.from_name);
	assert_null(a.event.from_address);
	assert_int_equal(a.event.date_usec, 0);
	assert_string_equal(a.event.flags, "");
	announcement_deinit(&a);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_pop3),
		cmocka_unit_test(test_pop3_gone),
		cmocka_unit_test(test_message),
		cmocka_unit_test(test_other_fields),
		cmocka_unit_test(test_nothing_known),
	};
	header_text_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

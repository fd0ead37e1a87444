/* From a message's identity back to the message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/macros.h"
#include "base/memory.h"
#include "daemon/account-config.h"
#include "daemon/announcement.h"
#include "daemon/message-url.h"

static const char *const mailboxes[] = { "INBOX", "A/B", "Entw\xC3\xBCrfe;x", "50% off?", "%41",
	"UIDVALIDITY=3/;UID=4", " ", "100%" };

static void there_and_back(void **state) {
	static const char *const users[] = { "ann", "ann@example.com", "a/b;c" };
	for (size_t i = 0; i < ARRAY_SIZE(mailboxes) * ARRAY_SIZE(users); i++) {
		const char *mailbox = mailboxes[i % ARRAY_SIZE(mailboxes)];
		struct account_config config = {
			.user = (char *)users[i / ARRAY_SIZE(mailboxes)],
			.host = (char *)(i % 2 ? "::1" : "imap.example.com"),
		};
		CLEANUP_TEXT char *id = announcement_imap_url(&config, mailbox, UINT32_MAX, 20);
		struct message_url url;
		assert_true(message_url_parse(&config, id, &url));
		assert_string_equal(url.mailbox, mailbox);
		assert_int_equal(url.uidvalidity, UINT32_MAX);
		assert_int_equal(url.uid, 20);
		message_url_deinit(&url);
	}
}

static const char *const strangers[] = {
	"",
	"imap://",
	"INBOX;UIDVALIDITY=7/;UID=20",
	"imap://bob@h/INBOX;UIDVALIDITY=7/;UID=20",
	"imap://ann@other/INBOX;UIDVALIDITY=7/;UID=20",
	"imap://ann@h/INBOX",
	"imap://ann@h/INBOX;UIDVALIDITY=7",
	"imap://ann@h/INBOX;UIDVALIDITY=7/",
	"imap://ann@h/INBOX;UIDVALIDITY=7/;UID=",
	"imap://ann@h/INBOX;UIDVALIDITY=/;UID=20",
	"imap://ann@h/INBOX;UIDVALIDITY=0/;UID=20",
	"imap://ann@h/INBOX;UIDVALIDITY=7/;UID=0",
	"imap://ann@h/INBOX;UIDVALIDITY=07/;UID=20",
	"imap://ann@h/INBOX;UIDVALIDITY=7/;UID=4294967296",
	"imap://ann@h/INBOX;UIDVALIDITY=7/;UID=20:30",
	"imap://ann@h/INBOX;UIDVALIDITY=7/;UID=*",
	"imap://ann@h/INBOX;UIDVALIDITY=7/;UID=20\r\n",
	"imap://ann@h/INBOX;UIDVALIDITY=7/;UID=20/;SECTION=1",
	"imap://ann@h/%49NBOX;UIDVALIDITY=7/;UID=20", /* 'I' needs no escape */
	"imap://ann@h/a%2fb;UIDVALIDITY=7/;UID=20",
	"imap://ann@h/%FF;UIDVALIDITY=7/;UID=20",
	"imap://ann@h/%00;UIDVALIDITY=7/;UID=20",
	"IMAP://ann@h/INBOX;UIDVALIDITY=7/;UID=20",
	"pop://ann@h/0123456789abcdef",
};

static void everything_else_is_refused(void **state) {
	struct account_config config = { .user = (char *)"ann", .host = (char *)"h" };
	struct message_url url;
	for (size_t i = 0; i < ARRAY_SIZE(strangers); i++)
		if (message_url_parse(&config, strangers[i], &url))
			fail_msg("taken: %s", strangers[i]);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(everything_else_is_refused),
	};
	return cmocka_run_group_tests_name("message-url", tests, NULL, NULL);
}

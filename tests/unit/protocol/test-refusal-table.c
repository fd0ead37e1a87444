/* Each row of the table, by the words of the server that it is about, through the readers of both
 * protocols. */
#include "protocol/refusal-table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "base/memory.h"
#include "protocol/imap-refusal.h"
#include "protocol/pop3-refusal.h"

#define FALLBACK REASON_INTERNAL

/* `* BYE said` or `a NO said`, as it comes over the wire. */
static struct imap_refusal over_imap(const char *how, const char *said) {
	CLEANUP_TEXT char *line = memory_format("%s %s\r\n", how, said);
	struct imap_reply_reader reader;
	struct imap_reply reply;
	struct imap_input in = { (const uint8_t *)line, strlen(line) };
	imap_reply_init(&reader);
	assert_int_equal(imap_reply_next(&reader, &in, &reply), 1);
	struct imap_refusal refusal = imap_refusal_of(&reply, FALLBACK);
	imap_reply_deinit(&reader);
	return refusal;
}

static struct pop3_refusal over_pop3(const char *said) {
	CLEANUP_TEXT char *line = memory_format("-ERR %s", said);
	struct pop3_reply reply;
	pop3_reply_parse(line, &reply);
	return pop3_refusal_of(&reply, FALLBACK);
}

static void check(const struct refusal_row *row, enum reason reason, uint64_t wait_usec) {
	uint64_t asked = refusal_table_asked(row->said);
	if (reason != row->reason)
		fail_msg("\"%s\": %s", row->said, reason_to_string(reason));
	assert_int_equal(wait_usec, MAX(asked, row->wait_usec));
	assert_true(*row->source);
}

static void test_each_row(void **state) {
	size_t n = 0;
	for (size_t i = 0; i < refusal_table_count(); i++) {
		const struct refusal_row *row = refusal_table_at(i);
		if (row->protocols & REFUSAL_IMAP) {
			bool is_bye = row->reason == REASON_SERVER_CLOSED;
			struct imap_refusal r = over_imap(is_bye ? "* BYE" : "a NO", row->said);
			check(row, r.reason, r.retry_after_usec);
			n++;
		}
		if (row->protocols & REFUSAL_POP3) {
			struct pop3_refusal r = over_pop3(row->said);
			check(row, r.reason, r.retry_after_usec);
			n++;
		}
	}
	print_message("# %zu rows, %zu conversations\n", refusal_table_count(), n);
}

/* Without its row each of the answers would be something else: no row is covered by another one. */
static void test_no_row_is_another_one(void **state) {
	for (size_t i = 0; i < refusal_table_count(); i++) {
		const struct refusal_row *row = refusal_table_at(i);
		for (unsigned protocol = REFUSAL_IMAP; protocol <= REFUSAL_POP3; protocol <<= 1) {
			const struct refusal_words words = {
				.protocol = protocol,
				.imap_code = row->imap_code,
				.pop3_code = row->pop3_code,
				.text = row->said,
			};
			if ((row->protocols & protocol) && refusal_table_find(&words) != row)
				fail_msg("\"%s\" is found by another row", row->said);
		}
	}
}

/* A sentence of the first kind outranks the code, one of the others does not. */
static void test_kinds_in_their_order(void **state) {
	for (size_t i = 1; i < refusal_table_count(); i++)
		assert_true(refusal_table_at(i)->key >= refusal_table_at(i - 1)->key);
	assert_int_equal(
		over_pop3("[SYS/TEMP] Too many login failures").reason, REASON_UNAVAILABLE);
	assert_int_equal(over_pop3("[SYS/TEMP] Rate limit").reason, REASON_THROTTLED);
	assert_int_equal(over_imap("a NO", "[AUTHENTICATIONFAILED] Temporary failure").reason,
		REASON_AUTH_FAILED);
	assert_int_equal(over_imap("a NO", "[UNAVAILABLE] Too many login failures").reason,
		REASON_THROTTLED);
}

/* Issue 5.8: whoever is told to come less often must not look for a new password. */
static void test_a_limit_is_never_a_wrong_password(void **state) {
	static const char *const limits[] = { "LIMIT", "THROTTLED", "UNAVAILABLE", "INUSE" };
	for (size_t i = 0; i < refusal_table_count(); i++) {
		const struct refusal_row *row = refusal_table_at(i);
		if (row->reason != REASON_LIMIT && row->reason != REASON_THROTTLED)
			continue;
		for (size_t j = 0; j < ARRAY_SIZE(limits) && row->key == REFUSAL_CERTAIN; j++) {
			CLEANUP_TEXT char *said = memory_format("[%s] %s", limits[j], row->part);
			if (row->protocols & REFUSAL_IMAP)
				assert_int_equal(over_imap("a NO", said).reason, row->reason);
		}
		CLEANUP_TEXT char *wrong = memory_format("[AUTH] %s", row->part ? row->part : "");
		if (row->key == REFUSAL_CERTAIN && (row->protocols & REFUSAL_POP3))
			assert_int_equal(over_pop3(wrong).reason, row->reason);
	}
}

static void test_what_is_not_in_it(void **state) {
	static const char *const texts[] = { "", "no", "Invalid credentials (Failure)",
		"Authentication failed.", "[ALERT] Please log in via your web browser" };
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_int_equal(over_imap("a NO", texts[i]).reason, FALLBACK);
		assert_int_equal(over_imap("* BYE", texts[i]).reason, FALLBACK);
		assert_int_equal(over_pop3(texts[i]).reason, FALLBACK);
	}
}

/* A word of farewell in the answer to a command decides nothing about that command. */
static void test_goodbyes_are_for_bye_alone(void **state) {
	assert_int_equal(over_imap("a NO", "Server shutting down.").reason, FALLBACK);
	struct imap_refusal bye = over_imap("* BYE", "Server shutting down.");
	assert_int_equal(bye.reason, REASON_SERVER_CLOSED);
	assert_int_equal(bye.retry_after_usec, 5 * USEC_PER_SEC);
	assert_int_equal(over_imap("* BYE", "Session expired").retry_after_usec, 0);
	assert_true(imap_refusal_is_inactivity("Disconnected for inactivity."));
	assert_false(imap_refusal_is_inactivity("Server shutting down."));
}

static void test_the_time_that_is_asked_for(void **state) {
	static const struct {
		const char *text;
		uint64_t msec;
	} cases[] = {
		{ "Request is throttled. Suggested Backoff Time: 92415 milliseconds", 92415 },
		{ "suggested backoff time: 1", 1 },
		{ "Suggested Backoff Time: 18446744073709551615 milliseconds", 86400000 },
		{ "Suggested Backoff Time: 18446744073709551616 milliseconds", 0 },
		{ "Suggested Backoff Time: -1 milliseconds", 0 },
		{ "Suggested Backoff Time:", 0 },
		{ "", 0 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(refusal_table_asked(cases[i].text), cases[i].msec * USEC_PER_MSEC);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_row),
		cmocka_unit_test(test_no_row_is_another_one),
		cmocka_unit_test(test_kinds_in_their_order),
		cmocka_unit_test(test_a_limit_is_never_a_wrong_password),
		cmocka_unit_test(test_what_is_not_in_it),
		cmocka_unit_test(test_goodbyes_are_for_bye_alone),
		cmocka_unit_test(test_the_time_that_is_asked_for),
	};
	return cmocka_run_group_tests_name("refusal-table", tests, NULL, NULL);
}

#include "notify/tray-mails.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void add(struct tray_mails *m, uint64_t seq, const char *id) {
	const struct news_mail mail = { .seq = seq, .id = id, .subject = "S" };

	tray_mails_add(m, "work", &mail);
}

static uint64_t seq_at(const struct tray_mails *m, size_t i) {
	const char *account;
	const struct news_mail *mail = tray_mails_newest(m, i, &account);

	return mail ? mail->seq : 0;
}

static void test_newest_first_however_they_come(void **state) {
	CLEANUP(tray_mails_free) struct tray_mails *m = tray_mails_new();
	const char *account = NULL;

	add(m, 5, "e");
	add(m, 9, "i");
	add(m, 7, "g");
	add(m, 7, "g"); /* again */
	add(m, 8, NULL);
	assert_int_equal(seq_at(m, 0), 9);
	assert_int_equal(seq_at(m, 1), 7);
	assert_int_equal(seq_at(m, 2), 5);
	assert_int_equal(seq_at(m, 3), 0);
	assert_int_equal(tray_mails_find(m, "g", &account)->seq, 7);
	assert_string_equal(account, "work");
	assert_null(tray_mails_find(m, "x", &account));
	tray_mails_retire(m, "g");
	tray_mails_retire(m, "x");
	assert_int_equal(seq_at(m, 1), 5);
	tray_mails_clear(m);
	assert_int_equal(seq_at(m, 0), 0);
}

static void test_bounded(void **state) {
	CLEANUP(tray_mails_free) struct tray_mails *m = tray_mails_new();
	char id[16];

	for (uint64_t i = 1; i <= 2 * TRAY_MAILS_MAX; i++) {
		snprintf(id, sizeof(id), "%d", (int)i);
		add(m, i + 100, id);
	}
	assert_int_equal(seq_at(m, 0), 100 + 2 * TRAY_MAILS_MAX);
	assert_int_equal(seq_at(m, TRAY_MAILS_MAX - 1), 101 + TRAY_MAILS_MAX);
	assert_int_equal(seq_at(m, TRAY_MAILS_MAX), 0);
	add(m, 1, "old"); /* older than all of them */
	assert_int_equal(seq_at(m, TRAY_MAILS_MAX - 1), 101 + TRAY_MAILS_MAX);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_newest_first_however_they_come),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests_name("tray-mails", tests, NULL, NULL);
}

#include "base/account-id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_ids(void **state) {
	assert_true(account_id_is_valid("work"));
	assert_true(account_id_is_valid("ann@example.com"));
	assert_true(account_id_is_valid("a"));
	assert_false(account_id_is_valid(""));
	assert_false(account_id_is_valid(".hidden"));
	assert_false(account_id_is_valid("a/b"));
	assert_false(account_id_is_valid("a b"));
	assert_false(account_id_is_valid("\xC3\xA4"));
	assert_true(account_id_is_valid(
		"0123456789012345678901234567890123456789012345678901234567890123"));
	assert_false(account_id_is_valid(
		"01234567890123456789012345678901234567890123456789012345678901234"));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

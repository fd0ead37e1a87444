#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "cli/account-place.h"

static void line_of_a_server(void **state) {
	struct account_place place;
	assert_int_equal(
		account_place_parse("{\"host\":\"pop.example.org\",\"port\":1995,\"protocol\":"
				    "\"pop3\",\"security\":\"starttls\",\"user\":\"ada\","
				    "\"login\":\"app-password\",\"way\":\"w\",\"provider\":\"P\","
				    "\"advice\":\"A\",\"foreign\":true,\"new\":[1]}",
			&place),
		0);
	assert_string_equal(place.host, "pop.example.org");
	assert_int_equal(place.port, 1995);
	assert_true(place.is_pop3 && place.is_starttls && place.is_foreign);
	assert_string_equal(place.user, "ada");
	assert_string_equal(place.login, "app-password");
	assert_string_equal(place.provider, "P");
	assert_string_equal(place.advice, "A");
	account_place_deinit(&place);
}

static void usual_port_is_left_to_the_protocol(void **state) {
	struct account_place place;
	assert_int_equal(account_place_parse("{\"host\":\"a.example\",\"port\":993,"
					     "\"protocol\":\"imap\",\"security\":\"tls\"}",
				 &place),
		0);
	assert_int_equal(place.port, 0);
	assert_false(place.is_pop3 || place.is_starttls || place.is_foreign);
	account_place_deinit(&place);
}

static void what_is_no_object(void **state) {
	static const char *const bad[] = { "", "[]", "{\"host\":\"a\"", "posthornd: no" };
	struct account_place place = { 0 };
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_true(account_place_parse(bad[i], &place) < 0);
	assert_null(place.host);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_of_a_server),
		cmocka_unit_test(usual_port_is_left_to_the_protocol),
		cmocka_unit_test(what_is_no_object),
	};
	return cmocka_run_group_tests_name("cli-account-place", tests, NULL, NULL);
}

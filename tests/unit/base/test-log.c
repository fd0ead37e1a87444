#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/macros.h"

struct caught {
	unsigned n;
	enum log_level level;
	char account[32];
	char text[256];
};

static void catch (const struct log_line *line, void *userdata) {
	struct caught *c = userdata;
	c->n++;
	c->level = line->level;
	(void)snprintf(
		c->account, sizeof(c->account), "%s", line->account ? line->account : "(none)");
	(void)snprintf(c->text, sizeof(c->text), "%s", line->text);
}

static void test_without_a_sink(void **state) {
	struct caught c = { 0 };
	log_set_sink(catch, &c);
	log_set_sink(NULL, NULL);
	log_error("nobody hears %s", "this");
	assert_int_equal(c.n, 0);
}

static void test_levels(void **state) {
	struct caught c = { 0 };
	log_set_sink(catch, &c);
	log_debug("by default debug is not written");
	assert_int_equal(c.n, 0);
	log_info("%d", 1);
	assert_int_equal(c.level, LOG_LEVEL_INFO);
	log_warning("%d", 2);
	assert_int_equal(c.level, LOG_LEVEL_WARNING);
	log_error("%d", 3);
	assert_int_equal(c.level, LOG_LEVEL_ERROR);
	assert_int_equal(c.n, 3);

	log_set_level(LOG_LEVEL_DEBUG);
	log_debug("%d", 4);
	assert_int_equal(c.n, 4);
	assert_string_equal(c.text, "4");
	log_set_level(LOG_LEVEL_ERROR);
	log_warning("%d", 5);
	assert_int_equal(c.n, 4);
	log_set_level(LOG_LEVEL_INFO);
	log_set_sink(NULL, NULL);
}

static void test_account_is_a_field(void **state) {
	struct caught c = { 0 };
	log_set_sink(catch, &c);
	log_write(LOG_LEVEL_INFO, "work", "state=%s", "online");
	assert_string_equal(c.account, "work");
	assert_string_equal(c.text, "state=online");
	log_info("no account");
	assert_string_equal(c.account, "(none)");
	log_set_sink(NULL, NULL);
}

static void test_a_line_is_a_line(void **state) {
	struct caught c = { 0 };
	log_set_sink(catch, &c);
	log_info("%s", "first\r\nforged\x1b[2J\xff");
	assert_string_equal(c.text, "first\\u{d}\\u{a}forged\\u{1b}[2J\\xff");
	log_set_sink(NULL, NULL);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_a_sink),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_account_is_a_field),
		cmocka_unit_test(test_a_line_is_a_line),
	};
	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}

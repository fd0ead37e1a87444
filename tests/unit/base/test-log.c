#include "base/log.h"

#include <langinfo.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/memory.h"

#define LINE_MOST ((size_t)64 * 1024)

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

static void u_15_a_line_is_a_line(void **state) {
	struct caught c = { 0 };
	log_set_sink(catch, &c);
	log_info("%s", "first\r\nforged\x1b[2J\xff");
	assert_string_equal(c.text, "first\\u{d}\\u{a}forged\\u{1b}[2J\\xff");
	log_set_sink(NULL, NULL);
}

/* What one line of n bytes, of which every seventh is no UTF-8, becomes: all of it, or all that
 * fits, and the sanitizers see the rest. */
static void measure(const struct log_line *line, void *userdata) {
	size_t *n = userdata;
	*n = strlen(line->text);
}

static void write_lines_of_every_size(void) {
	for (size_t n = 1; n <= LINE_MOST; n += n < 2200 ? 1 : n / 3) {
		CLEANUP_TEXT char *text = memory_strdup("");
		text = memory_resize(text, n + 1, 1);
		for (size_t i = 0; i < n; i++)
			text[i] = i % 7 == 6 ? (char)0xff : 'a';
		text[n] = '\0';
		size_t n_written = 0;
		log_set_sink(measure, &n_written);
		log_info("%s %d %s", text, 12345, "tail");
		/* \xff takes four */
		assert_int_equal(n_written, n + n / 7 * 3 + strlen(" 12345 tail"));
	}
	log_set_sink(NULL, NULL);
}

static void test_p_14_lines_of_every_size(void **state) {
	write_lines_of_every_size();
}

/* One of them is made here: a locale whose characters are not UTF-8. */
static void test_p_15_in_every_locale(void **state) {
	static const char *const names[] = { "C", "C.UTF-8", "latin1" };
	char folder[] = "/tmp/posthorn-locale-XXXXXX";
	assert_non_null(mkdtemp(folder));
	CLEANUP_TEXT char *make = memory_format(
		"localedef -i de_DE -f ISO-8859-1 %s/latin1 >%s/log 2>&1", folder, folder);
	assert_int_equal(system(make), 0);
	assert_int_equal(setenv("LOCPATH", folder, 1), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_non_null(setlocale(LC_ALL, names[i]));
		write_lines_of_every_size();
	}
	assert_string_equal(nl_langinfo(CODESET), "ISO-8859-1");
	assert_non_null(setlocale(LC_ALL, "C"));
	CLEANUP_TEXT char *clean = memory_format("rm -r %s", folder);
	assert_int_equal(system(clean), 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_a_sink),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_account_is_a_field),
		cmocka_unit_test(u_15_a_line_is_a_line),
		cmocka_unit_test(test_p_14_lines_of_every_size),
		cmocka_unit_test(test_p_15_in_every_locale),
	};
	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}

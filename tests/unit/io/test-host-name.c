#include "io/host-name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/memory.h"

static void names(void **state) {
	static const struct {
		const char *name, *ascii;
	} cases[] = {
		{ "imap.example.org", "imap.example.org" },
		{ "IMAP.Example.ORG.", "IMAP.Example.ORG." }, { "127.0.0.1", "127.0.0.1" },
		{ "::1", "::1" }, { "fe80::1%eth0", "fe80::1%eth0" },
		{ "xn--bcher-kva.example", "xn--bcher-kva.example" },
		{ "b\xc3\xbc"
		  "cher.example",
			"xn--bcher-kva.example" },
		{ "B\xc3\x9c"
		  "CHER.Example",
			"xn--bcher-kva.example" },
		{ "bu\xcc\x88"
		  "cher.example",
			"xn--bcher-kva.example" }, /* u and a combining mark */
		{ "stra\xc3\x9f"
		  "e.example",
			"xn--strae-oqa.example" }, /* not "strasse" */
		{ "\xd0\xbf\xd0\xbe\xd1\x87\xd1\x82\xd0\xb0.\xd1\x80\xd1\x84",
			"xn--80a1acny.xn--p1ai" },
		{ "b\xc3\xbc"
		  "cher\xe3\x80\x82"
		  "example",
			"xn--bcher-kva.example" }, /* U+3002 */
		{ "b\xc3", NULL },
		{ "\xe2\x80\xae"
		  "gpj.example",
			NULL }, /* right-to-left override */
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_TEXT char *ascii = host_name_to_ascii(cases[i].name);
		if (!cases[i].ascii)
			assert_null(ascii);
		else
			assert_string_equal(ascii, cases[i].ascii);
	}
}

static void a_long_label_is_none(void **state) {
	char name[200] = "\xc3\xbc";
	memset(name + 2, 'a', 120);
	assert_null(host_name_to_ascii(name));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(a_long_label_is_none),
	};
	return cmocka_run_group_tests_name("host-name", tests, NULL, NULL);
}

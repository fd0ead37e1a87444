/* Calls that wait for what becomes of messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/macros.h"
#include "base/memory.h"
#include "daemon/marking.h"

/* What a caller was told, as text: "a=seen b=gone" and so on. */
struct caller {
	char *told;
	unsigned n;
};

static void on_done(void *userdata, const struct marking *marking, int error) {
	struct caller *caller = userdata;
	struct buffer text;
	buffer_init(&text, 1000);
	for (size_t i = 0; i < marking->n; i++)
		(void)buffer_append_format(&text, "%s%s=%s", i > 0 ? " " : "", marking->items[i].id,
			marking_outcome_to_string(marking->items[i].outcome));
	if (error)
		(void)buffer_append_format(&text, " error");
	if (marking->text)
		(void)buffer_append_format(&text, " '%s'", marking->text);
	free(caller->told);
	caller->told = buffer_take_text(&text);
	caller->n++;
	buffer_deinit(&text);
}

static void begin(struct list *markings, struct caller *caller, const char *const *ids) {
	size_t n = 0;
	while (ids[n])
		n++;
	const struct marking_caller told = { on_done, caller };
	(void)marking_begin(markings, ids, n, &told);
}

#define IDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void told_once_all_is_known(void **state) {
	struct caller caller = { 0 };
	struct list markings;
	list_init(&markings);
	begin(&markings, &caller, IDS("a", "b", "c", "a"));
	marking_settle(&markings, "b", MARKING_GONE, NULL);
	marking_settle(&markings, "b", MARKING_SEEN, NULL);
	marking_settle(&markings, "x", MARKING_SEEN, NULL);
	marking_settle(&markings, "a", MARKING_SEEN, NULL);
	assert_int_equal(caller.n, 0);
	marking_settle(&markings, "c", MARKING_REFUSED, "no");
	assert_int_equal(caller.n, 1);
	assert_string_equal(caller.told, "a=seen b=gone c=refused 'no'");
	assert_true(list_is_empty(&markings));
	free(caller.told);
}

static void everybody_who_waits_is_told(void **state) {
	struct caller one = { 0 }, two = { 0 }, three = { 0 };
	struct list markings;
	list_init(&markings);
	begin(&markings, &one, IDS("a"));
	begin(&markings, &two, IDS("a", "b"));
	begin(&markings, &three, IDS("b"));
	marking_settle(&markings, "a", MARKING_SEEN, NULL);
	assert_string_equal(one.told, "a=seen");
	assert_int_equal(two.n + three.n, 0);
	marking_end_all(&markings, -ENOTCONN);
	assert_string_equal(two.told, "a=seen b=unknown error");
	assert_string_equal(three.told, "b=unknown error");
	assert_int_equal(one.n, 1);
	assert_true(list_is_empty(&markings));
	free(one.told);
	free(two.told);
	free(three.told);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told_once_all_is_known),
		cmocka_unit_test(everybody_who_waits_is_told),
	};
	return cmocka_run_group_tests_name("marking", tests, NULL, NULL);
}

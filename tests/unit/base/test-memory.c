#include "base/memory.h"

#include <malloc.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/list.h"

static void test_zeroed(void **state) {
	uint8_t *bytes = memory_zalloc(3, 100);
	for (size_t i = 0; i < 300; i++)
		assert_int_equal(bytes[i], 0);
	bytes = memory_resize(bytes, 1, 5);
	assert_int_equal(bytes[4], 0);
	assert_null(memory_free(bytes));
}

static void test_nothing_is_something(void **state) {
	void *p = memory_zalloc(0, 8);
	assert_non_null(p);
	p = memory_resize(p, 8, 0);
	assert_non_null(p);
	assert_null(memory_free(p));
	assert_null(memory_free(NULL));
	assert_null(memory_free_secret(NULL));
	memory_erase(NULL, 0);
}

static void test_copies(void **state) {
	CLEANUP_TEXT char *copy = memory_strdup("text");
	assert_string_equal(copy, "text");
	assert_null(memory_strdup(NULL));

	const char bytes[4] = { 'a', 'b', 'c', 'd' };
	CLEANUP_TEXT char *part = memory_strndup(bytes, sizeof(bytes));
	assert_string_equal(part, "abcd");
	CLEANUP_TEXT char *none = memory_strndup(NULL, 0);
	assert_string_equal(none, "");

	CLEANUP_TEXT char *formatted = memory_format("%s-%03d", "x", 7);
	assert_string_equal(formatted, "x-007");
}

static void test_erases(void **state) {
	char secret[] = "password";
	memory_erase(secret, sizeof(secret));
	for (size_t i = 0; i < sizeof(secret); i++)
		assert_int_equal(secret[i], 0);

	CLEANUP_SECRET char *owned = memory_strdup("another");
	assert_non_null(owned);
}

/* Whether `action` ends the process by SIGABRT: in a child that says nothing about it. */
static bool aborts(void (*action)(void)) {
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)close(STDERR_FILENO);
		action();
		_exit(0);
	}
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void ask_for_too_much(void) {
	free(memory_zalloc(PTRDIFF_MAX, 1));
}

static void ask_for_an_overflow(void) {
	free(memory_zalloc(SIZE_MAX / 4, 8));
}

static void resize_to_an_overflow(void) {
	free(memory_resize(NULL, SIZE_MAX / 4, 8));
}

static void copy_everything(void) {
	free(memory_strndup("", SIZE_MAX));
}

static void ask_for_little(void) {
	free(memory_zalloc(1, 1));
}

static void test_aborts_when_out(void **state) {
	assert_true(aborts(ask_for_too_much));
	assert_true(aborts(ask_for_an_overflow));
	assert_true(aborts(resize_to_an_overflow));
	assert_true(aborts(copy_everything));
	assert_false(aborts(ask_for_little));
}

static unsigned n_freed;

struct thing {
	struct list link;
	int number;
};

static struct thing *thing_free(struct thing *t) {
	n_freed++;
	free(t);
	return NULL;
}
DEFINE_CLEANUP(struct thing, thing_free);

static struct thing *thing_new(int number) {
	CLEANUP(thing_free) struct thing *t = MEMORY_NEW(struct thing);
	t->number = number;
	list_init(&t->link);
	return TAKE_PTR(t);
}

static void test_locals_own(void **state) {
	n_freed = 0;
	{
		CLEANUP(thing_free) struct thing *t = thing_new(1);
		assert_int_equal(n_freed, 0);
		assert_int_equal(t->number, 1);
		CLEANUP(thing_free) struct thing *none = NULL;
		assert_null(none);
	}
	assert_int_equal(n_freed, 1);
}

static void test_list_keeps_order(void **state) {
	struct list head;
	list_init(&head);
	assert_true(list_is_empty(&head));
	for (int i = 0; i < 6; i++)
		list_append(&head, &thing_new(i)->link);

	int sum = 0;
	LIST_FOREACH (item, &head)
		sum = sum * 10 + CONTAINER_OF(item, struct thing, link)->number;
	assert_int_equal(sum, 12345);

	n_freed = 0;
	LIST_FOREACH_SAFE (item, &head) {
		struct thing *t = CONTAINER_OF(item, struct thing, link);
		if (t->number % 2 == 0) {
			list_remove(&t->link);
			list_remove(&t->link);
			(void)thing_free(t);
		}
	}
	assert_int_equal(n_freed, 3);

	sum = 0;
	LIST_FOREACH_SAFE (item, &head) {
		struct thing *t = CONTAINER_OF(item, struct thing, link);
		sum = sum * 10 + t->number;
		list_remove(item);
		(void)thing_free(t);
	}
	assert_int_equal(sum, 135);
	assert_true(list_is_empty(&head));
}

static void test_small_macros(void **state) {
	static const int three[] = { 1, 2, 3 };
	assert_int_equal(ARRAY_SIZE(three), 3);
	int calls = 0;
	assert_int_equal(MIN(++calls, 5), 1);
	assert_int_equal(MAX(++calls, 1), 2);
	assert_int_equal(calls, 2);
	assert_true(USEC_PER_HOUR == UINT64_C(3600000000));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zeroed),
		cmocka_unit_test(test_nothing_is_something),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_erases),
		cmocka_unit_test(test_aborts_when_out),
		cmocka_unit_test(test_locals_own),
		cmocka_unit_test(test_list_keeps_order),
		cmocka_unit_test(test_small_macros),
	};
	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}

/* How far all is done is written down: where it is something new, and again where what was written was
 * rolled back. Units and systemd are in the integration tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <systemd/sd-event.h>

#include "../store/helper.h"
#include "base/memory.h"
#include "daemon/account-config.h"
#include "daemon/account-host.h"
#include "daemon/alarm-clock.h"
#include "daemon/metrics.h"
#include "daemon/triggers.h"

struct test {
	void *scratch; /* struct scratch */
	struct metrics metrics;
	struct account_host host;
	struct triggers *triggers;
	const struct account_config *config;
	unsigned n_written;
};

/* NULL at first: no unit waits for mail of an account that is gone, its events are done as they are
 * read. */
static const struct account_config *config_of(void *userdata, const char *account) {
	return ((struct test *)userdata)->config;
}

static void on_written(void *userdata, int error) {
	struct test *t = userdata;
	assert_int_equal(error, 0);
	t->n_written++;
}

static int set_up(void **state) {
	struct test *t = MEMORY_NEW(struct test);
	assert_int_equal(scratch_setup(&t->scratch), 0);
	assert_true(sd_event_new(&t->host.loop) >= 0);
	assert_int_equal(alarm_clock_new(t->host.loop, &t->host.clock), 0);
	t->host.store = helper_open(t->scratch);
	t->host.metrics = &t->metrics;
	const struct triggers_source source = { config_of, on_written, t };
	t->triggers = triggers_new(&t->host, &source);
	*state = t;
	return 0;
}

static int tear_down(void **state) {
	struct test *t = *state;
	triggers_free(t->triggers);
	store_close(t->host.store);
	alarm_clock_free(t->host.clock);
	sd_event_unref(t->host.loop);
	int r = scratch_teardown(&t->scratch);
	free(t);
	return r;
}

/* Numbers go on from the first one's. */
static void read_an_event(struct test *t) {
	const struct store_event event = { .type = STORE_EVENT_NEW,
		.account = "work",
		.mailbox = "INBOX",
		.uidvalidity = 7,
		.uid = 1 };
	uint64_t seq;
	assert_int_equal(store_append(t->host.store, &event, NOW, &seq), 0);
	assert_int_equal(store_commit(t->host.store), 0);
	triggers_wake(t->triggers);
	assert_true(sd_event_run(t->host.loop, 0) > 0);
}

/* 0: none is in the store. */
static void expect_cursor(struct test *t, uint64_t expected) {
	struct store_fact fact = { 0 };
	assert_true(store_load_fact(t->host.store, "triggers", STORE_FACT_TRIGGERED, &fact) >= 0);
	assert_int_equal(fact.value, expected);
}

static void test_it_is_written_where_it_is_new(void **state) {
	struct test *t = *state;
	triggers_reconsider(t->triggers, false);
	assert_int_equal(t->n_written, 0);
	triggers_reconsider(t->triggers, true);
	expect_cursor(t, 1);
	read_an_event(t);
	triggers_stop(t->triggers);
	expect_cursor(t, 1 + NOW);
	assert_int_equal(t->n_written, 2);
	triggers_stop(t->triggers);
	triggers_reconsider(t->triggers, true);
	assert_int_equal(t->n_written, 2);
	/* The last StartUnit= is gone: what comes now is nobody's. */
	triggers_reconsider(t->triggers, false);
	expect_cursor(t, 0);
	assert_int_equal(t->n_written, 3);
}

/* What was read and still waits for its unit is read again after the next start, and all behind it. */
static void test_what_waits_is_not_done(void **state) {
	char *units[] = { (char *)"fetch@%m.service Lists/*", (char *)"fetch.service INBOX", NULL };
	const struct account_config config = { .id = (char *)"work",
		.start_units = units,
		.debounce_usec = USEC_PER_HOUR,
		.max_delay_usec = USEC_PER_HOUR };
	struct test *t = *state;
	triggers_reconsider(t->triggers, true);
	read_an_event(t);
	t->config = &config;
	read_an_event(t);
	read_an_event(t);
	triggers_stop(t->triggers);
	expect_cursor(t, 1 + NOW);
	assert_int_equal(t->metrics.n_triggers[UNIT_START_QUEUED], 0);
	/* Nobody wants to know of them any more. */
	triggers_reconsider(t->triggers, false);
	triggers_reconsider(t->triggers, true);
	expect_cursor(t, 1 + NOW + 2);
}

static void test_what_was_rolled_back_is_written_again(void **state) {
	struct test *t = *state;
	triggers_reconsider(t->triggers, true);
	store_rollback(t->host.store);
	expect_cursor(t, 0);
	triggers_stop(t->triggers);
	expect_cursor(t, 1);
	assert_int_equal(store_commit(t->host.store), 0);
	triggers_reconsider(t->triggers, false);
	store_rollback(t->host.store);
	triggers_stop(t->triggers);
	expect_cursor(t, 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_it_is_written_where_it_is_new, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_waits_is_not_done, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_what_was_rolled_back_is_written_again, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

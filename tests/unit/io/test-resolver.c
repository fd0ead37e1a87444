#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "io/resolver.h"
#include "name-server.h"

#define HANG_USEC (60 * USEC_PER_SEC)

static const struct name_entry names[] = {
	{ "both.example", NAME_ADDRESSES, "192.0.2.1", "2001:db8::1" },
	{ "four.example", NAME_ADDRESSES, "192.0.2.4", NULL },
	{ "six.example", NAME_ADDRESSES, NULL, "2001:db8::6" },
	{ "none.example", NAME_ADDRESSES, NULL, NULL },
	{ "broken.example", NAME_FAILURE, NULL, NULL },
	{ "garbage.example", NAME_GARBAGE, NULL, NULL },
	{ "silent.example", NAME_SILENCE, NULL, NULL },
	{ NULL, NAME_UNKNOWN, NULL, NULL },
};

struct world {
	sd_event *loop;
	struct name_server *server;
	struct resolver *resolver;
};

struct asker {
	struct resolver_lookup *lookup;
	unsigned n_answers;
	char *addresses; /* "192.0.2.1 port 993, ..." in any order of families */
	char *problem;
	struct asker *cancels; /* another one, in the callback */
};

static int set_up(void **state) {
	struct world *w = MEMORY_NEW(struct world);
	assert_return_code(sd_event_new(&w->loop), 0);
	w->server = name_server_new(w->loop, names);
	assert_int_equal(resolver_new(w->loop, w->server->address, &w->resolver), 0);
	*state = w;
	return 0;
}

static int tear_down(void **state) {
	struct world *w = *state;
	resolver_free(w->resolver);
	name_server_free(w->server);
	sd_event_unref(w->loop);
	memory_free(w);
	return 0;
}

static void on_answer(const struct resolver_answer *answer, void *userdata) {
	struct asker *a = userdata;
	a->n_answers++;
	a->addresses = memory_strdup("");
	for (size_t i = 0; i < answer->n; i++) {
		CLEANUP_TEXT char *one = address_format(&answer->addresses[i]);
		char *all = memory_format("%s%s%s", a->addresses, i > 0 ? ", " : "", one);
		memory_free(a->addresses);
		a->addresses = all;
	}
	assert_true((answer->n == 0) == (answer->problem != NULL));
	a->problem = memory_strdup(answer->problem);
	a->lookup = resolver_lookup_free(a->lookup);
	if (a->cancels)
		a->cancels->lookup = resolver_lookup_free(a->cancels->lookup);
}

static void ask(struct world *w, struct asker *a, const char *host) {
	*a = (struct asker){ .lookup = NULL };
	struct resolver_question question = { .host = host, .port = 993 };
	assert_int_equal(resolver_lookup_new(w->resolver, &question, on_answer, a, &a->lookup), 0);
	assert_int_equal(a->n_answers, 0);
}

static void asker_deinit(struct asker *a) {
	resolver_lookup_free(a->lookup);
	memory_free(a->addresses);
	memory_free(a->problem);
}

static int on_hang(sd_event_source *source, uint64_t usec, void *userdata) {
	*(bool *)userdata = true;
	return 0;
}

static void wait_for(struct world *w, struct asker *a) {
	bool hangs = false;
	sd_event_source *guard = NULL;
	assert_return_code(sd_event_add_time_relative(
				   w->loop, &guard, CLOCK_MONOTONIC, HANG_USEC, 0, on_hang, &hangs),
		0);
	while (a->n_answers == 0 && !hangs)
		assert_return_code(sd_event_run(w->loop, UINT64_MAX), 0);
	sd_event_source_disable_unref(guard);
	assert_false(hangs);
	assert_int_equal(a->n_answers, 1);
}

static void answers_are_as_expected(void **state) {
	static const struct {
		const char *host;
		const char *addresses; /* sorted by RFC 6724 only when the machine has a route */
		const char *or_addresses;
		const char *problem;
	} cases[] = {
		{ "both.example", "2001:db8::1 port 993, 192.0.2.1 port 993",
			"192.0.2.1 port 993, 2001:db8::1 port 993", NULL },
		{ "BOTH.example.", "2001:db8::1 port 993, 192.0.2.1 port 993",
			"192.0.2.1 port 993, 2001:db8::1 port 993", NULL },
		{ "four.example", "192.0.2.4 port 993", "", NULL },
		{ "six.example", "2001:db8::6 port 993", "", NULL },
		{ "192.0.2.9", "192.0.2.9 port 993", "", NULL },
		{ "2001:db8::9", "2001:db8::9 port 993", "", NULL },
		{ "none.example", "", "", "the host name has no address" },
		{ "unknown.invalid", "", "", "no such host name" },
		{ "broken.example", "", "",
			"no name server could be reached, or none could answer" },
		{ "garbage.example", "", "", "the name server's answer cannot be used" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct asker a;
		ask(*state, &a, cases[i].host);
		wait_for(*state, &a);
		if (cases[i].problem)
			assert_string_equal(a.problem, cases[i].problem);
		if (strcmp(a.addresses, cases[i].or_addresses) != 0)
			assert_string_equal(a.addresses, cases[i].addresses);
		asker_deinit(&a);
	}
}

static void literal_asks_nobody(void **state) {
	struct world *w = *state;
	struct asker a;
	ask(w, &a, "127.0.0.1");
	wait_for(w, &a);
	assert_int_equal(w->server->n_asked, 0);
	asker_deinit(&a);
}

static void localhost_asks_nobody(void **state) {
	struct world *w = *state;
	struct asker a;
	ask(w, &a, "LocalHost");
	wait_for(w, &a);
	assert_string_equal(a.addresses, "127.0.0.1 port 993, ::1 port 993");
	assert_int_equal(w->server->n_asked, 0);
	asker_deinit(&a);
}

static void same_name_is_asked_once(void **state) {
	struct world *w = *state;
	struct asker askers[20];
	for (size_t i = 0; i < ARRAY_SIZE(askers); i++)
		ask(w, &askers[i], "four.example");
	for (size_t i = 0; i < ARRAY_SIZE(askers); i++) {
		wait_for(w, &askers[i]);
		assert_string_equal(askers[i].addresses, "192.0.2.4 port 993");
		asker_deinit(&askers[i]);
	}
	assert_int_equal(w->server->n_asked, 2); /* A and AAAA */

	/* later it is asked anew: nothing is cached */
	struct asker later;
	ask(w, &later, "four.example");
	wait_for(w, &later);
	assert_int_equal(w->server->n_asked, 4);
	asker_deinit(&later);
}

static void cancelled_lookup_is_not_called_back(void **state) {
	struct world *w = *state;
	struct asker cancelled, other;
	ask(w, &cancelled, "four.example");
	ask(w, &other, "six.example");
	cancelled.lookup = resolver_lookup_free(cancelled.lookup);
	wait_for(w, &other);
	/* a question of the same name may be on its way still: this one waits for its end */
	struct asker last;
	ask(w, &last, "four.example");
	wait_for(w, &last);
	assert_int_equal(cancelled.n_answers, 0);
	asker_deinit(&cancelled);
	asker_deinit(&other);
	asker_deinit(&last);
}

static void callback_may_cancel_the_others(void **state) {
	struct world *w = *state;
	struct asker first, second, last;
	ask(w, &first, "four.example");
	ask(w, &second, "four.example");
	first.cancels = &second;
	wait_for(w, &first);
	ask(w, &last, "six.example");
	wait_for(w, &last);
	assert_int_equal(second.n_answers, 0);
	asker_deinit(&first);
	asker_deinit(&second);
	asker_deinit(&last);
}

static void resolver_may_go_while_it_asks(void **state) {
	struct world *w = *state;
	struct asker a;
	ask(w, &a, "silent.example");
	assert_return_code(sd_event_run(w->loop, 0), 0);
	a.lookup = resolver_lookup_free(a.lookup);
	w->resolver = resolver_free(w->resolver);
	assert_int_equal(a.n_answers, 0);
	asker_deinit(&a);
}

/* --- other records --- */

#define RECORD(type, size) "\xC0\x0C\0" type "\0\1\0\0\0\0\0" size
#define EXAMPLE "\7example\0"
#define BYTES(text) text, sizeof(text) - 1

static const struct name_records records[] = {
	{ "_imaps._tcp.example", 2,
		BYTES(RECORD("\x21", "\x14") "\0\x0A\0\x05\x03\xE1\4imap" EXAMPLE RECORD(
			"\x21", "\x12") "\0\x14\0\0\x07\xC9\2mx" EXAMPLE) },
	{ "_pop3s._tcp.example", 1, BYTES(RECORD("\x21", "\7") "\0\0\0\0\0\0\0") },
	{ "example", 1, BYTES(RECORD("\x0F", "\x0E") "\0\x0A\2mx" EXAMPLE) },
	{ "_bad._tcp.example", 1, BYTES(RECORD("\x21", "\x20") "\0\0") },
	{ NULL, 0, NULL, 0 },
};

struct query {
	struct resolver_query *query;
	bool keeps; /* it is freed by the test */
	unsigned n_answers;
	char *text;
};

static void on_records(const struct resolver_records *answer, void *userdata) {
	struct query *q = userdata;
	struct resolver_query *query = q->query;
	q->n_answers++;
	q->text = memory_strdup(answer->problem ? answer->problem : "");
	for (size_t i = 0; i < answer->n; i++) {
		const struct resolver_record *r = &answer->records[i];
		char *all = memory_format("%s%u %u %u '%s';", q->text, (unsigned)r->priority,
			(unsigned)r->weight, (unsigned)r->port, r->name);
		memory_free(q->text);
		q->text = all;
	}
	if (!q->keeps)
		q->query = resolver_query_free(query);
}

static void ask_records(
	struct world *w, struct query *q, enum resolver_type type, const char *name) {
	w->server->records = records;
	*q = (struct query){ .query = NULL };
	const struct resolver_records_question question = { type, name };
	assert_int_equal(resolver_query_new(w->resolver, &question, on_records, q, &q->query), 0);
	assert_int_equal(q->n_answers, 0);
}

static void expect_records(
	struct world *w, enum resolver_type type, const char *name, const char *expected) {
	struct query q;
	struct asker guard;
	ask_records(w, &q, type, name);
	while (q.n_answers == 0) {
		/* Its own deadline ends a test that hangs. */
		ask(w, &guard, "four.example");
		wait_for(w, &guard);
		asker_deinit(&guard);
	}
	assert_string_equal(q.text, expected);
	memory_free(q.text);
}

static void other_records(void **state) {
	struct world *w = *state;
	expect_records(w, RESOLVER_SRV, "_imaps._tcp.example",
		"10 5 993 'imap.example';20 0 1993 'mx.example';");
	expect_records(w, RESOLVER_SRV, "_pop3s._tcp.example", "0 0 0 '';");
	expect_records(w, RESOLVER_MX, "example", "10 0 0 'mx.example';");
	expect_records(w, RESOLVER_SRV, "example", "the name has no such records");
	expect_records(w, RESOLVER_SRV, "none.example", "the name has no such records");
	expect_records(w, RESOLVER_SRV, "unknown.example", "no such host name");
	expect_records(
		w, RESOLVER_SRV, "_bad._tcp.example", "the name server's answer cannot be used");
}

static void query_may_be_cancelled_and_kept(void **state) {
	struct world *w = *state;
	struct query cancelled, kept;
	ask_records(w, &cancelled, RESOLVER_MX, "silent.example");
	ask_records(w, &kept, RESOLVER_MX, "example");
	kept.keeps = true;
	cancelled.query = resolver_query_free(cancelled.query);
	while (kept.n_answers == 0) {
		struct asker guard;
		ask(w, &guard, "six.example");
		wait_for(w, &guard);
		asker_deinit(&guard);
	}
	assert_int_equal(cancelled.n_answers, 0);
	kept.query = resolver_query_free(kept.query);
	memory_free(kept.text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(answers_are_as_expected),
		TEST(literal_asks_nobody),
		TEST(localhost_asks_nobody),
		TEST(same_name_is_asked_once),
		TEST(cancelled_lookup_is_not_called_back),
		TEST(callback_may_cancel_the_others),
		TEST(resolver_may_go_while_it_asks),
		TEST(other_records),
		TEST(query_may_be_cancelled_and_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

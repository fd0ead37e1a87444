#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "../io/name-server.h"
#include "base/memory.h"
#include "daemon/server-search.h"
#include "io/resolver.h"
#include "io/tls-policy.h"

/* A name of its own, the type, class IN, no time to live, the length. */
#define RECORD(type, length) "\xC0\x0C\0" type "\0\1\0\0\0\0\0" length
#define BYTES(text) text, sizeof(text) - 1

static const struct name_entry names[] = { { NULL, NAME_UNKNOWN, NULL, NULL } };

static const struct name_records records[] = {
	{ "customer.example", 1, BYTES(RECORD("\x0F", "\x13") "\0\x0A\5aspmx\1l\6google\3com\0") },
	{ "mute.example", 1, BYTES(RECORD("\x0F", "\x14") "\0\x0A\4mail\12protonmail\2ch\0") },
	{ "_imaps._tcp.own.example", 1,
		BYTES(RECORD("\x21", "\x18") "\0\0\0\0\x03\xE1\4imap\3own\7example\0") },
	{ "_pop3s._tcp.far.example", 1,
		BYTES(RECORD("\x21", "\x17") "\0\0\0\0\x03\xE3\3pop\3net\7invalid\0") },
	{ NULL, 0, NULL, 0 },
};

struct world {
	sd_event *loop;
	struct name_server *server;
	struct resolver *resolver;
	struct tls_policy *policy;
	struct mail_address address;
	struct discovery *discovery;
	struct server_search *search;
};

static int set_up(void **state) {
	struct world *w = MEMORY_NEW(struct world);
	char *problem = NULL;
	assert_return_code(sd_event_new(&w->loop), 0);
	w->server = name_server_new(w->loop, names);
	w->server->records = records;
	assert_int_equal(resolver_new(w->loop, w->server->address, &w->resolver), 0);
	assert_int_equal(tls_policy_new(NULL, &w->policy, &problem), 0);
	*state = w;
	return 0;
}

static int tear_down(void **state) {
	struct world *w = *state;
	server_search_free(w->search);
	discovery_free(w->discovery);
	mail_address_deinit(&w->address);
	resolver_free(w->resolver);
	tls_policy_free(w->policy);
	name_server_free(w->server);
	sd_event_unref(w->loop);
	memory_free(w);
	return 0;
}

static void on_done(void *userdata) {
	struct world *w = userdata;
	(void)sd_event_exit(w->loop, 0);
}

static void look_for(struct world *w, const char *text) {
	const char *problem;
	assert_int_equal(mail_address_parse(text, &w->address, &problem), 0);
	w->discovery = discovery_new(&w->address);
	const struct server_search_means means = {
		.loop = w->loop,
		.resolver = w->resolver,
		.policy = w->policy,
		.address = &w->address,
	};
	assert_int_equal(server_search_new(&means, w->discovery, on_done, w, &w->search), 0);
	assert_int_equal(sd_event_loop(w->loop), 0);
}

static void mail_exchanger_names_the_provider(void **state) {
	struct world *w = *state;
	look_for(w, "ada@customer.example");
	const struct discovery_server *server = discovery_server(w->discovery, 0);
	assert_non_null(server);
	assert_string_equal(server->host, "imap.gmail.com");
	assert_int_equal(server->way, DISCOVERY_EXCHANGER);
	assert_true(server->is_foreign);
	/* and nothing else was asked */
	assert_int_equal(w->server->n_asked, 1);
}

static void provider_without_imap_ends_the_search(void **state) {
	struct world *w = *state;
	look_for(w, "ada@mute.example");
	assert_null(discovery_server(w->discovery, 0));
	assert_non_null(server_search_refusal(w->search));
	assert_int_equal(w->server->n_asked, 1);
}

static void service_record_of_the_domain(void **state) {
	struct world *w = *state;
	look_for(w, "ada@own.example");
	const struct discovery_server *server = discovery_server(w->discovery, 0);
	assert_non_null(server);
	assert_string_equal(server->host, "imap.own.example");
	assert_int_equal(server->port, 993);
	assert_int_equal(server->way, DISCOVERY_SRV);
	assert_false(server->is_foreign || server->is_pop3);
	assert_null(server_search_refusal(w->search));
	assert_int_equal(w->server->n_asked, 2);
}

static void service_record_that_leads_away(void **state) {
	struct world *w = *state;
	look_for(w, "ada@far.example");
	const struct discovery_server *server = discovery_server(w->discovery, 0);
	assert_non_null(server);
	assert_string_equal(server->host, "pop.net.invalid");
	assert_true(server->is_foreign && server->is_pop3);
	assert_int_equal(w->server->n_asked, 3);
}

static void freed_while_it_asks(void **state) {
	struct world *w = *state;
	const char *problem;
	assert_int_equal(mail_address_parse("ada@own.example", &w->address, &problem), 0);
	w->discovery = discovery_new(&w->address);
	const struct server_search_means means = {
		.loop = w->loop,
		.resolver = w->resolver,
		.policy = w->policy,
		.address = &w->address,
	};
	assert_int_equal(server_search_new(&means, w->discovery, on_done, w, &w->search), 0);
	while (w->server->n_asked == 0)
		assert_return_code(sd_event_run(w->loop, UINT64_MAX), 0);
	w->search = server_search_free(w->search);
	assert_null(discovery_server(w->discovery, 0));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			mail_exchanger_names_the_provider, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			provider_without_imap_ends_the_search, set_up, tear_down),
		cmocka_unit_test_setup_teardown(service_record_of_the_domain, set_up, tear_down),
		cmocka_unit_test_setup_teardown(service_record_that_leads_away, set_up, tear_down),
		cmocka_unit_test_setup_teardown(freed_while_it_asks, set_up, tear_down),
	};
	return cmocka_run_group_tests_name("daemon-server-search", tests, NULL, NULL);
}

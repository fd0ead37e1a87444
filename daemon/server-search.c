#include "daemon/server-search.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/log.h"
#include "base/memory.h"
#include "io/command.h"
#include "io/resolver.h"
#include "io/stream.h"

#define ACCURACY_USEC (10 * USEC_PER_MSEC)

struct server_search {
	struct server_search_means means;
	struct discovery *discovery;
	server_search_done_fn done;
	void *userdata;
	sd_event_source *end; /* of all */
	sd_event_source *deadline; /* of the question; due at once: the next one */
	size_t n_asked;
	struct discovery_question question;
	/* what the question is asked with */
	struct resolver_query *query;
	struct command *fetch;
	struct stream *probe;
	const struct provider *refusal;
};

static void drop_question(struct server_search *s) {
	s->query = resolver_query_free(s->query);
	s->fetch = command_free(s->fetch);
	s->probe = stream_free(s->probe);
}

/* Not from here: what was asked with is still on the stack. */
static void go_on(struct server_search *s) {
	(void)sd_event_source_set_time_relative(s->deadline, 0);
	(void)sd_event_source_set_enabled(s->deadline, SD_EVENT_ONESHOT);
}

/* --- DNS --- */

static void take_exchangers(struct server_search *s, const struct resolver_records *found) {
	for (size_t i = 0; i < found->n; i++) {
		const char *host = found->records[i].name;
		const struct provider *provider = provider_table_find_exchanger(host);
		if (provider && provider->login == PROVIDER_NONE)
			s->refusal = provider;
		discovery_add_exchanger(s->discovery, host);
	}
}

static void take_services(struct server_search *s, const struct resolver_records *found) {
	struct discovery_srv records[RESOLVER_RECORDS_MAX];
	uint64_t chance = 0;
	for (size_t i = 0; i < found->n; i++)
		records[i] = (struct discovery_srv){
			.priority = found->records[i].priority,
			.weight = found->records[i].weight,
			.port = found->records[i].port,
			.target = found->records[i].name,
		};
	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) < 0)
		chance = 0;
	discovery_add_srv(s->discovery, &s->question, records, found->n, chance);
}

static void on_records(const struct resolver_records *found, void *userdata) {
	struct server_search *s = userdata;
	if (found->n == 0)
		log_debug("%s: %s", s->question.text, found->problem);
	else if (s->question.asks == DISCOVERY_ASKS_MX)
		take_exchangers(s, found);
	else
		take_services(s, found);
	go_on(s);
}

static int ask_name_server(struct server_search *s, enum resolver_type type) {
	const struct resolver_records_question question = { type, s->question.text };
	return resolver_query_new(s->means.resolver, &question, on_records, s, &s->query);
}

/* --- pages --- */

static void on_page(struct command *command, const struct command_result *result, void *userdata) {
	struct server_search *s = userdata;
	CLEANUP(autoconfig_free) struct autoconfig *config = NULL;
	const char *problem = result->problem ? result->problem : result->complaint;
	if (result->exit_status == 0 && !result->problem &&
		autoconfig_parse(result->output, result->n, s->means.address, &config, &problem) ==
			0)
		discovery_add_autoconfig(s->discovery, &s->question, config);
	else
		log_debug("%s: %s", s->question.text, problem ? problem : "no such page");
	go_on(s);
}

/* A program of its own, so that the daemon, which keeps passwords, has no HTTP in it. Neither the
 * user's .curlrc nor a proxy of the environment has a say. */
static int ask_web_server(struct server_search *s) {
	const char *const argv[] = { "curl", "--disable", "--silent", "--show-error", "--fail",
		"--globoff", "--proto", "=https", "--proto-redir", "=https", "--tlsv1.2",
		"--location", "--max-redirs", "3", "--max-time", "5", "--noproxy", "*", "--",
		s->question.text, NULL };
	return command_new(
		s->means.loop, argv, NULL, SERVER_SEARCH_QUESTION_USEC, on_page, s, &s->fetch);
}

/* --- guesses --- */

static void on_probe(struct stream *stream, void *userdata) {
	struct server_search *s = userdata;
	struct stream_event event;
	while (stream_next(stream, &event) == 1) {
		if (event.kind == STREAM_EVENT_CONNECTED)
			discovery_add_guess(s->discovery, &s->question);
		else if (event.kind == STREAM_EVENT_CLOSED)
			log_debug("%s: %s", s->question.text,
				event.text ? event.text : reason_to_sentence(event.reason));
		else
			continue;
		go_on(s);
		return;
	}
}

static int ask_connection(struct server_search *s) {
	const struct stream_target target = {
		.host = s->question.text,
		.port = s->question.port,
		.security = STREAM_SECURITY_TLS,
		.policy = s->means.policy,
		.resolver = s->means.resolver,
	};
	return stream_new(s->means.loop, &target, on_probe, s, &s->probe);
}

/* --- one after another --- */

static int ask(struct server_search *s) {
	switch (s->question.asks) {
	case DISCOVERY_ASKS_MX:
		return ask_name_server(s, RESOLVER_MX);
	case DISCOVERY_ASKS_SRV:
		return ask_name_server(s, RESOLVER_SRV);
	case DISCOVERY_ASKS_PAGE:
		return ask_web_server(s);
	case DISCOVERY_ASKS_CONNECTION:
		return ask_connection(s);
	}
	return 0;
}

static bool has_end(const struct server_search *s) {
	return discovery_server(s->discovery, 0) || s->refusal;
}

static bool take_question(struct server_search *s) {
	do {
		if (!discovery_question(s->discovery, s->n_asked++, &s->question))
			return false;
	} while (s->question.tells_others && !s->means.asks_others);
	return true;
}

static void ask_next(struct server_search *s) {
	drop_question(s);
	while (!has_end(s) && take_question(s)) {
		log_debug("asking for %s", s->question.text);
		int r = ask(s);
		if (r < 0) {
			log_debug("%s: %s", s->question.text, strerror(-r));
			continue;
		}
		(void)sd_event_source_set_time_relative(s->deadline, SERVER_SEARCH_QUESTION_USEC);
		(void)sd_event_source_set_enabled(s->deadline, SD_EVENT_ONESHOT);
		return;
	}
	(void)sd_event_source_set_enabled(s->end, SD_EVENT_OFF);
	s->done(s->userdata);
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata) {
	ask_next(userdata);
	return 0;
}

static int on_end(sd_event_source *source, uint64_t usec, void *userdata) {
	struct server_search *s = userdata;
	drop_question(s);
	(void)sd_event_source_set_enabled(s->deadline, SD_EVENT_OFF);
	s->done(s->userdata);
	return 0;
}

int server_search_new(const struct server_search_means *means, struct discovery *d,
	server_search_done_fn done, void *userdata, struct server_search **ret) {
	CLEANUP(server_search_free) struct server_search *s = MEMORY_NEW(struct server_search);
	s->means = *means;
	s->discovery = d;
	s->done = done;
	s->userdata = userdata;
	int r = sd_event_add_time_relative(means->loop, &s->end, CLOCK_MONOTONIC,
		SERVER_SEARCH_USEC, ACCURACY_USEC, on_end, s);
	if (r >= 0)
		r = sd_event_add_time_relative(means->loop, &s->deadline, CLOCK_MONOTONIC, 0,
			ACCURACY_USEC, on_deadline, s);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(s);
	return 0;
}

struct server_search *server_search_free(struct server_search *s) {
	if (!s)
		return NULL;
	drop_question(s);
	sd_event_source_disable_unref(s->end);
	sd_event_source_disable_unref(s->deadline);
	return memory_free(s);
}

const struct provider *server_search_refusal(const struct server_search *s) {
	return s->refusal;
}

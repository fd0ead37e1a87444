#include "daemon/server-search-command.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "daemon/complaint.h"
#include "daemon/server-search.h"
#include "io/resolver.h"
#include "io/tls-policy.h"

#define OUTPUT_BYTES_MAX ((size_t)64 * 1024)

/* --- the report --- */

static const char *login_word(enum provider_login login) {
	switch (login) {
	case PROVIDER_PASSWORD:
		return "password";
	case PROVIDER_APP_PASSWORD:
		return "app-password";
	case PROVIDER_TOKEN_OR_APP_PASSWORD:
		return "token-or-app-password";
	case PROVIDER_TOKEN:
		return "token";
	case PROVIDER_NONE:
		return "none";
	}
	return "";
}

static void add_text(struct json_writer *json, const char *key, const char *text) {
	if (!text)
		return;
	json_key_string(json, key, text);
}

static void write_json(struct buffer *out, const struct discovery_server *server) {
	struct json_writer json;
	json_init(&json, out);
	json_begin_object(&json);
	add_text(&json, "host", server->host);
	json_key(&json, "port");
	json_unsigned(&json, server->port);
	add_text(&json, "protocol", server->is_pop3 ? "pop3" : "imap");
	add_text(&json, "security", server->is_starttls ? "starttls" : "tls");
	add_text(&json, "user", server->user);
	add_text(&json, "login", login_word(server->login));
	add_text(&json, "way", discovery_way_to_string(server->way));
	add_text(&json, "provider", server->provider);
	add_text(&json, "advice", server->advice);
	json_key(&json, "foreign");
	json_boolean(&json, server->is_foreign);
	json_end_object(&json);
	(void)buffer_append_text(out, "\n");
}

static void write_refusal(struct buffer *out, const struct provider *provider) {
	struct json_writer json;
	json_init(&json, out);
	json_begin_object(&json);
	add_text(&json, "login", login_word(provider->login));
	add_text(&json, "provider", provider->name);
	add_text(&json, "advice", provider->advice);
	json_end_object(&json);
	(void)buffer_append_text(out, "\n");
}

static void write_text(struct buffer *out, const struct discovery_server *server) {
	(void)buffer_append_format(out,
		"%s %s port %u, %s\n  user   %s\n  login  %s\n  found  %s\n",
		server->is_pop3 ? "POP3" : "IMAP", server->host, server->port,
		server->is_starttls ? "STARTTLS" : "TLS", server->user, login_word(server->login),
		discovery_way_to_string(server->way));
	if (server->provider)
		(void)buffer_append_format(out, "  of     %s\n", server->provider);
	if (server->advice)
		(void)buffer_append_format(out, "  note   %s\n", server->advice);
	if (server->is_foreign)
		(void)buffer_append_text(out, "  note   DNS alone says so, and it is outside of "
					      "the address' domain\n");
}

static bool report(const struct server_search_command *command, const struct discovery *d,
	const struct provider *refusal) {
	const struct discovery_server *server;
	struct buffer out;
	size_t n = 0;
	buffer_init(&out, OUTPUT_BYTES_MAX);
	while ((server = discovery_server(d, n))) {
		if (command->json)
			write_json(&out, server);
		else
			write_text(&out, server);
		n++;
	}
	if (n == 0 && refusal && command->json)
		write_refusal(&out, refusal);
	else if (n == 0 && refusal)
		complaint_print("%s: %s", refusal->name, refusal->advice);
	else if (n == 0)
		complaint_print("no server was found for %s", command->address);
	bool is_written = out.n == 0 || fwrite(buffer_bytes(&out), out.n, 1, stdout) == 1;
	buffer_deinit(&out);
	return is_written && fflush(stdout) == 0 && n > 0;
}

/* --- the search --- */

struct run {
	sd_event *loop;
	struct resolver *resolver;
	struct tls_policy *policy;
	struct server_search *search;
};

static void on_done(void *userdata) {
	struct run *run = userdata;
	(void)sd_event_exit(run->loop, 0);
}

static int search(struct run *run, const struct server_search_command *command,
	const struct mail_address *address, struct discovery *d) {
	CLEANUP_TEXT char *problem = NULL;
	(void)signal(SIGPIPE, SIG_IGN);
	int r = sd_event_default(&run->loop);
	if (r >= 0)
		r = resolver_new(run->loop, NULL, &run->resolver);
	if (r >= 0)
		r = tls_policy_new(NULL, &run->policy, &problem);
	if (r < 0)
		return r;
	const struct server_search_means means = {
		.loop = run->loop,
		.resolver = run->resolver,
		.policy = run->policy,
		.address = address,
		.asks_others = command->asks_others,
	};
	r = server_search_new(&means, d, on_done, run, &run->search);
	return r < 0 ? r : sd_event_loop(run->loop);
}

static void run_deinit(struct run *run) {
	server_search_free(run->search);
	resolver_free(run->resolver);
	tls_policy_free(run->policy);
	sd_event_unref(run->loop);
}

static bool find(const struct server_search_command *command, const struct mail_address *address) {
	CLEANUP(discovery_free) struct discovery *d = discovery_new(address);
	const struct provider *refusal = provider_table_find(address->domain);
	struct run run = { 0 };
	if (refusal && refusal->login != PROVIDER_NONE)
		refusal = NULL;
	if (!command->is_offline && !refusal && !discovery_server(d, 0)) {
		int r = search(&run, command, address, d);
		if (r < 0)
			complaint_print("nobody can be asked: %s", strerror(-r));
		if (run.search)
			refusal = server_search_refusal(run.search);
	}
	bool is_found = report(command, d, refusal);
	run_deinit(&run);
	return is_found;
}

int server_search_command_run(const struct server_search_command *command) {
	struct mail_address address;
	const char *problem;
	if (mail_address_parse(command->address, &address, &problem) < 0) {
		complaint_print("'%s': %s", command->address, problem);
		return 2;
	}
	bool is_found = find(command, &address);
	mail_address_deinit(&address);
	return is_found ? EXIT_SUCCESS : EXIT_FAILURE;
}

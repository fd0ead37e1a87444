#include "daemon/trial-report.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/macros.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "daemon/account-config.h"
#include "daemon/watch-facts.h"

/* By the user, who wants no more than what there is. */
static bool is_held_down(enum account_strategy wanted, const char *strategy) {
	switch (wanted) {
	case ACCOUNT_STRATEGY_AUTOMATIC:
		return false;
	case ACCOUNT_STRATEGY_IDLE:
		return !strcmp(strategy, "idle");
	case ACCOUNT_STRATEGY_POLL:
		return !strcmp(strategy, "poll");
	}
	return false;
}

/* Why there is no better rung of the ladder; owned, NULL: there is none. */
static char *why_not_better(const struct trial_finding *f) {
	const char *strategy = f->status.strategy;
	const char *words = f->facts->capabilities ? f->facts->capabilities : "";
	if (!f->works)
		return NULL;
	if (!text_is_empty(f->status.reason_text))
		return memory_strdup(f->status.reason_text);
	if (f->config->protocol == ACCOUNT_PROTOCOL_POP3)
		return memory_strdup("POP3 cannot push");
	bool can_notify = strstr(words, "NOTIFY") != NULL, can_idle = strstr(words, "IDLE") != NULL;
	if (is_held_down(f->config->strategy, strategy) && (can_notify || can_idle))
		return memory_strdup("Strategy= forbids more");
	if (!strcmp(strategy, "idle") && !can_notify)
		return memory_strdup("the server does not offer NOTIFY: mailboxes beside the first "
				     "one are looked at now and then");
	if (!strcmp(strategy, "poll") && !can_idle)
		return memory_strdup("the server does not offer IDLE");
	return NULL;
}

static const char *security_of(const struct account_config *config) {
	switch (config->security) {
	case ACCOUNT_SECURITY_TLS:
		return "tls";
	case ACCOUNT_SECURITY_STARTTLS:
		return "starttls";
	case ACCOUNT_SECURITY_NONE:
		return "none";
	}
	return "";
}

/* --- for people --- */

static void line(struct buffer *out, const char *name, const char *text) {
	CLEANUP_TEXT char *printable = text_printable(text);
	if (!text_is_empty(text))
		(void)buffer_append_format(out, "%-14s %s\n", name, printable);
}

static void lines_of_connection(const struct trial_finding *f, struct buffer *out) {
	const struct watch_facts *facts = f->facts;
	CLEANUP_TEXT char *encryption = NULL;
	line(out, "address", facts->peer);
	if (facts->tls.version)
		encryption = memory_format("%s, %s", facts->tls.version, facts->tls.cipher);
	line(out, "encryption", encryption);
	for (unsigned i = 0; i < facts->tls.n_chain; i++)
		line(out, i == 0 ? "certificate" : "", facts->tls.chain[i]);
	if (facts->round_trip_usec) {
		CLEANUP_TEXT char *time = memory_format("%" PRIu64 ".%01" PRIu64 " ms",
			facts->round_trip_usec / 1000, facts->round_trip_usec / 100 % 10);
		line(out, "round trip", time);
	}
}

static void lines_of_session(const struct trial_finding *f, struct buffer *out) {
	CLEANUP_TEXT char *why = why_not_better(f);
	CLEANUP_TEXT char *counts = memory_format(
		"%" PRIu32 " messages, %" PRIu32 " unseen", f->status.total, f->status.unseen);
	line(out, "login", f->facts->mechanism);
	line(out, "capabilities", f->facts->capabilities);
	line(out, "strategy", f->status.strategy);
	line(out, "", why);
	line(out, "mailboxes", f->works ? counts : NULL);
}

static void line_of_push(const struct trial_finding *f, struct buffer *out) {
	CLEANUP_TEXT char *text = memory_format(
		"a message came after %" PRIu64 " s of waiting", f->push_usec / USEC_PER_SEC);
	if (f->waited)
		line(out, "push", f->push_usec ? text : "no message came");
}

void trial_report_text(const struct trial_finding *f, struct buffer *out) {
	const struct account_config *config = f->config;
	CLEANUP_TEXT char *server = memory_format("%s port %u, %s, security %s",
		config->host ? config->host : "?", config->port,
		account_config_protocol(config->protocol), security_of(config));
	line(out, "account", config->id);
	line(out, "server", server);
	lines_of_connection(f, out);
	lines_of_session(f, out);
	line_of_push(f, out);
	line(out, "result", f->works ? "works" : f->status.reason_text);
}

/* --- for programs --- */

static void member(struct json_writer *w, const char *key, const char *text) {
	if (text_is_empty(text))
		return;
	json_key_string(w, key, text);
}

static void members_of_connection(const struct watch_facts *facts, struct json_writer *w) {
	member(w, "address", facts->peer);
	member(w, "tls_version", facts->tls.version);
	member(w, "tls_cipher", facts->tls.cipher);
	json_key(w, "certificates");
	json_begin_array(w);
	for (unsigned i = 0; i < facts->tls.n_chain; i++)
		json_string(w, facts->tls.chain[i]);
	json_end_array(w);
	json_key(w, "round_trip_usec");
	json_unsigned(w, facts->round_trip_usec);
}

void trial_report_json(const struct trial_finding *f, struct buffer *out) {
	CLEANUP_TEXT char *why = why_not_better(f);
	struct json_writer w;
	json_init(&w, out);
	json_begin_object(&w);
	member(&w, "account", f->config->id);
	member(&w, "host", f->config->host);
	json_key(&w, "port");
	json_unsigned(&w, f->config->port);
	member(&w, "protocol", account_config_protocol(f->config->protocol));
	member(&w, "security", security_of(f->config));
	members_of_connection(f->facts, &w);
	member(&w, "mechanism", f->facts->mechanism);
	member(&w, "capabilities", f->facts->capabilities);
	member(&w, "strategy", f->status.strategy);
	member(&w, "not_better", why);
	json_key(&w, "total");
	json_unsigned(&w, f->status.total);
	json_key(&w, "unseen");
	json_unsigned(&w, f->status.unseen);
	if (f->waited) {
		json_key(&w, "push_usec");
		json_unsigned(&w, f->push_usec);
	}
	json_key(&w, "works");
	json_boolean(&w, f->works);
	member(&w, "reason", f->works ? NULL : reason_to_string(f->status.reason));
	member(&w, "reason_text", f->works ? NULL : f->status.reason_text);
	json_end_object(&w);
	(void)buffer_append_text(out, "\n");
}

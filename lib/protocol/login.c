#include "protocol/login.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* What we take by ourselves, in this order. EXTERNAL and GSSAPI prove no password and no token, and
 * come into question where there is neither. The command stands for a password in the clear, as
 * LOGIN does, and needs fewer round trips. */
static const enum sasl_mechanism preference[] = {
	SASL_MECHANISM_SCRAM_SHA_256_PLUS,
	SASL_MECHANISM_SCRAM_SHA_1_PLUS,
	SASL_MECHANISM_SCRAM_SHA_256,
	SASL_MECHANISM_SCRAM_SHA_1,
	SASL_MECHANISM_OAUTHBEARER,
	SASL_MECHANISM_XOAUTH2,
	SASL_MECHANISM_EXTERNAL,
	SASL_MECHANISM_GSSAPI,
	SASL_MECHANISM_PLAIN,
	SASL_MECHANISM_NONE,
	SASL_MECHANISM_LOGIN,
};

struct login {
	const char *service;
	char *host;
	uint16_t port;
	char *user;
	char *auth_user;
	char *secret;
	enum sasl_secret kind;
	bool has_certificate;
	enum sasl_mechanism auth;
	enum sasl_mechanism floor;
	char *nonce;
	struct sasl_bindings bindings;
	struct login_offer offer;
	uint32_t refused; /* mechanisms; bit 0 is the command */
	unsigned refused_bindings; /* bits */
	enum sasl_mechanism mechanism; /* chosen */
	enum sasl_binding_kind binding;
	enum sasl_binding_kind last_binding; /* the one that the server took the last time */
	struct sasl *sasl;
	unsigned n_challenges; /* of this exchange that said something */
	char *problem;
};

struct login *login_new(const struct login_settings *settings, const char *service) {
	struct login *l = MEMORY_NEW(struct login);
	l->service = service;
	l->host = memory_strdup(settings->host);
	l->port = settings->port;
	l->user = memory_strdup(settings->user);
	l->auth_user = memory_strdup(settings->auth_user);
	l->secret = memory_strdup(settings->secret);
	l->kind = !settings->secret    ? SASL_SECRET_NONE
		  : settings->is_token ? SASL_SECRET_TOKEN
				       : SASL_SECRET_PASSWORD;
	l->has_certificate = settings->has_certificate;
	l->auth = settings->auth;
	l->floor = settings->floor;
	l->last_binding = settings->binding;
	l->nonce = memory_strdup(settings->nonce);
	return l;
}

struct login *login_free(struct login *l) {
	if (!l)
		return NULL;
	sasl_free(l->sasl);
	memory_free_secret(l->secret);
	memory_free(l->host);
	memory_free(l->user);
	memory_free(l->auth_user);
	memory_free(l->nonce);
	memory_free(l->problem);
	return memory_free(l);
}

void login_set_bindings(struct login *l, const struct sasl_bindings *bindings) {
	l->bindings = *bindings;
}

/* Cyrus knows tls-unique alone, and counts the others as failed logins. What was taken the last time
 * is known better. */
void login_set_greeting(struct login *l, const char *text) {
	bool is_known = sasl_mechanism_facts(l->floor)->is_plus;
	if (!is_known && text && strcasestr(text, "Cyrus"))
		l->last_binding = SASL_BINDING_TLS_UNIQUE;
}

void login_set_offer(struct login *l, const struct login_offer *offer) {
	l->offer = *offer;
}

static bool has_binding(const struct login *l, enum sasl_binding_kind kind) {
	return l->bindings.of[kind].n > 0 && (l->refused_bindings & 1U << kind) == 0;
}

/* The one that the server took the last time, else the best; COUNT_: none is left. */
static enum sasl_binding_kind best_binding(const struct login *l) {
	if (has_binding(l, l->last_binding))
		return l->last_binding;
	for (unsigned i = 0; i < SASL_BINDING_COUNT_; i++)
		if (has_binding(l, (enum sasl_binding_kind)i))
			return (enum sasl_binding_kind)i;
	return SASL_BINDING_COUNT_;
}

static bool is_offered(const struct login *l, enum sasl_mechanism mechanism) {
	if (mechanism == SASL_MECHANISM_NONE)
		return l->offer.has_command;
	return (l->offer.mechanisms & sasl_mechanism_bit(mechanism)) != 0;
}

static bool was_refused(const struct login *l, enum sasl_mechanism mechanism) {
	return (l->refused & sasl_mechanism_bit(mechanism)) != 0;
}

/* LOGIN is the command, too. */
static bool is_wanted(const struct login *l, enum sasl_mechanism mechanism) {
	return mechanism == l->auth ||
	       (l->auth == SASL_MECHANISM_LOGIN && mechanism == SASL_MECHANISM_NONE);
}

/* Neither LOGIN nor the command can say whose password it is, when it is somebody else's. */
static bool can_carry(const struct login *l, enum sasl_mechanism mechanism) {
	const struct sasl_facts *facts = sasl_mechanism_facts(mechanism);
	bool is_simple = mechanism == SASL_MECHANISM_NONE || mechanism == SASL_MECHANISM_LOGIN;
	if (l->auth_user && is_simple)
		return false;
	if (facts->secret == SASL_SECRET_NONE)
		return l->auth == mechanism || l->kind == SASL_SECRET_NONE;
	return facts->secret == l->kind;
}

/* EXTERNAL without a certificate, and Kerberos without being asked, prove nothing. */
static bool is_automatic(const struct login *l, enum sasl_mechanism mechanism) {
	if (mechanism == SASL_MECHANISM_EXTERNAL)
		return l->has_certificate;
	return mechanism != SASL_MECHANISM_GSSAPI || !l->has_certificate;
}

static bool is_below_floor(const struct login *l, enum sasl_mechanism mechanism) {
	const struct sasl_facts *facts = sasl_mechanism_facts(mechanism);
	return facts->secret == SASL_SECRET_PASSWORD &&
	       facts->strength < sasl_mechanism_facts(l->floor)->strength;
}

static bool is_possible(const struct login *l, enum sasl_mechanism mechanism) {
	const struct sasl_facts *facts = sasl_mechanism_facts(mechanism);
	if (was_refused(l, mechanism) || !can_carry(l, mechanism))
		return false;
	if (facts->is_plus && best_binding(l) == SASL_BINDING_COUNT_)
		return false;
	if (l->auth != SASL_MECHANISM_NONE)
		return is_wanted(l, mechanism) && (is_offered(l, mechanism) || l->offer.is_open);
	return is_offered(l, mechanism) && is_automatic(l, mechanism);
}

/* A bound mechanism that the server offers and then cannot do is no reason to go on without: that
 * is what somebody in the middle would have us do. */
static bool is_unbound_downgrade(const struct login *l, enum sasl_mechanism mechanism) {
	return l->auth == SASL_MECHANISM_NONE && l->refused_bindings != 0 &&
	       !sasl_mechanism_facts(mechanism)->is_plus;
}

static void say_downgrade(struct login *l, enum sasl_mechanism weaker) {
	const char *name = sasl_mechanism_facts(weaker)->name;
	const char *floor = sasl_mechanism_facts(l->floor)->name;
	memory_free(l->problem);
	l->problem =
		memory_format("the server offers %s at best and took %s before, which may be an "
			      "attack; if it is not, Auth= allows it",
			*name ? name : "LOGIN", floor);
}

enum login_way login_choose(struct login *l) {
	enum sasl_mechanism weaker = SASL_MECHANISM_COUNT_;
	for (size_t i = 0; i < ARRAY_SIZE(preference); i++) {
		enum sasl_mechanism mechanism = preference[i];
		if (!is_possible(l, mechanism) || is_unbound_downgrade(l, mechanism))
			continue;
		if (l->auth == SASL_MECHANISM_NONE && is_below_floor(l, mechanism)) {
			weaker = weaker == SASL_MECHANISM_COUNT_ ? mechanism : weaker;
			continue;
		}
		l->mechanism = mechanism;
		l->binding = sasl_mechanism_facts(mechanism)->is_plus ? best_binding(l)
								      : SASL_BINDING_TLS_EXPORTER;
		return mechanism == SASL_MECHANISM_NONE ? LOGIN_WAY_COMMAND : LOGIN_WAY_SASL;
	}
	if (weaker != SASL_MECHANISM_COUNT_)
		say_downgrade(l, weaker);
	return LOGIN_WAY_NONE;
}

struct login_outcome login_outcome(const struct login *l) {
	return (struct login_outcome){ l->mechanism, l->binding };
}

/* RFC 5802 6: "y" tells a server that it did offer a binding that somebody took it away. Who was
 * told to do without by the user says "n". */
static enum sasl_binding_flag binding_flag(const struct login *l) {
	uint32_t plus = sasl_mechanism_bit(SASL_MECHANISM_SCRAM_SHA_1_PLUS) |
			sasl_mechanism_bit(SASL_MECHANISM_SCRAM_SHA_256_PLUS);
	bool can_bind = false;
	for (unsigned i = 0; i < SASL_BINDING_COUNT_; i++)
		can_bind |= l->bindings.of[i].n > 0;
	return can_bind && (l->offer.mechanisms & plus) == 0 && !l->offer.is_open
		       ? SASL_BINDING_FLAG_UNOFFERED
		       : SASL_BINDING_FLAG_UNABLE;
}

static int new_exchange(struct login *l) {
	const struct sasl_login login = {
		.mechanism = l->mechanism,
		.service = l->service,
		.host = l->host,
		.port = l->port,
		.user = l->auth_user ? l->auth_user : l->user,
		.authorization = l->auth_user ? l->user : NULL,
		.secret = l->secret,
		.nonce = l->nonce,
		.binding_flag = binding_flag(l),
		.binding_kind = l->binding,
		.binding = &l->bindings.of[l->binding],
	};
	l->sasl = sasl_free(l->sasl);
	l->n_challenges = 0;
	return sasl_new(&login, &l->sasl);
}

int login_begin(struct login *l, char **ret_response) {
	int r = new_exchange(l);
	if (r == 0)
		r = sasl_step(l->sasl, NULL, ret_response);
	if (r < 0 && r != -EAGAIN) {
		memory_free(l->problem);
		l->problem = l->sasl ? memory_strdup(sasl_said(l->sasl)) : NULL;
	}
	return r;
}

int login_step(struct login *l, const char *challenge, char **ret_response) {
	if (!text_is_empty(challenge))
		l->n_challenges++;
	return sasl_step(l->sasl, challenge, ret_response);
}

void login_refuse_challenge(struct login *l, const char *why) {
	sasl_refuse(l->sasl, why);
}

bool login_is_proved(const struct login *l) {
	return !l->sasl || sasl_is_done(l->sasl);
}

/* The words of servers that do not know a mechanism, announced or not. */
static bool is_about_mechanism(const char *text) {
	static const char *const words[] = {
		"unsupported authentication", /* Dovecot */
		"unsupported mechanism",
		"mechanism not supported",
		"not supported",
		"no mechanism available", /* Cyrus */
		"mechanism not available",
		"unknown mechanism",
		"unrecognized authentication",
		"unknown authentication",
		"unknown command",
		"unrecognized command",
		"command unrecognized",
		"invalid command", /* Courier */
		"not implemented",
	};
	for (size_t i = 0; text && i < ARRAY_SIZE(words); i++)
		if (strcasestr(text, words[i]))
			return true;
	return false;
}

/* Cyrus looks at the binding only when it has the proof; of a wrong password it says "authentication
 * failure". */
static bool is_about_binding(const char *text) {
	return text && strcasestr(text, "bad protocol / cancel");
}

/* Refused before the server has said anything: it cannot have been about the password. */
static bool is_binding_refused(const struct login *l, const char *text) {
	return sasl_mechanism_facts(l->mechanism)->is_plus &&
	       (sasl_verdict(l->sasl) == SASL_VERDICT_BINDING || l->n_challenges == 0 ||
		       is_about_binding(text));
}

/* Whether another way may be tried; the one that was is not any more. */
static bool give_up_way(struct login *l, const char *text) {
	if (l->sasl && is_about_mechanism(text) && l->n_challenges == 0) {
		l->refused |= sasl_mechanism_bit(l->mechanism);
		return true;
	}
	if (!l->sasl || !is_binding_refused(l, text))
		return false;
	l->refused_bindings |= 1U << l->binding;
	return true;
}

struct login_refusal login_refused(struct login *l, enum reason reason, const char *text) {
	struct login_refusal refusal = { .reason = reason, .text = text };
	bool may_be_the_way = reason == REASON_NONE || is_about_binding(text);
	if (may_be_the_way && give_up_way(l, text)) {
		l->sasl = sasl_free(l->sasl);
		memory_free(l->problem);
		l->problem = text_is_empty(text) ? NULL : memory_strdup(text);
		refusal.is_retry = true;
		return refusal;
	}
	enum sasl_verdict verdict = l->sasl ? sasl_verdict(l->sasl) : SASL_VERDICT_NONE;
	const char *said = l->sasl ? sasl_said(l->sasl) : NULL;
	if (verdict == SASL_VERDICT_SERVER)
		return (struct login_refusal){ .reason = REASON_PROTOCOL_ERROR, .text = said };
	if (reason != REASON_NONE && reason != REASON_AUTH_FAILED)
		return refusal;
	refusal.reason = verdict == SASL_VERDICT_TOKEN ? REASON_TOKEN_EXPIRED : REASON_AUTH_FAILED;
	refusal.text = said ? said : text;
	return refusal;
}

const char *login_problem(const struct login *l) {
	return l->problem;
}

const char *login_host(const struct login *l) {
	return l->host;
}

const char *login_user(const struct login *l) {
	return l->user;
}

const char *login_secret(const struct login *l) {
	return l->secret;
}

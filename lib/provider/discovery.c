#include "provider/discovery.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

#define IMAPS_PORT 993
#define POP3S_PORT 995

/* %s is the domain. */
static const struct {
	const char *format;
	enum discovery_way way;
	enum discovery_asks asks;
	uint16_t port;
	bool is_pop3;
	bool tells_others;
} questions[] = {
	{ "%s", DISCOVERY_EXCHANGER, DISCOVERY_ASKS_MX, 0, false, false },
	{ "_imaps._tcp.%s", DISCOVERY_SRV, DISCOVERY_ASKS_SRV, 0, false, false },
	{ "_pop3s._tcp.%s", DISCOVERY_SRV, DISCOVERY_ASKS_SRV, 0, true, false },
	/* Without the address as a parameter: a web server need not know who asks. */
	{ "https://autoconfig.%s/mail/config-v1.1.xml", DISCOVERY_AUTOCONFIG, DISCOVERY_ASKS_PAGE,
		0, false, false },
	{ "https://%s/.well-known/autoconfig/mail/config-v1.1.xml", DISCOVERY_AUTOCONFIG,
		DISCOVERY_ASKS_PAGE, 0, false, false },
	{ "https://autoconfig.thunderbird.net/v1.1/%s", DISCOVERY_ISPDB, DISCOVERY_ASKS_PAGE, 0,
		false, true },
	{ "imap.%s", DISCOVERY_GUESS, DISCOVERY_ASKS_CONNECTION, IMAPS_PORT, false, false },
	{ "mail.%s", DISCOVERY_GUESS, DISCOVERY_ASKS_CONNECTION, IMAPS_PORT, false, false },
	{ "pop.%s", DISCOVERY_GUESS, DISCOVERY_ASKS_CONNECTION, POP3S_PORT, true, false },
	{ "mail.%s", DISCOVERY_GUESS, DISCOVERY_ASKS_CONNECTION, POP3S_PORT, true, false },
};

struct discovery {
	char *whole, *local, *domain; /* of the address */
	char *texts[ARRAY_SIZE(questions)];
	struct discovery_server servers[DISCOVERY_SERVERS_MAX];
	size_t n_servers;
};

/* Smaller is better. */
static unsigned rank(const struct discovery_server *s) {
	return (unsigned)s->is_pop3 * 100 + (unsigned)s->is_starttls * 50 + (unsigned)s->way;
}

static bool is_same(const struct discovery_server *a, const struct discovery_server *b) {
	return a->is_pop3 == b->is_pop3 && a->is_starttls == b->is_starttls && a->port == b->port &&
	       text_equal_nocase(a->host, b->host);
}

/* Texts are borrowed and copied. Of equals the one that came first is kept: it is by a better way,
 * as the questions are in that order. */
static void add(struct discovery *d, const struct discovery_server *server) {
	size_t at = 0;
	for (size_t i = 0; i < d->n_servers; i++)
		if (is_same(&d->servers[i], server))
			return;
	if (d->n_servers == DISCOVERY_SERVERS_MAX || !mail_address_is_host(server->host))
		return;
	while (at < d->n_servers && rank(&d->servers[at]) <= rank(server))
		at++;
	memmove(&d->servers[at + 1], &d->servers[at], (d->n_servers - at) * sizeof(*server));
	d->servers[at] = *server;
	d->servers[at].host = memory_strdup(server->host);
	d->servers[at].user = memory_strdup(server->user);
	d->n_servers++;
}

static void add_host(struct discovery *d, struct discovery_server *server, const char *host) {
	if (!host)
		return;
	server->host = (char *)(uintptr_t)host;
	add(d, server);
}

static void add_provider(
	struct discovery *d, const struct provider *provider, enum discovery_way way) {
	struct discovery_server server = {
		.way = way,
		.port = IMAPS_PORT,
		.user = provider->user_is_local_part ? d->local : d->whole,
		.login = provider->login,
		.provider = provider->name,
		.advice = provider->advice,
		.is_foreign = way == DISCOVERY_EXCHANGER,
	};
	add_host(d, &server, provider->imap_host);
	server.is_pop3 = true;
	server.port = POP3S_PORT;
	add_host(d, &server, provider->pop3_host);
}

struct discovery *discovery_new(const struct mail_address *address) {
	struct discovery *d = MEMORY_NEW(struct discovery);
	d->whole = memory_strdup(address->whole);
	d->local = memory_strdup(address->local);
	d->domain = memory_strdup(address->domain);
	for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
		const char *format = questions[i].format;
		const char *hole = strstr(format, "%s");
		d->texts[i] = memory_format(
			"%.*s%s%s", (int)(hole - format), format, d->domain, hole + 2);
	}
	const struct provider *provider = provider_table_find(d->domain);
	if (provider)
		add_provider(d, provider, DISCOVERY_TABLE);
	return d;
}

struct discovery *discovery_free(struct discovery *d) {
	if (!d)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(questions); i++)
		free(d->texts[i]);
	for (size_t i = 0; i < d->n_servers; i++) {
		free(d->servers[i].host);
		free(d->servers[i].user);
	}
	free(d->whole);
	free(d->local);
	free(d->domain);
	return memory_free(d);
}

bool discovery_question(const struct discovery *d, size_t index, struct discovery_question *ret) {
	if (index >= ARRAY_SIZE(questions))
		return false;
	*ret = (struct discovery_question){
		.way = questions[index].way,
		.asks = questions[index].asks,
		.text = d->texts[index],
		.port = questions[index].port,
		.is_pop3 = questions[index].is_pop3,
		.tells_others = questions[index].tells_others,
	};
	return true;
}

void discovery_add_exchanger(struct discovery *d, const char *host) {
	const struct provider *provider = provider_table_find_exchanger(host);
	if (provider)
		add_provider(d, provider, DISCOVERY_EXCHANGER);
}

static size_t first_of(const struct discovery_srv *records, size_t n, uint16_t priority) {
	size_t i = 0;
	while (i < n && records[i].priority != priority)
		i++;
	return i;
}

/* RFC 2782: the lowest priority first; in it by chance, in proportion to the weight, and those of
 * weight 0 only when chance gives 0. */
static size_t pick(const struct discovery_srv *records, size_t n, uint64_t *random) {
	uint16_t priority = UINT16_MAX;
	uint32_t sum = 0;
	for (size_t i = 0; i < n; i++)
		priority = MIN(priority, records[i].priority);
	for (size_t i = 0; i < n; i++)
		sum += records[i].priority == priority ? records[i].weight : 0;
	*random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	uint32_t left = (uint32_t)((*random >> 33) % (sum + 1));
	size_t of_no_weight = n;
	for (size_t i = 0; i < n; i++) {
		if (records[i].priority != priority)
			continue;
		if (records[i].weight == 0)
			of_no_weight = MIN(of_no_weight, i);
		else if (left > 0 && records[i].weight >= left)
			return i;
		else
			left -= MIN(left, records[i].weight);
	}
	/* Nothing of it is left: it was 0, or there is nothing else. */
	return of_no_weight < n ? of_no_weight : first_of(records, n, priority);
}

static bool is_inside(const char *host, const char *domain) {
	size_t n = strlen(host), n_domain = strlen(domain);
	if (n < n_domain || !text_equal_nocase(host + n - n_domain, domain))
		return false;
	return n == n_domain || host[n - n_domain - 1] == '.';
}

/* Names in DNS answers may have the dot of the root at their end. */
static char *without_dot(const char *name) {
	size_t n = strlen(name);
	return memory_strndup(name, n > 0 && name[n - 1] == '.' ? n - 1 : n);
}

void discovery_add_srv(struct discovery *d, const struct discovery_question *question,
	struct discovery_srv *records, size_t n, uint64_t random) {
	assert(question->asks == DISCOVERY_ASKS_SRV);
	for (n = MIN(n, (size_t)DISCOVERY_SRV_MAX); n > 0; n--) {
		size_t i = pick(records, n, &random);
		CLEANUP_TEXT char *host = without_dot(records[i].target);
		const struct discovery_server server = {
			.way = DISCOVERY_SRV,
			.is_pop3 = question->is_pop3,
			.host = host,
			.port = records[i].port,
			.user = d->whole,
			.is_foreign = !is_inside(host, d->domain),
		};
		if (*host && server.port > 0)
			add(d, &server);
		records[i] = records[n - 1];
	}
}

static enum provider_login login_of(unsigned logins) {
	bool takes_token = logins & AUTOCONFIG_OAUTH2;
	bool takes_password = logins & AUTOCONFIG_PASSWORD;
	if (!takes_token)
		return PROVIDER_PASSWORD;
	return takes_password ? PROVIDER_TOKEN_OR_APP_PASSWORD : PROVIDER_TOKEN;
}

void discovery_add_autoconfig(struct discovery *d, const struct discovery_question *question,
	const struct autoconfig *config) {
	assert(question->asks == DISCOVERY_ASKS_PAGE);
	for (size_t i = 0; i < config->n_servers; i++) {
		const struct autoconfig_server *found = &config->servers[i];
		const struct discovery_server server = {
			.way = question->way,
			.is_pop3 = found->is_pop3,
			.is_starttls = found->security == AUTOCONFIG_STARTTLS,
			.host = found->host,
			.port = found->port,
			.user = found->user,
			.login = login_of(found->logins),
		};
		if (found->security != AUTOCONFIG_CLEARTEXT)
			add(d, &server);
	}
}

void discovery_add_guess(struct discovery *d, const struct discovery_question *question) {
	assert(question->asks == DISCOVERY_ASKS_CONNECTION);
	const struct discovery_server server = {
		.way = DISCOVERY_GUESS,
		.is_pop3 = question->is_pop3,
		.host = (char *)(uintptr_t)question->text,
		.port = question->port,
		.user = d->whole,
	};
	add(d, &server);
}

const struct discovery_server *discovery_server(const struct discovery *d, size_t index) {
	return index < d->n_servers ? &d->servers[index] : NULL;
}

const char *discovery_way_to_string(enum discovery_way way) {
	switch (way) {
	case DISCOVERY_TABLE:
		return "our own table of providers";
	case DISCOVERY_EXCHANGER:
		return "our own table of providers, by who takes the domain's mail";
	case DISCOVERY_SRV:
		return "the domain's DNS";
	case DISCOVERY_AUTOCONFIG:
		return "the domain's web server";
	case DISCOVERY_ISPDB:
		return "Mozilla's database of providers";
	case DISCOVERY_GUESS:
		return "a name that is usual";
	}
	return "";
}

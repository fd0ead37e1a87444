#pragma once
/* The search for a user's server: what there is to ask, in which order, and what the answers are
 * worth. Asks nobody itself: whoever can resolve names and fetch pages does, one question after the
 * other, and adds the answers. Pure; chance is an argument.
 *
 * Only servers that are encrypted come out of it: who could change an answer on its way must not
 * be able to have the password sent in the clear. */
#include <stddef.h>
#include <stdint.h>

#include "provider/autoconfig.h"
#include "provider/mail-address.h"
#include "provider/provider-table.h"

#define DISCOVERY_SERVERS_MAX 32
#define DISCOVERY_SRV_MAX 32

/* By which way a server was found; the better ones first. */
enum discovery_way {
	DISCOVERY_TABLE, /* our own table, by the domain */
	DISCOVERY_EXCHANGER, /* our own table, by who takes the domain's mail */
	DISCOVERY_SRV, /* the domain's DNS (RFC 6186, RFC 8314) */
	DISCOVERY_AUTOCONFIG, /* the domain's web server */
	DISCOVERY_ISPDB, /* Mozilla's database */
	DISCOVERY_GUESS, /* a name that is usual */
};

enum discovery_asks {
	DISCOVERY_ASKS_MX, /* of `text`; discovery_add_exchanger() for each */
	DISCOVERY_ASKS_SRV, /* of `text`; discovery_add_srv() */
	DISCOVERY_ASKS_PAGE, /* `text` is an https URL; discovery_add_autoconfig() */
	DISCOVERY_ASKS_CONNECTION, /* to `text` and `port`, TLS; discovery_add_guess() if it stands */
};

struct discovery_question {
	enum discovery_way way;
	enum discovery_asks asks;
	const char *text; /* borrowed from the discovery */
	uint16_t port;
	bool is_pop3;
	bool tells_others; /* a third party learns the domain: the user is asked first */
};

struct discovery_server {
	enum discovery_way way;
	bool is_pop3; /* else IMAP */
	bool is_starttls; /* else TLS from the first byte */
	char *host;
	uint16_t port;
	char *user;
	enum provider_login login;
	const char *provider; /* its name, or NULL */
	const char *advice; /* a sentence, or NULL */
	/* DNS alone says so, and it is outside of the address' domain: the user must agree (RFC 6186,
	 * section 6). */
	bool is_foreign;
};

struct discovery_srv {
	uint16_t priority, weight, port;
	const char *target; /* borrowed; "." says that there is no such service */
};

struct discovery;

/* The address is copied. What our table knows is found from the start. */
struct discovery *discovery_new(const struct mail_address *address);
struct discovery *discovery_free(struct discovery *d);
DEFINE_CLEANUP(struct discovery, discovery_free);

/* The questions in their order; false behind the last one. */
bool discovery_question(const struct discovery *d, size_t index, struct discovery_question *ret);

void discovery_add_exchanger(struct discovery *d, const char *host);
/* The records are put into the order of RFC 2782, by `random`. */
void discovery_add_srv(struct discovery *d, const struct discovery_question *question,
	struct discovery_srv *records, size_t n, uint64_t random);
void discovery_add_autoconfig(struct discovery *d, const struct discovery_question *question,
	const struct autoconfig *config);
void discovery_add_guess(struct discovery *d, const struct discovery_question *question);

/* The best first: IMAP before POP3, TLS before STARTTLS, and the better way. NULL behind the last;
 * borrowed until something is added. */
const struct discovery_server *discovery_server(const struct discovery *d, size_t index);

/* "our own table of providers" */
const char *discovery_way_to_string(enum discovery_way way);

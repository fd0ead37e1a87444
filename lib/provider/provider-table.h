#pragma once
/* What is known of well-known providers: where their servers are, and what they want for a login.
 * Data; each row names its source. Pure. */
#include <stdbool.h>

/* The ways in that a row allows, the best one first in what people are told. */
enum provider_login {
	PROVIDER_PASSWORD, /* that of the web page too */
	PROVIDER_APP_PASSWORD, /* one made for a program on the web page */
	PROVIDER_TOKEN_OR_APP_PASSWORD,
	PROVIDER_TOKEN, /* an OAuth 2.0 access token alone */
	PROVIDER_NONE, /* no IMAP, no POP3 */
};

struct provider {
	const char *name;
	const char *domains; /* of addresses; words between blanks */
	const char *
		exchangers; /* ends of the names of MX hosts, for domains of its customers; or "" */
	const char *imap_host; /* port 993, TLS; NULL: it has none */
	const char *pop3_host; /* port 995, TLS; NULL */
	enum provider_login login;
	bool user_is_local_part; /* the login name is what stands before the @ */
	const char *advice; /* a sentence, or NULL */
};

/* By the domain of an address, in lower case; NULL: not known. */
const struct provider *provider_table_find(const char *domain);

/* By the name of a mail exchanger of the domain, without a dot at its end. */
const struct provider *provider_table_find_exchanger(const char *host);

/* All of them; NULL behind the last one. */
const struct provider *provider_table_at(unsigned index);

#pragma once
/* A provider's own word about its servers, in the XML of Mozilla's autoconfig 1.1 (config-v1.1.xml,
 * draft-ietf-mailmaint-autoconfig). A stranger wrote it: no DTD and so no entities, bounds on depth,
 * texts and servers, and what does not look like a host or a user is left out. Pure. */
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "provider/mail-address.h"

#define AUTOCONFIG_BYTES_MAX ((size_t)256 * 1024)
#define AUTOCONFIG_SERVERS_MAX 16
#define AUTOCONFIG_DEPTH_MAX 16
#define AUTOCONFIG_TEXT_MAX 512

enum autoconfig_security {
	AUTOCONFIG_TLS, /* "SSL" */
	AUTOCONFIG_STARTTLS,
	AUTOCONFIG_CLEARTEXT, /* "plain": for the caller to refuse */
};

enum autoconfig_login {
	AUTOCONFIG_PASSWORD = 1 << 0, /* in whatever way */
	AUTOCONFIG_OAUTH2 = 1 << 1,
	AUTOCONFIG_GSSAPI = 1 << 2,
	AUTOCONFIG_CLIENT_CERTIFICATE = 1 << 3,
};

struct autoconfig_server {
	bool is_pop3; /* else IMAP */
	char *host;
	uint16_t port;
	enum autoconfig_security security;
	unsigned logins; /* of enum autoconfig_login; 0: none that is known */
	char *user; /* with the address put in */
};

struct autoconfig {
	char *provider; /* its name for people, or NULL; any text */
	struct autoconfig_server servers[AUTOCONFIG_SERVERS_MAX]; /* in their order */
	size_t n_servers;
};

/* 0 with at least one server; -EBADMSG with a sentence (a constant). */
int autoconfig_parse(const char *xml, size_t n, const struct mail_address *address,
	struct autoconfig **ret, const char **ret_problem);
struct autoconfig *autoconfig_free(struct autoconfig *a);
DEFINE_CLEANUP(struct autoconfig, autoconfig_free);

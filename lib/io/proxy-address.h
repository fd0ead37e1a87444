#pragma once
/* Where a proxy is, as a user writes it: "none", "socks5://host:1080", "http://user@[::1]:3128". Its
 * password stands elsewhere. */
#include <stdint.h>

#include "io/proxy-talk.h"

struct proxy_address {
	enum proxy_kind kind;
	char *user; /* NULL: none */
	char *host; /* NULL with PROXY_NONE */
	uint16_t port;
};

/* NULL, or an owned sentence that says what is wrong; `ret` is empty then. */
char *proxy_address_parse(const char *text, struct proxy_address *ret);
void proxy_address_deinit(struct proxy_address *address);

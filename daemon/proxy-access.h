#pragma once
/* The way of an account to its proxy: Proxy= and what is in ProxyPasswordFile=. Read right before a
 * connection is made, erased right after. */
#include "base/macros.h"
#include "io/connector.h"
#include "io/proxy-address.h"

struct account_config;

/* Embedded in a local. */
struct proxy_access {
	struct proxy_address address;
	char *password; /* NULL: none */
};

/* 0, with what is borrowed from `access` for a stream; or negative errno, with a sentence. */
int proxy_access_init(struct proxy_access *access, const struct account_config *config,
	struct connector_proxy *ret, char **ret_problem);
void proxy_access_deinit(struct proxy_access *access);

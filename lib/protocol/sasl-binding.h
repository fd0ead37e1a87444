#pragma once
/* What binds a login to the TLS connection that it goes through (RFC 5056), as SCRAM's -PLUS
 * mechanisms use it: whoever sits between two TLS connections has another one on each side. */
#include <stddef.h>
#include <stdint.h>

#define SASL_BINDING_MAX ((size_t)64)

/* In the order in which they are tried: nothing in the protocol says which kinds a server takes. */
enum sasl_binding_kind {
	SASL_BINDING_TLS_EXPORTER, /* RFC 9266 */
	SASL_BINDING_TLS_SERVER_END_POINT, /* RFC 5929 section 4 */
	SASL_BINDING_TLS_UNIQUE, /* RFC 5929 section 3; the one that Cyrus knows */
	SASL_BINDING_COUNT_
};

struct sasl_binding {
	uint8_t bytes[SASL_BINDING_MAX];
	size_t n; /* 0: this connection has none of this kind */
};

struct sasl_bindings {
	struct sasl_binding of[SASL_BINDING_COUNT_];
};

#pragma once
/* Private to the files of SASL: what a mechanism is made of. */
#include "base/buffer.h"
#include "protocol/sasl.h"

/* One response. GSSAPI sends whole tickets; Active Directory puts all groups of a user in them. */
#define SASL_RESPONSE_MAX ((size_t)48 * 1024)
/* What a server says that is kept for people. */
#define SASL_SAID_MAX ((size_t)200)

enum sasl_progress {
	SASL_MORE, /* the server has something to say or to prove yet */
	SASL_DONE,
	SASL_WAIT, /* no initial response: let the server begin */
	SASL_REFUSED, /* cancel */
};

/* First member of every mechanism's own struct. */
struct sasl_exchange {
	const struct sasl_exchange_kind *kind;
	enum sasl_verdict verdict;
	char *said;
};

struct sasl_exchange_kind {
	/* The challenge ends with a NUL that is not counted; NULL: none yet. */
	enum sasl_progress (*step)(
		struct sasl_exchange *e, const char *challenge, size_t n, struct buffer *out);
	void (*free)(struct sasl_exchange *e); /* all but `said` */
};

int sasl_gnu_new(const struct sasl_login *login, struct sasl_exchange **ret);
int sasl_scram_new(const struct sasl_login *login, struct sasl_exchange **ret);
int sasl_oauth_new(const struct sasl_login *login, struct sasl_exchange **ret);

/* Ends the exchange with a sentence of ours. */
enum sasl_progress sasl_exchange_refuse(struct sasl_exchange *e, const char *format, ...)
	PRINTF_LIKE(2, 3);

/* A saslname (RFC 5801 section 4): "," and "=" are written as =2C and =3D. */
void sasl_exchange_append_name(struct buffer *out, const char *name);

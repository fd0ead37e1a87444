#pragma once
/* What a POP3 server says it can do (CAPA, RFC 2449). Words that change nothing for us are not kept. */
#include <stdbool.h>
#include <stdint.h>

enum pop3_capability {
	POP3_CAPABILITY_TOP = 1 << 0,
	POP3_CAPABILITY_USER = 1 << 1,
	POP3_CAPABILITY_PIPELINING = 1 << 2,
	POP3_CAPABILITY_UIDL = 1 << 3,
};

#define POP3_EXPIRE_NEVER UINT32_MAX

struct pop3_capabilities {
	unsigned set;
	uint32_t mechanisms; /* SASL: bits of enum sasl_mechanism */
	bool is_known; /* the server has answered CAPA */
	/* LOGIN-DELAY or EXPIRE differ by user: they are to be asked for again after the login */
	bool is_by_user;
	uint64_t login_delay_usec; /* at most a day; 0: none */
	uint32_t expire_days; /* POP3_EXPIRE_NEVER also when the server does not say */
};

void pop3_capability_init(struct pop3_capabilities *capabilities);

/* Adds one line of the answer. */
void pop3_capability_add(struct pop3_capabilities *capabilities, const char *line);

#include "daemon/kerberos.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "protocol/sasl.h"

/* The first message of GSSAPI is made from the ticket. */
static int begin(const char *service, const char *host) {
	const struct sasl_login login = {
		.mechanism = SASL_MECHANISM_GSSAPI,
		.service = service,
		.host = host,
		.user = "",
	};
	CLEANUP(sasl_free) struct sasl *s = NULL;
	CLEANUP_SECRET char *response = NULL;
	if (sasl_new(&login, &s) < 0) {
		fputs("posthornd: GNU SASL has no GSSAPI here\n", stderr);
		return EXIT_FAILURE;
	}
	if (sasl_step(s, NULL, &response) == 0)
		return EXIT_SUCCESS;
	const char *said = sasl_said(s);
	fprintf(stderr, "%s\n", said ? said : "Kerberos: no ticket");
	return EXIT_FAILURE;
}

int kerberos_fetch_ticket(const char *service_at_host) {
	const char *at = strchr(service_at_host, '@');
	if (!at || at == service_at_host || at[1] == '\0') {
		fprintf(stderr, "posthornd: '%s' is not SERVICE@HOST\n", service_at_host);
		return 2;
	}
	CLEANUP_TEXT char *service =
		memory_strndup(service_at_host, (size_t)(at - service_at_host));
	return begin(service, at + 1);
}

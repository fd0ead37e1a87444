/* The XML of autoconfig. Invariants: bounded, hosts are hosts, nothing in a user name ends a line, and
 * there is a problem or a server. */
#include <string.h>

#include "fuzz.h"
#include "provider/autoconfig.h"

static void check_server(const struct autoconfig_server *server) {
	FUZZ_CHECK(mail_address_is_host(server->host) && server->port > 0);
	FUZZ_CHECK(*server->user && strlen(server->user) <= AUTOCONFIG_TEXT_MAX);
	for (const char *p = server->user; *p; p++)
		FUZZ_CHECK((unsigned char)*p >= ' ' && *p != 0x7F);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
	struct mail_address address;
	struct autoconfig *config = NULL;
	const char *problem = NULL;
	FUZZ_CHECK(mail_address_parse("ada@example.org", &address, &problem) == 0);
	int r = autoconfig_parse((const char *)bytes, n, &address, &config, &problem);
	FUZZ_CHECK((r == 0) == (config != NULL) && (r == 0) == (problem == NULL));
	if (config) {
		FUZZ_CHECK(config->n_servers > 0 && config->n_servers <= AUTOCONFIG_SERVERS_MAX);
		for (size_t i = 0; i < config->n_servers; i++)
			check_server(&config->servers[i]);
	}
	autoconfig_free(config);
	mail_address_deinit(&address);
	return 0;
}

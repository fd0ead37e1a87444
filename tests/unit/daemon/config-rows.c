/* Prints the tables of the configuration, a row a line: file, section, key, default; for the check
 * that holds manual and examples against them. */
#include <stdio.h>

#include "daemon/account-keys.h"
#include "daemon/daemon-config.h"

static void print_table(const char *file, const struct config_table *table) {
	for (size_t i = 0; i < table->n; i++) {
		const struct config_key *key = &table->keys[i];
		printf("%s\t%s\t%s\t%s\n", file, key->section, key->name,
			key->standard ? key->standard : "");
	}
}

int main(void) {
	print_table("posthorn.conf", &daemon_config_table);
	print_table("accounts.d/example.conf", &account_keys_table);
	return 0;
}

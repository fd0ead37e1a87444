/* Prints the agent's keys, as daemon/config-rows.c does those of the daemon. They may stand in
 * posthorn.conf and in an account's file; posthorn.conf is where they are explained. */
#include "notify/settings.h"

#include <stdio.h>

int main(void) {
	for (size_t i = 0; i < settings_table.n; i++) {
		const struct config_key *key = &settings_table.keys[i];

		printf("posthorn.conf\t%s\t%s\t%s\n", key->section, key->name,
			key->standard ? key->standard : "");
	}
	return 0;
}

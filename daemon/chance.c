#include "daemon/chance.h"

#include <systemd/sd-id128.h>

uint64_t chance_number(void) {
	sd_id128_t random;
	return sd_id128_randomize(&random) < 0 ? 0 : random.qwords[0];
}

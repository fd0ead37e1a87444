#include "daemon/damage.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"

int damage_judge(sd_event *loop, int r) {
	if (r != -EUCLEAN)
		return r;
	const struct log_fields fields = { .event = LOG_EVENT_STATE_DAMAGED };
	log_write_fields(LOG_LEVEL_ERROR, NULL, &fields, "the state file is damaged: ending");
	(void)sd_event_exit(loop, EXIT_FAILURE);
	return r;
}

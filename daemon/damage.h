#pragma once
/* What a state file that is damaged under a running daemon means: the end of this process. To go on
 * would be to see no mail, and to say so to nobody. The next start, which is the service manager's
 * business, sets the file aside and begins anew. */
#include <systemd/sd-event.h>

/* `r` is the store's answer, and what is returned. -EUCLEAN ends the loop with a status of failure. */
int damage_judge(sd_event *loop, int r);

#pragma once
/* The daemon's metrics as text for Prometheus: OpenMetrics 1.0. */
#include "base/buffer.h"
#include "bus/message.h"

/* The answer of GetMetrics. -EBADMSG when it is no such answer, or has a name that cannot be
 * written down; what was written before stays. */
int metrics_text_write(DBusMessage *answer, struct buffer *out);

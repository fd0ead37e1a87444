#pragma once
/* The numbers of log events in the journal (MESSAGE_ID=), which units/posthorn.catalog explains, and
 * which of them a reason is. */
#include "base/log.h"
#include "base/reason.h"

/* 32 hexadecimal digits; "" for LOG_EVENT_NONE. */
const char *log_catalog_id(enum log_event event);
enum log_event log_catalog_event_of(enum reason reason);

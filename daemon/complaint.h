#pragma once
/* What the daemon's program says to the person who called it, where the log is not meant. */
#include "base/macros.h"

/* "posthornd: ..." on standard error, made printable, one line. */
void complaint_print(const char *format, ...) PRINTF_LIKE(1, 2);

#pragma once
/* The id of an account: the name of its file, of its D-Bus object, and of its field in the log. */
#include <stdbool.h>

#define ACCOUNT_ID_MAX 64

/* Letters and digits of ASCII and ._-@+, not with a dot at the start; at most ACCOUNT_ID_MAX. */
bool account_id_is_valid(const char *id);

#pragma once
/* Every key that an account has: the table of struct account_config. */
#include "daemon/config-key.h"

extern const struct config_table account_keys_table;

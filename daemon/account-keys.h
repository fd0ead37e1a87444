#pragma once
/* Every key that an account has: the table of struct account_config. */
#include "config/config-key.h"

extern const struct config_table account_keys_table;

/* What Host= and User= may be: NULL, or an owned sentence. */
char *account_keys_check_host(const char *text);
char *account_keys_check_user(const char *text);

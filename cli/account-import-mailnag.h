#pragma once
/* Mailnag's mailnag.cfg: a section [accountN] for each account. */
#include "cli/account-import.h"

bool account_import_mailnag_matches(const char *text, size_t n);
/* 0; -EBADMSG with the import's problem. */
int account_import_mailnag_read(struct account_import *import, const char *text, size_t n);

#pragma once
/* goimapnotify's configuration: YAML, of which JSON is a part. One account as an object, many as an
 * array, or as the array `configurations` of an object. */
#include "cli/account-import.h"

/* 0; -EBADMSG with the import's problem. */
int account_import_yaml_read(struct account_import *import, const char *text, size_t n);
/* ["INBOX", "Sent"], the mailboxes of one draft; as above. */
int account_import_yaml_read_list(
	struct account_import *import, struct account_import_draft *draft, const char *text);

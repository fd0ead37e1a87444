#pragma once
/* The accounts of another mailbox monitor become ours: its file is read, theirs are written. */
#include <stdbool.h>

/* An exit code, after it has said what there was to say. All accounts are written or none; one that
 * is there stays as it is. `is_sure`: commands of the file that say a server or a user are run
 * without a question. */
int account_adoption_run(const char *path, bool is_system, bool is_sure);

#pragma once
/* What watch-group.c may ask of a watch of the kind `watch_imap_kind`, beyond what all can do. */
#include <stdbool.h>

struct watch;

/* From now on another connection watches this mailbox. False: it is open here at this moment, or it
 * is the one that is always open. */
bool watch_imap_yield(struct watch *watch, const char *mailbox);
/* `id` names a message of a mailbox that this connection knows, as the server numbers it. */
bool watch_imap_has_message(struct watch *watch, const char *id);
/* That connection is gone: the mailbox is watched here again, from where the store says that
 * reading ended. 0, or negative errno when the store cannot be read. */
int watch_imap_take_back(struct watch *watch, const char *mailbox);

#pragma once
/* An IMAP account that may use more than one connection (Connections=): the trunk watches all of its
 * mailboxes; then each named one but the first gets a connection of its own, in the order of
 * Watch=, to be pushed what the trunk would find only when it looks. To the account it is one
 * watch. Not used where the trunk is pushed everything already.
 *
 * A server that refuses a connection since there are too many is not asked again: the mailbox goes
 * back to the trunk, and the number is remembered. */
#include "daemon/watch.h"

extern const struct watch_kind watch_group_kind;

#pragma once
/* From the a{sv} of a D-Bus message to a record. */
#include "bus/message.h"
#include "cli/record.h"

/* Reads the dictionary that is next in `r` into `record`: texts, unsigned numbers, booleans and
 * lists of texts; values of other types are left out, since the contract has none. -EBADMSG when
 * there is no dictionary; what was read before the fault stays. */
int record_reader_read(struct message_reader *r, struct record *record);

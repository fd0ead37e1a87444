#pragma once
/* The Manager interface over struct api_view. */
#include <stdint.h>

#include "bus/object.h"

struct store_event;

extern const struct object_interface api_manager_interface;

/* Bits of the interface's properties for a mask of enum manager_changed. */
uint64_t api_manager_properties(unsigned changed);

/* NewMail or MailboxReset, owned; NULL for an event that the contract does not signal. */
DBusMessage *api_manager_signal(const struct store_event *event);
/* Lagged, owned. */
DBusMessage *api_manager_lagged(uint64_t first, uint64_t last);

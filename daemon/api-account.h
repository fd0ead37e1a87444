#pragma once
/* The Account interface over one struct account. */
#include <stdint.h>

#include "bus/object.h"

struct account;

extern const struct object_interface api_account_interface;

/* The object's path, owned. */
char *api_account_path(const struct account *account);

/* Bits of the interface's properties for a mask of enum account_changed. */
uint64_t api_account_properties(unsigned changed);

/* Appends all properties as one a{sv}. */
void api_account_write(struct message_writer *w, struct account *account);

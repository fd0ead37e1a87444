#pragma once
/* The first mailbox of an address list (RFC 5322 3.4), read by GMime as loosely as it can. */

/* `field` is UTF-8. 1: found, in the list itself or in its first groups; 0: none. `ret_name` ("" when
 * there is none) has its encoded words still; both are owned. */
int mailbox_list_first(const char *field, char **ret_name, char **ret_address);

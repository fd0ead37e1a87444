#pragma once
/* Host names as people write them, and as DNS, SNI and certificates know them. */

/* The ASCII form (IDNA 2008 with the mapping of UTS 46): "xn--bcher-kva.example" for
 * a name with an umlaut in it; ASCII names and address literals as they are. Owned; NULL when it cannot
 * be a host name. */
char *host_name_to_ascii(const char *name);

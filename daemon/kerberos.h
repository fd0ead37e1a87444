#pragma once
/* Kerberos tickets. The library that gets them waits for the key distribution centre, so that the
 * daemon has a child of its own do it; what the child got stands in the user's credential cache, and
 * the login itself waits for nobody. */

/* posthornd --fetch-ticket SERVICE@HOST: one attempt; complains on stderr. The exit status. */
int kerberos_fetch_ticket(const char *service_at_host);

#pragma once
/* Signals as something to read, beside the other descriptors of a verb that waits. */

/* The orders to end (SIGHUP, SIGINT, SIGTERM) and `other` are blocked from now on, and wait in the
 * descriptor. */
int signals_open(int other);

/* The number of the next one; 0: none has come. */
int signals_next(int fd);

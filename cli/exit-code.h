#pragma once
/* What the program's end means; posthorn(1) documents it. The numbers above 60 are those of
 * <sysexits.h>. */
enum exit_code {
	EXIT_CODE_OK = 0,
	EXIT_CODE_NOT_WELL = 1, /* status: an account is not online; doctor: a problem */
	EXIT_CODE_REFUSED = 1, /* the daemon, or the key ring, answered with an error */
	EXIT_CODE_USAGE = 2,
	EXIT_CODE_UNAVAILABLE = 69, /* no bus, or no daemon or key ring on it */
	EXIT_CODE_OUTPUT = 74, /* standard output cannot be written */
	EXIT_CODE_NOT_PERMITTED = 77, /* by the bus, or by who did not unlock the key ring */
};

#pragma once
/* What the program's end means; posthorn(1) documents it. The numbers above 60 are those of
 * <sysexits.h>. */
enum exit_code {
	EXIT_CODE_OK = 0,
	EXIT_CODE_NOT_WELL = 1, /* status: an account is not online */
	EXIT_CODE_REFUSED = 1, /* the daemon answered with an error */
	EXIT_CODE_USAGE = 2,
	EXIT_CODE_UNAVAILABLE = 69, /* no bus, or no daemon on it */
	EXIT_CODE_OUTPUT = 74, /* standard output cannot be written */
	EXIT_CODE_NOT_PERMITTED = 77, /* the bus lets this user not speak to the daemon */
};

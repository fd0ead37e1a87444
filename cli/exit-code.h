#pragma once
/* What the program's end means; posthorn(1) documents it. Those from 64 to 78 are
 * from <sysexits.h>, those above 100 from timeout(1) and env(1). */
enum exit_code {
	EXIT_CODE_OK = 0,
	EXIT_CODE_NOT_WELL = 1, /* status: an account is not online; doctor: a problem */
	EXIT_CODE_REFUSED = 1, /* the daemon, or the key ring, answered with an error */
	EXIT_CODE_USAGE = 2,
	EXIT_CODE_COMMAND = 3, /* run: the program failed, and failed again */
	EXIT_CODE_DATA = 65, /* run: events are lost (--on-gap=stop), or the cursor is damaged */
	EXIT_CODE_UNAVAILABLE = 69, /* no bus, or no daemon or key ring on it */
	EXIT_CODE_OUTPUT = 74, /* standard output or the cursor cannot be written */
	EXIT_CODE_BUSY = 75, /* run: another one uses the cursor */
	EXIT_CODE_NOT_PERMITTED = 77, /* by bus or daemon, or by who did not unlock the key ring */
	EXIT_CODE_TIMEOUT = 124, /* wait: nothing came in time */
	EXIT_CODE_NO_COMMAND = 127, /* run, open: there is no such program, or it cannot be run */
};

#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "cli/exit-code.h"
#include "config/language.h"

/* open() takes the lowest number that is free, which is the one that was found closed. */
void output_occupy_descriptors(void) {
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY);
}

/* Whoever shares the descriptor with us may have made it non-blocking. */
static void wait_until_writable(int fd) {
	struct pollfd output = { .fd = fd, .events = POLLOUT };
	(void)poll(&output, 1, -1);
}

int output_write_to(int fd, struct buffer *out) {
	while (out->n > 0) {
		ssize_t n = write(fd, buffer_bytes(out), out->n);
		if (n >= 0)
			buffer_consume(out, (size_t)n);
		else if (errno == EAGAIN)
			wait_until_writable(fd);
		else if (errno != EINTR)
			return -errno;
	}
	return 0;
}

int output_write(struct buffer *out) {
	return output_write_to(STDOUT_FILENO, out);
}

int output_exit_code(int r) {
	if (r >= 0 || r == -EPIPE)
		return EXIT_CODE_OK;
	output_complain(_("Standard output cannot be written: %s"), strerror(-r));
	return EXIT_CODE_OUTPUT;
}

bool output_wants_color(void) {
	const char *terminal = getenv("TERM");
	return isatty(STDOUT_FILENO) && text_is_empty(getenv("NO_COLOR")) && terminal &&
	       strcmp(terminal, "dumb") != 0;
}

size_t output_columns(void) {
	struct winsize size;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void output_complain(const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	CLEANUP_TEXT char *text = memory_vformat(format, arguments);
	va_end(arguments);
	CLEANUP_TEXT char *printable = text_printable(text);
	fprintf(stderr, "posthorn: %s\n", printable);
}

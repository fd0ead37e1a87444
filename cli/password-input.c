#include "cli/password-input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/memory.h"
#include "config/language.h"

/* Looked for this often while the user types. */
#define SIGNAL_MSEC 200

/* What would end or stop us in the middle. */
static sigset_t deadly_signals(void) {
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
	sigset_t set;
	(void)sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		(void)sigaddset(&set, signals[i]);
	return set;
}

static bool is_interrupted(void) {
	sigset_t pending, deadly = deadly_signals();
	(void)sigpending(&pending);
	for (int i = 1; i < SIGRTMIN; i++)
		if (sigismember(&pending, i) > 0 && sigismember(&deadly, i) > 0)
			return true;
	return false;
}

/* One byte. Where the signals are blocked it does not wait for the user when one is there. */
static ssize_t read_byte(int fd, char *byte) {
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	while (poll(&wait, 1, SIGNAL_MSEC) == 0)
		if (is_interrupted())
			return -1;
	ssize_t got;
	do
		got = read(fd, byte, 1);
	while (got < 0 && errno == EINTR);
	return got;
}

/* Up to a line's end or the end; -EIO. What comes behind the line is not ours. */
static int read_line(int fd, char *line, size_t *ret_n, bool *ret_is_whole) {
	size_t n = 0;
	ssize_t got = 1;
	*ret_is_whole = false;
	while (n < PASSWORD_INPUT_MAX) {
		got = read_byte(fd, line + n);
		if (got <= 0 || line[n] == '\n')
			break;
		n++;
	}
	*ret_is_whole = got <= 0 || n < PASSWORD_INPUT_MAX;
	if (n > 0 && line[n - 1] == '\r')
		n--;
	*ret_n = n;
	return got < 0 ? -EIO : 0;
}

static int check(const char *line, size_t n, bool is_whole, char **ret_problem) {
	if (!is_whole)
		*ret_problem =
			memory_format(_("A password has at most %zu bytes"), PASSWORD_INPUT_MAX);
	else if (n == 0)
		*ret_problem = memory_strdup(_("No password was given"));
	else if (memchr(line, '\0', n))
		*ret_problem = memory_strdup(_("A password has no zero byte"));
	else
		return 0;
	return -EINVAL;
}

static int read_password(int fd, char **ret_password, char **ret_problem) {
	char *line = MEMORY_NEW_ARRAY(char, PASSWORD_INPUT_MAX + 1);
	size_t n = 0;
	bool is_whole;
	int r = read_line(fd, line, &n, &is_whole);
	if (r < 0)
		*ret_problem = memory_strdup(_("The password cannot be read"));
	else
		r = check(line, n, is_whole, ret_problem);
	if (r == 0)
		*ret_password = memory_strndup(line, n);
	memory_erase(line, PASSWORD_INPUT_MAX + 1);
	free(line);
	return r;
}

/* The echo ends before the question is there: a quick answer would else be shown, and then thrown
 * away with what was typed ahead. Ctrl-C must not leave a terminal behind that shows nothing: the
 * signals wait until it is as it was, and then have their way. */
static int read_silently(int fd, const char *prompt, char **ret_password, char **ret_problem) {
	struct termios was, silent;
	sigset_t deadly = deadly_signals(), before;
	if (tcgetattr(fd, &was) < 0) {
		*ret_problem = memory_strdup(_("The terminal does not let its echo be turned off"));
		return -EIO;
	}
	(void)sigprocmask(SIG_BLOCK, &deadly, &before);
	silent = was;
	silent.c_lflag &= (tcflag_t)~ECHO;
	silent.c_lflag |= ECHONL;
	(void)tcsetattr(fd, TCSAFLUSH, &silent);
	(void)!write(fd, prompt, strlen(prompt));
	int r = read_password(fd, ret_password, ret_problem);
	(void)tcsetattr(fd, TCSAFLUSH, &was);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return r;
}

int password_input_read(const char *prompt, char **ret_password, char **ret_problem) {
	if (!isatty(STDIN_FILENO))
		return read_password(STDIN_FILENO, ret_password, ret_problem);
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		*ret_problem = memory_strdup(_("The terminal cannot be opened"));
		return -EIO;
	}
	int r = read_silently(fd, prompt, ret_password, ret_problem);
	(void)close(fd);
	return r;
}

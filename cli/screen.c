#include "cli/screen.h"

#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/output.h"
#include "config/language.h"

#define ROWS_DEFAULT 24

/* The other screen, no cursor, no line goes over into the next. */
#define ENTER "\033[?1049h\033[?25l\033[?7l\033[2J"
#define LEAVE "\033[?7h\033[?25h\033[?1049l"
/* DEC private mode 2026, a picture as a whole; terminals that do not know it ignore it. */
#define BEGIN "\033[?2026h\033[H"
#define END "\033[J\033[?2026l"
#define LINE_END "\033[0m\033[K"

static void put(const char *text) {
	struct buffer out;
	buffer_init(&out, OUTPUT_MAX);
	(void)buffer_append_text(&out, text);
	(void)output_write(&out);
	buffer_deinit(&out);
}

/* Ctrl-C stays a signal; Ctrl-Z would leave a shell on the other screen. */
void screen_init(struct screen *s) {
	s->has_keys = tcgetattr(STDIN_FILENO, &s->before) == 0;
	if (s->has_keys) {
		struct termios keys = s->before;
		keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		keys.c_cc[VSUSP] = _POSIX_VDISABLE;
		keys.c_cc[VMIN] = 1;
		keys.c_cc[VTIME] = 0;
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &keys);
	}
	put(ENTER);
}

void screen_deinit(struct screen *s) {
	put(LEAVE);
	if (s->has_keys)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &s->before);
}

size_t screen_rows(void) {
	struct winsize size;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row == 0)
		return ROWS_DEFAULT;
	return size.ws_row;
}

bool screen_wants_end(struct screen *s) {
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	char keys[64];
	while (s->has_keys && poll(&input, 1, 0) > 0) {
		ssize_t n = read(STDIN_FILENO, keys, sizeof(keys));
		if (n <= 0 || memchr(keys, 'q', (size_t)n) || memchr(keys, 'Q', (size_t)n))
			return true;
	}
	return false;
}

static size_t count_lines(const char *text) {
	size_t n = 0;
	for (; *text; text++)
		n += *text == '\n';
	return n;
}

void screen_draw(const char *text, size_t rows, struct buffer *out) {
	size_t n_lines = count_lines(text);
	size_t n_shown = n_lines <= rows ? n_lines : rows - (rows > 0);
	(void)buffer_append_text(out, BEGIN);
	for (size_t i = 0; i < n_shown; i++) {
		size_t n = strcspn(text, "\n");
		(void)buffer_append_format(
			out, "%s%.*s" LINE_END, i > 0 ? "\r\n" : "", (int)n, text);
		text += n + 1;
	}
	if (n_shown < n_lines && rows > 0) {
		size_t n_more = n_lines - n_shown;

		(void)buffer_append_text(out, n_shown > 0 ? "\r\n" : "");
		(void)buffer_append_format(out,
			language_plural("... %zu more line", "... %zu more lines", n_more), n_more);
		(void)buffer_append_text(out, LINE_END);
	}
	(void)buffer_append_text(out, END);
}

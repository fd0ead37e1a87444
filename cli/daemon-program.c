#include "cli/daemon-program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/macros.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/child.h"
#include "cli/exit-code.h"
#include "cli/output.h"
#include "config/language.h"
#include "configuration.h"

#define WORDS_MAX 16
#define OUTPUT_BYTES_MAX ((size_t)64 * 1024)

const char *daemon_program_path(void) {
	const char *named = getenv("POSTHORN_DAEMON");
	return text_is_empty(named) ? POSTHORN_DAEMON : named;
}

static int start(const char *const *words, int output, pid_t *ret) {
	const char *argv[WORDS_MAX + 2] = { daemon_program_path() };
	for (size_t i = 0; words[i] && i < WORDS_MAX; i++)
		argv[i + 1] = words[i];
	struct child child = {
		.argv = argv,
		.input = CHILD_INHERIT,
		.output = output,
		.error = CHILD_INHERIT,
	};
	int r = child_start(&child, ret);
	if (r == 0)
		return EXIT_CODE_OK;
	output_complain(_("%s cannot be run: %s"), argv[0], strerror(-r));
	return EXIT_CODE_UNAVAILABLE;
}

static int wait_for(pid_t child) {
	int code = child_wait(child);
	return code >= 0 ? code : EXIT_CODE_REFUSED;
}

int daemon_program_run(const char *const *words) {
	pid_t child;
	int code = start(words, CHILD_INHERIT, &child);
	return code == EXIT_CODE_OK ? wait_for(child) : code;
}

/* To its end, so that the child never waits for us; what is too much is dropped. */
static char *read_all(int fd) {
	char bytes[4096];
	struct buffer text;
	ssize_t n;
	buffer_init(&text, OUTPUT_BYTES_MAX);
	while ((n = read(fd, bytes, sizeof(bytes))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			(void)buffer_append(&text, bytes, (size_t)n);
	char *taken = buffer_take_text(&text);
	buffer_deinit(&text);
	return taken;
}

int daemon_program_read(const char *const *words, char **ret) {
	int ends[2];
	pid_t child;
	*ret = NULL;
	if (pipe2(ends, O_CLOEXEC) < 0) {
		output_complain(_("No pipe can be made: %s"), strerror(errno));
		return EXIT_CODE_UNAVAILABLE;
	}
	int code = start(words, ends[1], &child);
	(void)close(ends[1]);
	if (code == EXIT_CODE_OK) {
		*ret = read_all(ends[0]);
		code = wait_for(child);
	}
	(void)close(ends[0]);
	return code;
}

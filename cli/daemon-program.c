#include "cli/daemon-program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/text.h"
#include "cli/exit-code.h"
#include "cli/output.h"
#include "configuration.h"

#define WORDS_MAX 16

const char *daemon_program_path(void) {
	const char *named = getenv("POSTHORN_DAEMON");
	return text_is_empty(named) ? POSTHORN_DAEMON : named;
}

static void become(const char *const *words) {
	const char *argv[WORDS_MAX + 2] = { daemon_program_path() };
	for (size_t i = 0; words[i] && i < WORDS_MAX; i++)
		argv[i + 1] = words[i];
	(void)execv(argv[0], (char *const *)argv);
	output_complain("%s cannot be run: %s", argv[0], strerror(errno));
	_exit(EXIT_CODE_UNAVAILABLE);
}

int daemon_program_run(const char *const *words) {
	pid_t child = fork();
	if (child < 0) {
		output_complain("No process can be started: %s", strerror(errno));
		return EXIT_CODE_UNAVAILABLE;
	}
	if (child == 0)
		become(words);
	int status;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return EXIT_CODE_UNAVAILABLE;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_CODE_REFUSED;
}

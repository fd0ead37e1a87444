#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "io/command.h"

#define HANG_USEC (60 * USEC_PER_SEC)

struct run {
	sd_event *loop;
	struct command *command;
	bool done;
	bool frees; /* the command, in its callback */
	int exit_status;
	char *output;
	size_t n;
	char *problem;
};

static int set_up(void **state) {
	struct run *run = MEMORY_NEW(struct run);
	assert_return_code(sd_event_new(&run->loop), 0);
	*state = run;
	return 0;
}

/* Killed children are reaped by the loop, after the command itself is gone. */
static void reap_all(struct run *run) {
	siginfo_t info;
	while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
		assert_return_code(sd_event_run(run->loop, USEC_PER_SEC), 0);
	assert_int_equal(errno, ECHILD);
}

static int tear_down(void **state) {
	struct run *run = *state;
	command_free(run->command);
	reap_all(run);
	sd_event_unref(run->loop);
	memory_free(run->output);
	memory_free(run->problem);
	memory_free(run);
	return 0;
}

static void on_done(struct command *command, const struct command_result *result, void *userdata) {
	struct run *run = userdata;
	assert_ptr_equal(command, run->command);
	assert_false(run->done);
	assert_int_equal(result->output[result->n], '\0');
	run->done = true;
	run->exit_status = result->exit_status;
	run->output = memory_strndup(result->output, result->n);
	run->n = result->n;
	run->problem = memory_strdup(result->problem);
	if (run->frees)
		run->command = command_free(run->command);
}

static int on_hang(sd_event_source *source, uint64_t usec, void *userdata) {
	*(bool *)userdata = true;
	return 0;
}

static void run_until(struct run *run, const bool *over) {
	bool hangs = false;
	sd_event_source *guard = NULL;
	assert_return_code(sd_event_add_time_relative(run->loop, &guard, CLOCK_MONOTONIC, HANG_USEC,
				   0, on_hang, &hangs),
		0);
	while (!*over && !hangs)
		assert_return_code(sd_event_run(run->loop, UINT64_MAX), 0);
	sd_event_source_disable_unref(guard);
	assert_false(hangs);
}

static void start(struct run *run, const char *script, uint64_t timeout_usec) {
	const char *argv[] = { "/bin/sh", "-c", script, NULL };
	assert_int_equal(
		command_new(run->loop, argv, NULL, timeout_usec, on_done, run, &run->command), 0);
}

static void run_script(struct run *run, const char *script) {
	start(run, script, HANG_USEC);
	run_until(run, &run->done);
}

static void output_and_exit_status_arrive(void **state) {
	struct run *run = *state;
	run_script(run, "echo secret; exit 75");
	assert_int_equal(run->exit_status, 75);
	assert_string_equal(run->output, "secret\n");
	assert_null(run->problem);
}

static void command_may_be_freed_in_its_callback(void **state) {
	struct run *run = *state;
	run->frees = true;
	run_script(run, "echo x");
	assert_null(run->command);
	assert_string_equal(run->output, "x\n");
}

static void unknown_program_is_refused_at_once(void **state) {
	struct run *run = *state;
	const char *argv[] = { "/nonexistent/posthorn-helper", NULL };
	assert_int_equal(command_new(run->loop, argv, NULL, HANG_USEC, on_done, run, &run->command),
		-ENOENT);
	assert_null(run->command);
}

static void death_by_signal_is_a_problem(void **state) {
	struct run *run = *state;
	run_script(run, "kill -TERM $$");
	assert_int_equal(run->exit_status, -1);
	assert_string_equal(run->problem, "killed by signal 15");
}

static void output_beyond_the_cap_is_a_problem(void **state) {
	struct run *run = *state;
	run_script(run, "exec head -c 1048576 /dev/zero");
	assert_int_equal(run->exit_status, -1);
	assert_string_equal(run->problem, "printed too much");
}

static void output_up_to_the_cap_is_kept(void **state) {
	struct run *run = *state;
	run_script(run, "exec head -c 65536 /dev/zero");
	assert_int_equal(run->exit_status, 0);
	assert_int_equal(run->n, COMMAND_OUTPUT_MAX);
}

/* The second process of the group holds the write end of `gone`: its end is read as EOF here. */
static int on_gone(sd_event_source *source, int fd, uint32_t events, void *userdata) {
	char byte;
	*(bool *)userdata = read(fd, &byte, 1) == 0;
	return 0;
}

static void deadline_kills_the_group(void **state) {
	struct run *run = *state;
	char path[] = "/tmp/posthorn-test-XXXXXX";
	assert_non_null(mkdtemp(path));
	CLEANUP_TEXT char *fifo = memory_format("%s/fifo", path);
	CLEANUP_TEXT char *script = memory_format("sleep 600 >%s & echo begun; sleep 600", fifo);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	int fd = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_return_code(fd, errno);

	start(run, script, 300 * USEC_PER_MSEC);
	run_until(run, &run->done);
	assert_int_equal(run->exit_status, -1);
	assert_string_equal(run->problem, "ran longer than 300 ms");

	/* A writer that came and went: so the end is seen too if the group died before it opened
	 * the other end. */
	int writer = open(fifo, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	assert_return_code(writer, errno);
	(void)close(writer);
	bool gone = false;
	sd_event_source *source = NULL;
	assert_return_code(sd_event_add_io(run->loop, &source, fd, EPOLLIN, on_gone, &gone), 0);
	run_until(run, &gone);
	sd_event_source_disable_unref(source);
	(void)close(fd);
	(void)unlink(fifo);
	(void)rmdir(path);
}

static void freed_command_is_killed_and_reaped(void **state) {
	struct run *run = *state;
	start(run, "sleep 600", HANG_USEC);
	run->command = command_free(run->command);
	reap_all(run);
	assert_false(run->done);
}

/* As a key program does that leaves an agent behind. */
static void grandchild_with_our_pipe_is_not_waited_for(void **state) {
	struct run *run = *state;
	run_script(run, "sleep 600 & echo $!");
	assert_int_equal(run->exit_status, 0);
	pid_t agent = atoi(run->output);
	assert_true(agent > 1);
	assert_int_equal(kill(agent, SIGKILL), 0);
}

static void environment_is_cleaned_and_extended(void **state) {
	struct run *run = *state;
	(void)setenv("NOTIFY_SOCKET", "/run/x", 1);
	(void)setenv("WATCHDOG_USEC", "1", 1);
	(void)setenv("WATCHDOG_PID", "1", 1);
	(void)setenv("LISTEN_FDS", "1", 1);
	(void)setenv("POSTHORN_TEST_KEPT", "yes", 1);
	(void)setenv("POSTHORN_ACCOUNT", "old", 1);
	const char *argv[] = { "env", NULL };
	const char *environment[] = { "POSTHORN_ACCOUNT=work", NULL };
	assert_int_equal(
		command_new(run->loop, argv, environment, HANG_USEC, on_done, run, &run->command),
		0);
	run_until(run, &run->done);
	assert_null(strstr(run->output, "NOTIFY_SOCKET"));
	assert_null(strstr(run->output, "WATCHDOG"));
	assert_null(strstr(run->output, "LISTEN_FDS"));
	assert_null(strstr(run->output, "POSTHORN_ACCOUNT=old"));
	assert_non_null(strstr(run->output, "POSTHORN_ACCOUNT=work\n"));
	assert_non_null(strstr(run->output, "POSTHORN_TEST_KEPT=yes\n"));
}

static void child_has_three_descriptors_and_empty_input(void **state) {
	struct run *run = *state;
	int leak = open("/dev/null", O_RDONLY); /* without O_CLOEXEC, as a careless library does */
	assert_return_code(leak, errno);
	run_script(run, "cat; cd /proc/self/fd; for fd in *; do echo $fd; done");
	(void)close(leak);
	/* the shell itself opens the directory while it expands the star */
	assert_memory_equal(run->output, "0\n1\n2\n", 6);
	CLEANUP_TEXT char *number = memory_format("\n%d\n", leak);
	if (leak > 3)
		assert_null(strstr(run->output, number));
}

/* The daemon blocks SIGTERM and ignores SIGPIPE; the child does neither. */
static void signals_work_in_the_child(void **state) {
	struct run *run = *state;
	sigset_t blocked, old;
	(void)sigemptyset(&blocked);
	(void)sigaddset(&blocked, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &blocked, &old);
	void (*handler)(int) = signal(SIGPIPE, SIG_IGN);
	run_script(run, "sh -c 'kill -PIPE $$; echo alive'; kill -TERM $$");
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	(void)signal(SIGPIPE, handler);
	assert_string_equal(run->output, "");
	assert_string_equal(run->problem, "killed by signal 15");
}

static size_t count_descriptors(void) {
	DIR *directory = opendir("/proc/self/fd");
	assert_non_null(directory);
	size_t n = 0;
	while (readdir(directory))
		n++;
	(void)closedir(directory);
	return n;
}

static void no_descriptor_is_left(void **state) {
	struct run *run = *state;
	/* the loop makes its timer descriptor with the first timer, and keeps it */
	run_script(run, "true");
	run->command = command_free(run->command);
	size_t before = count_descriptors();
	static const char *const scripts[] = { "echo x", "sleep 600",
		"exec head -c 99999 /dev/zero" };
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		run->done = false;
		run->output = memory_free(run->output);
		run->problem = memory_free(run->problem);
		start(run, scripts[i], 200 * USEC_PER_MSEC);
		run_until(run, &run->done);
		run->command = command_free(run->command);
	}
	reap_all(run);
	assert_int_equal(count_descriptors(), before);
}

/* --- what stays in memory --- */

#define MASK 0x55
#define SECRET_BYTES 32

struct masked {
	uint8_t bytes[SECRET_BYTES];
	bool known;
};

static void on_secret(
	struct command *command, const struct command_result *result, void *userdata) {
	struct masked *secret = userdata;
	assert_int_equal(result->n, SECRET_BYTES);
	for (size_t i = 0; i < SECRET_BYTES; i++)
		secret->bytes[i] = (uint8_t)result->output[i] ^ MASK;
	secret->known = true;
}

static bool holds(const struct masked *secret, const uint8_t *bytes, size_t n) {
	for (const uint8_t *p = bytes; n >= SECRET_BYTES;) {
		p = memchr(p, secret->bytes[0] ^ MASK, (size_t)(bytes + n - p) - SECRET_BYTES + 1);
		if (!p)
			return false;
		size_t i = 1;
		while (i < SECRET_BYTES && p[i] == (secret->bytes[i] ^ MASK))
			i++;
		if (i == SECRET_BYTES)
			return true;
		if (++p > bytes + n - SECRET_BYTES)
			return false;
	}
	return false;
}

/* Everything that this process can write and that is not absurdly large (a sanitizer's shadow). */
static bool memory_holds(const struct masked *secret) {
	FILE *maps = fopen("/proc/self/maps", "re");
	int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	assert_non_null(maps);
	assert_return_code(memory, errno);
	size_t room = (size_t)32 * 1024 * 1024;
	uint8_t *copy = memory_zalloc(room, 1);
	char line[512];
	bool found = false;
	while (!found && fgets(line, sizeof(line), maps)) {
		unsigned long from, to;
		char access[8];
		if (sscanf(line, "%lx-%lx %7s", &from, &to, access) != 3 || access[1] != 'w' ||
			to - from > room)
			continue;
		ssize_t n = pread(memory, copy, to - from, (off_t)from);
		found = n > 0 && holds(secret, copy, (size_t)n);
	}
	memory_free(copy);
	(void)close(memory);
	(void)fclose(maps);
	return found;
}

static void secret_is_erased(void **state) {
	struct run *run = *state;
	struct masked secret = { .known = false };
	const char *argv[] = { "/bin/sh", "-c", "head -c 24 /dev/urandom | base64 | tr -d '\n'",
		NULL };
	assert_int_equal(
		command_new(run->loop, argv, NULL, HANG_USEC, on_secret, &secret, &run->command),
		0);
	run_until(run, &secret.known);
	assert_false(memory_holds(&secret));

	/* the search itself works */
	uint8_t *plain = memory_zalloc(SECRET_BYTES, 1);
	for (size_t i = 0; i < SECRET_BYTES; i++)
		plain[i] = secret.bytes[i] ^ MASK;
	assert_true(memory_holds(&secret));
	memory_free(plain);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(output_and_exit_status_arrive),
		TEST(command_may_be_freed_in_its_callback),
		TEST(unknown_program_is_refused_at_once),
		TEST(death_by_signal_is_a_problem),
		TEST(output_beyond_the_cap_is_a_problem),
		TEST(output_up_to_the_cap_is_kept),
		TEST(deadline_kills_the_group),
		TEST(freed_command_is_killed_and_reaped),
		TEST(grandchild_with_our_pipe_is_not_waited_for),
		TEST(environment_is_cleaned_and_extended),
		TEST(child_has_three_descriptors_and_empty_input),
		TEST(signals_work_in_the_child),
		TEST(no_descriptor_is_left),
		TEST(secret_is_erased),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

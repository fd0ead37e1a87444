#include "private-bus.h"

#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void write_configuration(const struct private_bus *b, const char *limits) {
	char path[128];
	snprintf(path, sizeof(path), "%s/bus.conf", b->directory);
	FILE *f = fopen(path, "we");
	assert_non_null(f);
	fprintf(f,
		"<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration "
		"1.0//EN\"\n"
		" \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
		"<busconfig><type>session</type><listen>%s</listen><auth>EXTERNAL</auth>\n"
		"<servicedir>%s</servicedir>\n"
		"<policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\n"
		"<allow eavesdrop=\"true\"/><allow own=\"*\"/></policy>%s</busconfig>\n",
		b->address, b->directory, limits);
	assert_int_equal(fclose(f), 0);
}

void private_bus_init(struct private_bus *b, const char *limits) {
	memset(b, 0, sizeof(*b));
	strcpy(b->directory, "/tmp/posthorn-bus-XXXXXX");
	assert_non_null(mkdtemp(b->directory));
	snprintf(b->address, sizeof(b->address), "unix:path=%s/socket", b->directory);
	write_configuration(b, limits);
	private_bus_start(b);
}

static void run_daemon(const struct private_bus *b, int ready) {
	char configuration[128], print[32];
	snprintf(configuration, sizeof(configuration), "--config-file=%s/bus.conf", b->directory);
	snprintf(print, sizeof(print), "--print-address=%d", ready);
	int null = open("/dev/null", O_RDWR);
	dup2(null, STDERR_FILENO); /* it complains of the limit on descriptors */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execlp("dbus-daemon", "dbus-daemon", "--nofork", "--nosyslog", configuration, print,
		(char *)NULL);
	_exit(127);
}

void private_bus_start(struct private_bus *b) {
	int pipe_fds[2];
	char line[256];
	assert_int_equal(pipe(pipe_fds), 0);
	b->pid = fork();
	assert_true(b->pid >= 0);
	if (b->pid == 0) {
		close(pipe_fds[0]);
		run_daemon(b, pipe_fds[1]);
	}
	close(pipe_fds[1]);
	/* The address comes when it listens; the end of the pipe, when it failed. */
	assert_true(read(pipe_fds[0], line, sizeof(line)) > 0);
	close(pipe_fds[0]);
}

void private_bus_stop(struct private_bus *b) {
	if (b->pid == 0)
		return;
	kill(b->pid, SIGKILL);
	waitpid(b->pid, NULL, 0);
	b->pid = 0;
}

static void remove_file(const struct private_bus *b, const char *name) {
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", b->directory, name);
	(void)unlink(path);
}

void private_bus_deinit(struct private_bus *b) {
	private_bus_stop(b);
	remove_file(b, "bus.conf");
	remove_file(b, "socket");
	(void)rmdir(b->directory);
}

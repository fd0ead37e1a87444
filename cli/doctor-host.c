#include "cli/doctor-host.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "cli/daemon-program.h"
#include "cli/doctor-child.h"
#include "config/config-folders.h"
#include "config/language.h"

/* They answer at once, or hang with what they ask. */
#define CHILD_USEC (10 * USEC_PER_SEC)
/* Room for the state of thousands of accounts. */
#define FREE_BYTES_MIN (UINT64_C(16) * 1024 * 1024)
/* 2026-01-01: no Posthorn is older, so a clock before that is one that was never set. */
#define CLOCK_MIN_SEC 1767225600

char *doctor_host_unit(const char *unit, bool system) {
	static const char *const words[] = { "enabled", "enabled-runtime", "linked",
		"linked-runtime", "alias", "masked", "masked-runtime", "static", "indirect",
		"disabled", "generated", "transient", NULL };
	const char *argv[] = { "systemctl", system ? "--system" : "--user", "is-enabled", unit,
		NULL };
	CLEANUP_TEXT char *text = NULL;
	if (doctor_child_run(argv, CHILD_USEC, &text) < 0)
		return NULL;
	text[strcspn(text, "\n")] = '\0';
	for (size_t i = 0; words[i]; i++)
		if (strcmp(words[i], text) == 0)
			return memory_strdup(text);
	return NULL;
}

static void check_unit(bool system, struct doctor_report *report) {
	const char *systemctl = system ? "sudo systemctl" : "systemctl --user";
	CLEANUP_TEXT char *state = doctor_host_unit("posthornd.service", system);
	if (!state)
		return;
	if (strncmp(state, "enabled", strlen("enabled")) == 0) {
		doctor_report_add(report, DOCTOR_OK, "unit", _("The daemon starts by itself"));
	} else if (strcmp(state, "disabled") == 0) {
		doctor_report_add(report, DOCTOR_WARNING, "unit",
			_("posthornd.service is not enabled: the daemon does not start by itself"));
		doctor_report_mend(report, "%s enable --now posthornd", systemctl);
	} else if (strncmp(state, "masked", strlen("masked")) == 0) {
		doctor_report_add(report, DOCTOR_PROBLEM, "unit",
			_("posthornd.service is masked: the daemon cannot start"));
		doctor_report_mend(report, "%s unmask posthornd", systemctl);
	}
}

/* The line that says most: the first error, or else the first line. */
static void keep_first_error(char *text) {
	const char *error = strstr(text, "error: ");
	if (error)
		memmove(text, error, strlen(error) + 1);
	text[strcspn(text, "\n")] = '\0';
}

static void check_configuration(bool system, struct doctor_report *report) {
	const char *program = daemon_program_path();
	const char *argv[] = { program, system ? "--system" : "--user", "--check-config", NULL };
	CLEANUP_TEXT char *text = NULL;
	int r = doctor_child_run(argv, CHILD_USEC, &text);
	if (r == 0) {
		doctor_report_add(
			report, DOCTOR_OK, "configuration", _("The configuration has no error"));
	} else if (r < 0) {
		doctor_report_add(report, DOCTOR_PROBLEM, "configuration",
			_("%s cannot be run: %s"), program, strerror(-r));
		doctor_report_mend(report, _("install Posthorn again"));
	} else {
		keep_first_error(text);
		doctor_report_add(report, DOCTOR_PROBLEM, "configuration",
			_("The configuration has an error"));
		doctor_report_about(report, NULL, text);
		doctor_report_mend(
			report, "%s config check", system ? "sudo posthorn --system" : "posthorn");
	}
}

static void check_clock(struct doctor_report *report) {
	static const char *const argv[] = { "timedatectl", "show", "-p", "NTPSynchronized",
		"--value", NULL };
	CLEANUP_TEXT char *text = NULL;
	if (time(NULL) < CLOCK_MIN_SEC) {
		doctor_report_add(report, DOCTOR_PROBLEM, "clock",
			_("The clock is years behind: no server's certificate counts as valid"));
		doctor_report_mend(report, "sudo timedatectl set-ntp true");
	} else if (doctor_child_run(argv, CHILD_USEC, &text) == 0 && strcmp(text, "no\n") == 0) {
		doctor_report_add(report, DOCTOR_WARNING, "clock",
			_("The clock is not synchronized with the network's time"));
		doctor_report_mend(report, "sudo timedatectl set-ntp true");
	} else {
		doctor_report_add(report, DOCTOR_OK, "clock", _("The clock is plausible"));
	}
}

/* Owned, or NULL; as posthornd(8) chooses it. */
static char *state_folder(bool system) {
	return system ? memory_strdup("/var/lib/posthorn")
		      : config_folders_home("XDG_STATE_HOME", ".local/state");
}

/* The folder, or the nearest one above it that there is: the daemon makes the rest. */
static void find_existing(char *path) {
	while (access(path, F_OK) < 0 && errno == ENOENT) {
		char *slash = strrchr(path, '/');
		if (!slash || slash == path)
			return;
		*slash = '\0';
	}
}

static void add_state_problem(
	struct doctor_report *report, const char *path, const char *what, const char *mend) {
	doctor_report_add(report, DOCTOR_PROBLEM, "state",
		_("The daemon's state cannot be kept in %s: %s"), path, what);
	doctor_report_mend(report, "%s", mend);
}

/* The system's folder is another user's, who alone knows whether he may write there. */
static int check_access(const char *path, bool system) {
	struct stat status;
	if (stat(path, &status) < 0)
		return system && errno == EACCES ? 0 : -errno;
	if (!S_ISDIR(status.st_mode))
		return -ENOTDIR;
	return system || access(path, W_OK | X_OK) == 0 ? 0 : -errno;
}

static void check_state(bool system, struct doctor_report *report) {
	struct statvfs disk;
	CLEANUP_TEXT char *path = state_folder(system);
	if (!path) {
		doctor_report_add(report, DOCTOR_PROBLEM, "state",
			_("Neither $XDG_STATE_HOME nor $HOME says where the state is"));
		doctor_report_mend(report, "export HOME=~");
		return;
	}
	find_existing(path);
	int r = check_access(path, system);
	if (r < 0)
		add_state_problem(report, path, strerror(-r),
			r == -EROFS ? _("findmnt --target that folder")
				    : _("make it a folder of yours: ls -ld, chown, chmod"));
	else if (statvfs(path, &disk) == 0 && disk.f_bavail * disk.f_frsize < FREE_BYTES_MIN)
		add_state_problem(report, path, _("the disk is full"), _("df -h, and make room"));
	else
		doctor_report_add(report, DOCTOR_OK, "state", _("There is room for the state"));
}

void doctor_host_check(bool system, struct doctor_report *report) {
	check_unit(system, report);
	check_configuration(system, report);
	check_state(system, report);
	check_clock(report);
}

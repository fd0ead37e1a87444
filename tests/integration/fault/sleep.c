/* Preloaded into posthornd: at SIGUSR2 the machine "has slept" for an hour. CLOCK_BOOTTIME is ahead of
 * CLOCK_MONOTONIC by so much from then on, and who asked to be told when the wall clock is set (the kernel
 * sets it at each resume) is told. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define FDS_MAX 1024
#define SLEEP_SEC 3600

static volatile sig_atomic_t slept_sec;
static volatile sig_atomic_t told_fd = -1;
static int clocks[FDS_MAX]; /* of the timers, and one more */

static void on_sleep(int signal_number) {
	const struct itimerspec at_once = { .it_value.tv_nsec = 1 };
	int kept = errno;
	slept_sec += SLEEP_SEC;
	if (told_fd >= 0)
		(void)syscall(SYS_timerfd_settime, (int)told_fd, 0, &at_once, NULL);
	errno = kept;
}

__attribute__((constructor)) static void begin(void) {
	const struct sigaction action = { .sa_handler = on_sleep, .sa_flags = SA_RESTART };
	if (strcmp(program_invocation_short_name, "posthornd") == 0)
		(void)sigaction(SIGUSR2, &action, NULL);
}

int clock_gettime(clockid_t clock, struct timespec *ret) {
	int r = (int)syscall(SYS_clock_gettime, clock, ret);
	if (r == 0 && clock == CLOCK_BOOTTIME)
		ret->tv_sec += slept_sec;
	return r;
}

int timerfd_create(clockid_t clock, int flags) {
	int fd = (int)syscall(SYS_timerfd_create, clock, flags);
	if (fd >= 0 && fd < FDS_MAX)
		clocks[fd] = clock + 1;
	return fd;
}

/* The kernel's clock did not sleep. */
int timerfd_settime(int fd, int flags, const struct itimerspec *value, struct itimerspec *ret_old) {
	struct itimerspec real = *value;
	if (flags & TFD_TIMER_CANCEL_ON_SET)
		told_fd = fd;
	if (fd >= 0 && fd < FDS_MAX && clocks[fd] == CLOCK_BOOTTIME + 1 &&
		flags & TFD_TIMER_ABSTIME && real.it_value.tv_sec > 0) {
		real.it_value.tv_sec -= slept_sec;
		if (real.it_value.tv_sec <= 0)
			real.it_value = (struct timespec){ .tv_nsec = 1 };
	}
	return (int)syscall(SYS_timerfd_settime, fd, flags, &real, ret_old);
}

/* Preloaded into posthornd or posthorn-notify: it dies at the n-th point at which something leaves the process or
 * reaches the disk, or its disk fails. The environment says what happens:
 *
 *   POSTHORN_FAULT        "kill N" or "power N SEED": at the N-th point, from 1. Of an odd one half of
 *                         the bytes still go out. With "power" the files below the directory lose
 *                         what was not synced
 *   POSTHORN_FAULT_DISK   the directory of the state file
 *   POSTHORN_FAULT_ERROR  a file with the number of an error: while it is there, every change below
 *                         the directory fails so
 *
 * Points are writes, sends, syncs, truncations, renames and removals; not what goes to the log. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "disk.h"

static struct {
	unsigned long at; /* 0: never */
	unsigned long n_points;
	bool is_power;
	const char *error_path;
} g;

/* What it stands in front of: a sanitizer's, or the C library's. */
#define NEXT(name)                 \
	static typeof(name) *next; \
	if (!next)                 \
	next = (typeof(next))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void) {
	const char *fault = getenv("POSTHORN_FAULT");
	const char *directory = getenv("POSTHORN_FAULT_DISK");
	unsigned seed = 0;
	char word[8] = "";
	if (strcmp(program_invocation_short_name, "posthornd") != 0 &&
		strcmp(program_invocation_short_name, "posthorn-notify") != 0)
		return;
	if (fault && sscanf(fault, "%7s %lu %u", word, &g.at, &seed) < 2)
		abort();
	g.is_power = strcmp(word, "power") == 0;
	g.error_path = getenv("POSTHORN_FAULT_ERROR");
	if (directory)
		disk_begin(directory, seed);
}

static _Noreturn void die(void) {
	bool is_power = g.is_power;
	g.is_power = false; /* what the disk writes now passes through here as well */
	if (is_power)
		disk_cut();
	(void)raise(SIGKILL);
	abort();
}

/* True: it is the last one. */
static bool is_last(void) {
	return ++g.n_points == g.at;
}

static bool half_first(void) {
	return g.n_points % 2 == 1;
}

static void point(void) {
	if (is_last())
		die();
}

/* 0, or -1 with errno. */
static int fail_if_broken(void) {
	char number[16] = "";
	int fd = g.error_path ? open(g.error_path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return 0;
	ssize_t n = read(fd, number, sizeof(number) - 1);
	(void)close(fd);
	if (n > 0)
		errno = atoi(number);
	return n > 0 ? -1 : 0;
}

static ssize_t change_file(
	typeof(pwrite) *real, int fd, const void *bytes, size_t n, off_t offset) {
	if (fail_if_broken() < 0)
		return -1;
	bool last = is_last();
	n = last && half_first() ? n / 2 : n;
	if (g.is_power && !(last && !half_first()))
		disk_write(fd, bytes, n, offset);
	if (last && !half_first())
		die();
	ssize_t r = real(fd, bytes, n, offset);
	if (last)
		die();
	return r;
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t offset) {
	NEXT(pwrite);
	return disk_has(fd) ? change_file(next, fd, bytes, n, offset) : next(fd, bytes, n, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t offset) {
	NEXT(pwrite64);
	return disk_has(fd) ? change_file(next, fd, bytes, n, offset) : next(fd, bytes, n, offset);
}

/* A socket or a pipe. */
ssize_t write(int fd, const void *bytes, size_t n) {
	NEXT(write);
	if (fd > STDERR_FILENO && is_last()) {
		ssize_t written = half_first() ? next(fd, bytes, n / 2) : 0;
		(void)written; /* whatever came of it: the end follows */
		die();
	}
	return next(fd, bytes, n);
}

ssize_t writev(int fd, const struct iovec *parts, int n) {
	NEXT(writev);
	if (fd > STDERR_FILENO)
		point();
	return next(fd, parts, n);
}

ssize_t send(int fd, const void *bytes, size_t n, int flags) {
	NEXT(send);
	if (is_last()) {
		if (half_first())
			(void)next(fd, bytes, n / 2, flags);
		die();
	}
	return next(fd, bytes, n, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
	NEXT(sendmsg);
	if (is_last()) {
		struct msghdr half = *message;
		half.msg_iovlen = 1;
		if (half_first() && message->msg_iovlen > 1)
			(void)next(fd, &half, flags);
		die();
	}
	return next(fd, message, flags);
}

static int change_size(typeof(ftruncate) *real, int fd, off_t size) {
	if (!disk_has(fd))
		return real(fd, size);
	if (fail_if_broken() < 0)
		return -1;
	point();
	if (g.is_power)
		disk_truncate(fd, size);
	return real(fd, size);
}

int ftruncate(int fd, off_t size) {
	NEXT(ftruncate);
	return change_size(next, fd, size);
}

int ftruncate64(int fd, off64_t size) {
	NEXT(ftruncate64);
	return change_size(next, fd, size);
}

static int sync_file(typeof(fsync) *real, int fd) {
	if (disk_has(fd) && fail_if_broken() < 0)
		return -1;
	point();
	int r = real(fd);
	if (r == 0 && g.is_power)
		disk_synced(fd);
	return r;
}

int fsync(int fd) {
	NEXT(fsync);
	return sync_file(next, fd);
}

int fdatasync(int fd) {
	NEXT(fdatasync);
	return sync_file(next, fd);
}

int unlink(const char *path) {
	NEXT(unlink);
	point();
	if (g.is_power)
		disk_unlink(path);
	return next(path);
}

int rename(const char *from, const char *to) {
	NEXT(rename);
	point();
	if (g.is_power)
		disk_rename(from, to);
	return next(from, to);
}

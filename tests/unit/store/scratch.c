#include "scratch.h"

#include "base/memory.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int scratch_setup(void **state) {
	struct scratch *s = MEMORY_NEW(struct scratch);
	/* in memory where there is such a place: these tests sync thousands of times */
	const char *parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	(void)snprintf(s->directory, sizeof(s->directory), "%s/posthorn-store-XXXXXX", parent);
	if (!mkdtemp(s->directory))
		return -1;
	(void)snprintf(s->path, sizeof(s->path), "%s/posthorn.db", s->directory);
	*state = s;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where) {
	return remove(path);
}

int scratch_teardown(void **state) {
	struct scratch *s = *state;
	int r = nftw(s->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	*state = memory_free(s);
	return r;
}

const char *scratch_name(struct scratch *s, const char *suffix) {
	(void)snprintf(s->text, sizeof(s->text), "%s%s", s->path, suffix);
	return s->text;
}

bool scratch_has(struct scratch *s, const char *suffix) {
	return access(scratch_name(s, suffix), F_OK) == 0;
}

char *scratch_read(const char *path, size_t *ret_n) {
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		abort();
	size_t n = (size_t)st.st_size;
	char *bytes = memory_zalloc(n + 1, 1);
	if (read(fd, bytes, n) != (ssize_t)n || close(fd) < 0)
		abort();
	*ret_n = n;
	return bytes;
}

void scratch_write(const char *path, const void *bytes, size_t n) {
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, bytes, n) != (ssize_t)n || close(fd) < 0)
		abort();
}

#include "disk.h"

#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX 16
#define RENAMES_MAX 64
#define SECTOR 512

struct bytes {
	uint8_t *at;
	size_t n;
};

/* A change that was not synced; without bytes: a truncation to `offset`. */
struct pending {
	off_t offset;
	struct bytes data;
};

struct file {
	char path[PATH_MAX]; /* "" for an unused one */
	struct bytes synced;
	struct pending *pending;
	size_t n_pending;
};

/* A change of the directory that was not synced: what `to` was, and where it came from ("": it was
 * removed). */
struct move {
	char from[PATH_MAX];
	char to[PATH_MAX];
	struct bytes lost;
	bool has_lost;
};

static struct {
	char directory[PATH_MAX];
	unsigned random;
	struct file files[FILES_MAX];
	struct move moves[RENAMES_MAX];
	size_t n_moves;
} g;

static unsigned next_random(void) {
	g.random = g.random * 1103515245u + 12345u;
	return g.random >> 16;
}

void disk_begin(const char *directory, unsigned seed) {
	(void)snprintf(g.directory, sizeof(g.directory), "%s", directory);
	g.random = seed;
}

static bool is_below(const char *path) {
	size_t n = strlen(g.directory);
	return n > 0 && strncmp(path, g.directory, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* By the kernel's word, so that nobody needs to watch what is opened. */
static bool find_path(int fd, char *path) {
	char link[64];
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, PATH_MAX - 1);
	path[n > 0 ? n : 0] = '\0';
	return n > 0 && is_below(path);
}

bool disk_has(int fd) {
	char path[PATH_MAX];
	return find_path(fd, path);
}

static struct bytes copy(const void *bytes, size_t n) {
	struct bytes made = { malloc(n + 1), n };
	if (!made.at)
		abort();
	memcpy(made.at, bytes, n);
	return made;
}

/* False: there is no such file. */
static bool read_file(const char *path, struct bytes *ret) {
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (fstat(fd, &st) < 0 || !(ret->at = malloc((size_t)st.st_size + 1)))
		abort();
	ret->n = (size_t)st.st_size;
	if (pread(fd, ret->at, ret->n, 0) != (ssize_t)ret->n)
		abort();
	(void)close(fd);
	return true;
}

static struct file *find_file(const char *path) {
	for (size_t i = 0; i < FILES_MAX; i++)
		if (strcmp(g.files[i].path, path) == 0)
			return &g.files[i];
	return NULL;
}

/* As it was before its first change: what was there at the start has survived one already. */
static struct file *get_file(const char *path) {
	struct file *file = find_file(path);
	if (file)
		return file;
	file = find_file("");
	if (!file)
		abort();
	(void)snprintf(file->path, sizeof(file->path), "%s", path);
	if (!read_file(path, &file->synced))
		file->synced = copy("", 0);
	return file;
}

static void settle_file(struct file *file) {
	for (size_t i = 0; i < file->n_pending; i++)
		free(file->pending[i].data.at);
	free(file->pending);
	file->pending = NULL;
	file->n_pending = 0;
}

static void forget_file(struct file *file) {
	settle_file(file);
	free(file->synced.at);
	memset(file, 0, sizeof(*file));
}

static void remember(int fd, off_t offset, struct bytes data) {
	char path[PATH_MAX];
	if (!find_path(fd, path))
		return;
	struct file *file = get_file(path);
	file->pending = realloc(file->pending, (file->n_pending + 1) * sizeof(*file->pending));
	if (!file->pending)
		abort();
	file->pending[file->n_pending++] = (struct pending){ offset, data };
}

void disk_write(int fd, const void *bytes, size_t n, off_t offset) {
	remember(fd, offset, copy(bytes, n));
}

void disk_truncate(int fd, off_t size) {
	remember(fd, size, (struct bytes){ 0 });
}

static void add_move(const char *from, const char *to) {
	if (g.n_moves == RENAMES_MAX)
		abort();
	struct move *move = &g.moves[g.n_moves++];
	memset(move, 0, sizeof(*move));
	(void)snprintf(move->from, sizeof(move->from), "%s", from);
	(void)snprintf(move->to, sizeof(move->to), "%s", to);
	move->has_lost = read_file(to, &move->lost);
	struct file *file = find_file(to);
	if (file)
		forget_file(file);
}

void disk_unlink(const char *path) {
	if (is_below(path) && access(path, F_OK) == 0)
		add_move("", path);
}

void disk_rename(const char *from, const char *to) {
	if (!is_below(to) || access(from, F_OK) < 0)
		return;
	add_move(from, to);
	struct file *file = find_file(from);
	if (file)
		(void)snprintf(file->path, sizeof(file->path), "%s", to);
}

void disk_synced(int fd) {
	char path[PATH_MAX];
	if (!find_path(fd, path))
		return;
	if (strcmp(path, g.directory) == 0) {
		for (size_t i = 0; i < g.n_moves; i++)
			free(g.moves[i].lost.at);
		g.n_moves = 0;
		return;
	}
	struct file *file = get_file(path);
	settle_file(file);
	free(file->synced.at);
	if (!read_file(path, &file->synced))
		file->synced = copy("", 0);
}

/* Apart from the file itself: whoever kills us in the middle finds it as it was before. */
static int begin_file(const char *spare, const struct bytes *bytes) {
	int fd = open(spare, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || pwrite(fd, bytes->at, bytes->n, 0) != (ssize_t)bytes->n)
		abort();
	return fd;
}

/* What was not synced is there, or not, or a half of it, in no order. */
static void spoil_file(const struct file *file, const char *spare) {
	int fd = begin_file(spare, &file->synced);
	for (size_t i = 0; i < file->n_pending; i++) {
		const struct pending *pending = &file->pending[i];
		size_t n = pending->data.n;
		unsigned fate = next_random() % 3;
		if (fate == 0)
			continue;
		if (fate == 1 && n > SECTOR)
			n = n / SECTOR / 2 * SECTOR;
		if (!pending->data.at && ftruncate(fd, pending->offset) < 0)
			abort();
		if (pending->data.at && pwrite(fd, pending->data.at, n, pending->offset) < 0)
			abort();
	}
	(void)close(fd);
	(void)rename(spare, file->path);
}

static void undo_move(const struct move *move, const char *spare) {
	if (*move->from)
		(void)rename(move->to, move->from);
	if (!move->has_lost)
		return;
	(void)close(begin_file(spare, &move->lost));
	(void)rename(spare, move->to);
}

void disk_cut(void) {
	char spare[PATH_MAX + 8];
	(void)snprintf(spare, sizeof(spare), "%s/spare", g.directory);
	for (size_t i = 0; i < FILES_MAX; i++)
		if (*g.files[i].path && access(g.files[i].path, F_OK) == 0)
			spoil_file(&g.files[i], spare);
	/* Changes of a directory are kept in their order. */
	size_t n_kept = g.n_moves > 0 ? next_random() % (g.n_moves + 1) : 0;
	for (size_t i = g.n_moves; i-- > n_kept;)
		undo_move(&g.moves[i], spare);
}

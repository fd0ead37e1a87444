#include "fault-vfs.h"

#include "base/macros.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define IMAGES_MAX 16
#define SECTOR 512

/* A write that was not synced; without bytes: a truncation to `offset`. */
struct pending {
	sqlite3_int64 offset;
	size_t n;
	uint8_t *bytes;
};

/* What the machine believes a file to hold, while the disk holds less. It outlives a close. */
struct image {
	char path[256];
	uint8_t *bytes;
	size_t n;
	struct pending *pending;
	size_t n_pending;
};

struct fault_file {
	sqlite3_file base;
	struct image *image; /* with FAULT_POWER only */
	sqlite3_file *real; /* behind this struct */
};

static struct {
	sqlite3_vfs *real;
	enum fault fault;
	unsigned at;
	unsigned n_changes;
	unsigned n_reads;
	unsigned random;
	struct image images[IMAGES_MAX];
} g;

static unsigned next_random(void) {
	g.random = g.random * 1103515245u + 12345u;
	return g.random >> 16;
}

static struct fault_file *as_fault(sqlite3_file *file) {
	return (struct fault_file *)file;
}

static sqlite3_file *real_of(sqlite3_file *file) {
	return as_fault(file)->real;
}

/* What the disk made of the writes that it was not told to keep, in no order. */
static void settle(struct image *image) {
	int fd = open(image->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	for (size_t i = 0; fd >= 0 && i < image->n_pending; i++) {
		struct pending *p = &image->pending[i];
		size_t n = p->n;
		unsigned fate = next_random() % 3;
		if (fate == 0)
			continue;
		if (fate == 1 && n > SECTOR)
			n = n / SECTOR / 2 * SECTOR;
		if (!p->bytes && ftruncate(fd, p->offset) < 0)
			abort();
		if (p->bytes && pwrite(fd, p->bytes, n, p->offset) != (ssize_t)n)
			abort();
	}
}

static void die(void) {
	for (size_t i = 0; g.fault == FAULT_POWER && i < IMAGES_MAX; i++)
		if (g.images[i].path[0])
			settle(&g.images[i]);
	(void)kill(getpid(), SIGKILL);
}

/* Counts a change: SQLITE_OK, or how it fails. */
static int change(void) {
	g.n_changes++;
	if (g.fault == FAULT_NONE || g.fault == FAULT_READ || g.n_changes < g.at)
		return SQLITE_OK;
	if (g.fault == FAULT_FULL)
		return SQLITE_FULL;
	if (g.fault == FAULT_IO) {
		errno = EIO; /* as the system leaves it, and SQLite reads it */
		return SQLITE_IOERR_WRITE;
	}
	return SQLITE_ABORT; /* the caller does a half of it and dies */
}

static void image_grow(struct image *image, size_t n) {
	if (n <= image->n)
		return;
	image->bytes = memory_resize(image->bytes, n, 1);
	memset(image->bytes + image->n, 0, n - image->n);
	image->n = n;
}

static void image_remember(struct image *image, sqlite3_int64 offset, const void *bytes, size_t n) {
	image->pending =
		memory_resize(image->pending, image->n_pending + 1, sizeof(*image->pending));
	image->pending[image->n_pending++] = (struct pending){
		.offset = offset,
		.n = n,
		.bytes = bytes ? (uint8_t *)memory_strndup(bytes, n) : NULL,
	};
}

static void image_forget(struct image *image) {
	for (size_t i = 0; i < image->n_pending; i++)
		(void)memory_free(image->pending[i].bytes);
	image->pending = memory_free(image->pending);
	image->n_pending = 0;
}

static struct image *image_find(const char *path, bool make) {
	struct image *unused = NULL;
	for (size_t i = 0; i < IMAGES_MAX; i++) {
		if (strcmp(g.images[i].path, path) == 0)
			return &g.images[i];
		if (!unused && !g.images[i].path[0])
			unused = &g.images[i];
	}
	if (make && unused)
		(void)snprintf(unused->path, sizeof(unused->path), "%s", path);
	return make ? unused : NULL;
}

static void image_remove(struct image *image) {
	image_forget(image);
	(void)memory_free(image->bytes);
	*image = (struct image){ .path = "" };
}

static int on_close(sqlite3_file *file) {
	return real_of(file)->pMethods->xClose(real_of(file));
}

static int on_read(sqlite3_file *file, void *into, int n, sqlite3_int64 offset) {
	if (g.fault == FAULT_READ && ++g.n_reads >= g.at) {
		errno = EIO;
		return SQLITE_IOERR_READ;
	}
	struct image *image = as_fault(file)->image;
	if (!image)
		return real_of(file)->pMethods->xRead(real_of(file), into, n, offset);
	size_t wanted = (size_t)n, start = MIN((size_t)offset, image->n);
	size_t there = MIN(wanted, image->n - start);
	memset(into, 0, wanted);
	if (there > 0)
		memcpy(into, image->bytes + start, there);
	return there < wanted ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
}

static int on_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 offset) {
	int r = change();
	struct image *image = as_fault(file)->image;
	const struct sqlite3_io_methods *real = real_of(file)->pMethods;
	if (r == SQLITE_ABORT) {
		if (!image)
			(void)real->xWrite(real_of(file), bytes, n / 2, offset);
		die();
	}
	if (r != SQLITE_OK)
		return r;
	if (!image)
		return real->xWrite(real_of(file), bytes, n, offset);
	image_grow(image, (size_t)(offset + n));
	memcpy(image->bytes + offset, bytes, (size_t)n);
	image_remember(image, offset, bytes, (size_t)n);
	return SQLITE_OK;
}

static int on_truncate(sqlite3_file *file, sqlite3_int64 size) {
	int r = change();
	struct image *image = as_fault(file)->image;
	if (r == SQLITE_ABORT)
		die();
	if (r != SQLITE_OK)
		return r;
	if (!image)
		return real_of(file)->pMethods->xTruncate(real_of(file), size);
	image->n = MIN(image->n, (size_t)size);
	image_remember(image, size, NULL, 0);
	return SQLITE_OK;
}

static int on_sync(sqlite3_file *file, int flags) {
	int r = change();
	struct image *image = as_fault(file)->image;
	const struct sqlite3_io_methods *real = real_of(file)->pMethods;
	if (r == SQLITE_ABORT)
		die();
	if (r != SQLITE_OK)
		return r;
	for (size_t i = 0; image && i < image->n_pending; i++) {
		struct pending *p = &image->pending[i];
		r = p->bytes ? real->xWrite(real_of(file), p->bytes, (int)p->n, p->offset)
			     : real->xTruncate(real_of(file), p->offset);
		if (r != SQLITE_OK)
			return r;
	}
	if (image)
		image_forget(image);
	return real->xSync(real_of(file), flags);
}

static int on_file_size(sqlite3_file *file, sqlite3_int64 *ret) {
	struct image *image = as_fault(file)->image;
	if (!image)
		return real_of(file)->pMethods->xFileSize(real_of(file), ret);
	*ret = (sqlite3_int64)image->n;
	return SQLITE_OK;
}

static int on_lock(sqlite3_file *file, int level) {
	return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int on_unlock(sqlite3_file *file, int level) {
	return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int on_check_reserved_lock(sqlite3_file *file, int *ret) {
	return real_of(file)->pMethods->xCheckReservedLock(real_of(file), ret);
}

static int on_file_control(sqlite3_file *file, int what, void *argument) {
	return real_of(file)->pMethods->xFileControl(real_of(file), what, argument);
}

static int on_sector_size(sqlite3_file *file) {
	return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int on_device_characteristics(sqlite3_file *file) {
	return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

/* Without shared memory: the store must not need it. */
static const sqlite3_io_methods methods = {
	.iVersion = 1,
	.xClose = on_close,
	.xRead = on_read,
	.xWrite = on_write,
	.xTruncate = on_truncate,
	.xSync = on_sync,
	.xFileSize = on_file_size,
	.xLock = on_lock,
	.xUnlock = on_unlock,
	.xCheckReservedLock = on_check_reserved_lock,
	.xFileControl = on_file_control,
	.xSectorSize = on_sector_size,
	.xDeviceCharacteristics = on_device_characteristics,
};

static void image_load(struct fault_file *f, const char *path) {
	f->image = image_find(path, false);
	if (f->image)
		return;
	f->image = image_find(path, true);
	sqlite3_int64 n = 0;
	if (!f->image || f->real->pMethods->xFileSize(f->real, &n) != SQLITE_OK)
		abort();
	image_grow(f->image, (size_t)n);
	if (n > 0)
		(void)f->real->pMethods->xRead(f->real, f->image->bytes, (int)n, 0);
}

static int on_open(
	sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *ret_flags) {
	struct fault_file *f = as_fault(file);
	*f = (struct fault_file){ .real = (sqlite3_file *)(f + 1) };
	int r = g.real->xOpen(g.real, path, f->real, flags, ret_flags);
	if (r != SQLITE_OK)
		return r;
	f->base.pMethods = &methods;
	if (g.fault == FAULT_POWER && path)
		image_load(f, path);
	return SQLITE_OK;
}

static int on_delete(sqlite3_vfs *vfs, const char *path, int sync_directory) {
	int r = change();
	if (r == SQLITE_ABORT)
		die();
	if (r != SQLITE_OK)
		return r;
	struct image *image = image_find(path, false);
	if (image)
		image_remove(image);
	return g.real->xDelete(g.real, path, sync_directory);
}

void fault_vfs_register(void) {
	static sqlite3_vfs vfs;
	g.real = sqlite3_vfs_find(NULL);
	vfs = *g.real;
	vfs.szOsFile = (int)sizeof(struct fault_file) + g.real->szOsFile;
	vfs.zName = "fault";
	vfs.pNext = NULL;
	vfs.xOpen = on_open;
	vfs.xDelete = on_delete;
	if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK)
		abort();
}

void fault_vfs_arm(enum fault fault, unsigned at, unsigned seed) {
	g.fault = fault;
	g.at = at;
	g.n_changes = g.n_reads = 0;
	g.random = seed;
}

void fault_vfs_disarm(void) {
	g.fault = FAULT_NONE;
}

int fault_vfs_has_struck(void) {
	return MAX(g.n_changes, g.n_reads) >= g.at;
}

#include "cli/cursor-file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "cli/output.h"
#include "config/config-folders.h"

#define LINE_BYTES_MAX 21 /* twenty digits and the end */
#define FILE_BYTES_MAX ((size_t)(CURSOR_FILE_DONE_MAX + 1) * LINE_BYTES_MAX)

struct cursor_file {
	char *name;
	char *name_new; /* what is written before it takes the place of the other */
	int folder;
	int lock;
};

bool cursor_file_is_name(const char *name) {
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._@:-";
	size_t n = strspn(name, allowed);
	return n > 0 && n <= CURSOR_FILE_NAME_MAX && name[n] == '\0' && name[0] != '.';
}

/* systemd gives several folders with colons between. */
char *cursor_file_folder(void) {
	const char *given = getenv("STATE_DIRECTORY");
	if (given && *given == '/')
		return memory_format("%.*s/cursors", (int)strcspn(given, ":"), given);
	CLEANUP_TEXT char *folder = config_folders_home("XDG_STATE_HOME", ".local/state");
	return folder ? memory_format("%s/cursors", folder) : NULL;
}

static int make_folders(const char *path) {
	CLEANUP_TEXT char *copy = memory_strdup(path);
	for (char *p = copy + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		(void)mkdir(copy, 0700);
		*p = '/';
	}
	return mkdir(copy, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

static int lock(struct cursor_file *c) {
	CLEANUP_TEXT char *name = memory_format("%s~lock", c->name);
	c->lock = openat(c->folder, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (c->lock < 0)
		return -errno;
	return flock(c->lock, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
}

int cursor_file_open(const char *folder, const char *name, struct cursor_file **ret) {
	CLEANUP(cursor_file_free) struct cursor_file *c = MEMORY_NEW(struct cursor_file);
	c->name = memory_strdup(name);
	c->name_new = memory_format("%s~new", name);
	c->folder = c->lock = -1;
	int r = make_folders(folder);
	if (r < 0)
		return r;
	c->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = c->folder < 0 ? -errno : lock(c);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(c);
	return 0;
}

struct cursor_file *cursor_file_free(struct cursor_file *c) {
	if (!c)
		return NULL;
	if (c->lock >= 0)
		(void)close(c->lock);
	if (c->folder >= 0)
		(void)close(c->folder);
	free(c->name);
	free(c->name_new);
	return memory_free(c);
}

/* One byte more than there may be, to see that there is more. */
static int read_file(struct cursor_file *c, struct buffer *text) {
	int fd = openat(c->folder, c->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	ssize_t n;
	do {
		uint8_t *room = buffer_reserve(text, FILE_BYTES_MAX + 1 - text->n);
		n = room ? read(fd, room, FILE_BYTES_MAX + 1 - text->n) : 0;
		if (n > 0)
			buffer_commit(text, (size_t)n);
	} while ((n > 0 && text->n <= FILE_BYTES_MAX) || (n < 0 && errno == EINTR));
	int r = n < 0 ? -errno : 0;
	(void)close(fd);
	return r;
}

/* Lines of decimal numbers, each larger than the one before; the last has its end too, so that a
 * file that was cut is not taken for a whole one. */
static int parse(const char *text, size_t n, uint64_t *numbers, size_t *ret_n) {
	size_t count = 0;
	for (const char *end = text + n; text < end; count++) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		uint64_t number;
		if (!stop || count > CURSOR_FILE_DONE_MAX ||
			number_parse_u64(text, (size_t)(stop - text), &number) < 0 ||
			(count > 0 && number <= numbers[count - 1]))
			return -EBADMSG;
		numbers[count] = number;
		text = stop + 1;
	}
	*ret_n = count;
	return count > 0 ? 0 : -EBADMSG;
}

int cursor_file_load(
	struct cursor_file *c, uint64_t *ret_position, uint64_t **ret_done, size_t *ret_n) {
	struct buffer text;
	size_t n = 1; /* the position; a release build does not see that parse() sets it */
	buffer_init(&text, FILE_BYTES_MAX + 1);
	int r = read_file(c, &text);
	uint64_t *numbers = MEMORY_NEW_ARRAY(uint64_t, CURSOR_FILE_DONE_MAX + 1);
	if (r == 0)
		r = parse((const char *)buffer_bytes(&text), text.n, numbers, &n);
	buffer_deinit(&text);
	if (r < 0) {
		free(numbers);
		return r == -ENOENT ? 0 : r;
	}
	*ret_position = numbers[0];
	memmove(numbers, numbers + 1, (n - 1) * sizeof(*numbers));
	*ret_done = numbers;
	*ret_n = n - 1;
	return 1;
}

int cursor_file_save(struct cursor_file *c, uint64_t position, const uint64_t *done, size_t n) {
	struct buffer text;
	int fd = openat(c->folder, c->name_new,
		O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	buffer_init(&text, SIZE_MAX / 2);
	(void)buffer_append_format(&text, "%" PRIu64 "\n", position);
	for (size_t i = 0; i < n; i++)
		(void)buffer_append_format(&text, "%" PRIu64 "\n", done[i]);
	int r = output_write_to(fd, &text);
	buffer_deinit(&text);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	(void)close(fd);
	if (r == 0 && renameat(c->folder, c->name_new, c->folder, c->name) < 0)
		r = -errno;
	if (r == 0 && fsync(c->folder) < 0)
		r = -errno;
	return r;
}

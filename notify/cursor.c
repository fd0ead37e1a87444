#include "notify/cursor.h"

#include "base/macros.h"
#include "base/memory.h"
#include "base/number.h"
#include "config/config-folders.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* Twenty digits, the end of the line, and one more to see that there is more. */
#define FILE_BYTES_MAX 22

char *cursor_default_path(void) {
	CLEANUP_TEXT char *folder = config_folders_home("XDG_STATE_HOME", ".local/state");
	return folder ? memory_format("%s/notify-cursor", folder) : NULL;
}

static int read_file(const char *path, char *text, size_t max, size_t *ret_n) {
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, text, max);
	int r = n < 0 ? -errno : 0;
	(void)close(fd);
	if (r == 0)
		*ret_n = (size_t)n;
	return r;
}

int cursor_load(const char *path, uint64_t *ret) {
	char text[FILE_BYTES_MAX];
	size_t n = 0;
	int r = read_file(path, text, sizeof(text), &n);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (n > 0 && text[n - 1] == '\n')
		n--;
	return number_parse_u64(text, n, ret) < 0 ? -EBADMSG : 1;
}

int cursor_save(const char *path, uint64_t cursor) {
	CLEANUP_TEXT char *text = memory_format("%" PRIu64 "\n", cursor);
	g_autofree char *folder = g_path_get_dirname(path);
	g_autoptr(GError) error = NULL;

	if (g_mkdir_with_parents(folder, 0700) < 0)
		return -errno;
	if (g_file_set_contents_full(path, text, (gssize)strlen(text),
		    G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, &error))
		return 0;
	switch (error->code) {
	case G_FILE_ERROR_NOSPC:
		return -ENOSPC;
	case G_FILE_ERROR_ACCES:
		return -EACCES;
	case G_FILE_ERROR_ROFS:
		return -EROFS;
	default:
		return -EIO;
	}
}

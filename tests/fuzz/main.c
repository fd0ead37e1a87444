/* Replays inputs through a fuzzer without libFuzzer, so that each corpus runs in the ordinary test
 * suite with any compiler. Arguments are files and directories of files. */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

#define INPUT_MAX (16L * 1024 * 1024)

static bool replay_file(const char *path) {
	FILE *f = fopen(path, "rbe");
	struct stat st;
	if (!f || fstat(fileno(f), &st) < 0 || st.st_size > INPUT_MAX) {
		fprintf(stderr, "%s: %s\n", path,
			f ? "too large or not to be read" : strerror(errno));
		if (f)
			fclose(f);
		return false;
	}
	/* exactly as large as the input, so that a sanitizer sees the first byte read behind it */
	size_t n = (size_t)st.st_size;
	uint8_t *bytes = malloc(n > 0 ? n : 1);
	bool ok = bytes && fread(bytes, 1, n, f) == n;
	if (ok)
		(void)LLVMFuzzerTestOneInput(bytes, n);
	else
		fprintf(stderr, "%s: short read\n", path);
	free(bytes);
	fclose(f);
	return ok;
}

static int is_visible(const struct dirent *entry) {
	return entry->d_name[0] != '.';
}

/* The number of inputs replayed, -1 on failure. */
static int replay(const char *path) {
	struct stat st;
	if (stat(path, &st) < 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	if (!S_ISDIR(st.st_mode))
		return replay_file(path) ? 1 : -1;

	struct dirent **entries = NULL;
	int n = scandir(path, &entries, is_visible, alphasort);
	int n_replayed = n;
	for (int i = 0; i < n; i++) {
		char *child = NULL;
		if (asprintf(&child, "%s/%s", path, entries[i]->d_name) < 0)
			abort();
		if (n_replayed >= 0 && !replay_file(child))
			n_replayed = -1;
		free(child);
		free(entries[i]);
	}
	free(entries);
	return n_replayed;
}

int main(int argc, char **argv) {
	int total = 0;
	for (int i = 1; i < argc; i++) {
		int n = replay(argv[i]);
		if (n < 0)
			return EXIT_FAILURE;
		total += n;
	}
	printf("%d inputs\n", total);
	/* a corpus that is empty by mistake must not look like one that passes */
	return total > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

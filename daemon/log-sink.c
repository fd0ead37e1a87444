#include "daemon/log-sink.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "base/log.h"

/* systemd.exec(5): $JOURNAL_STREAM is DEVICE:INODE of what it connected stderr to. */
static bool stderr_is_journal(void) {
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long device, inode;
	struct stat status;
	return stream && sscanf(stream, "%lu:%lu", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device &&
	       status.st_ino == inode;
}

static void log_sink_journal(const struct log_line *line, void *userdata) {
	if (line->account)
		(void)sd_journal_send("PRIORITY=%d", (int)line->level, "MESSAGE=%s: %s",
			line->account, line->text, "POSTHORN_ACCOUNT=%s", line->account, NULL);
	else
		(void)sd_journal_send(
			"PRIORITY=%d", (int)line->level, "MESSAGE=%s", line->text, NULL);
}

static void log_sink_stderr(const struct log_line *line, void *userdata) {
	if (line->account)
		fprintf(stderr, "posthornd: account=%s %s\n", line->account, line->text);
	else
		fprintf(stderr, "posthornd: %s\n", line->text);
}

void log_sink_install(void) {
	log_set_sink(stderr_is_journal() ? log_sink_journal : log_sink_stderr, NULL);
}

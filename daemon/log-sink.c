#include "daemon/log-sink.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "daemon/log-catalog.h"
#include "daemon/log-limit.h"

/* systemd.exec(5): $JOURNAL_STREAM is DEVICE:INODE of what it connected stderr to. */
static bool stderr_is_journal(void) {
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long device, inode;
	struct stat status;
	return stream && sscanf(stream, "%lu:%lu", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device &&
	       status.st_ino == inode;
}

/* At the level of debug nothing is held back: somebody is looking. */
static bool is_repeated(struct log_limit *limit, const struct log_line *line) {
	struct timespec now;
	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	uint64_t now_usec = (uint64_t)now.tv_sec * USEC_PER_SEC + (uint64_t)now.tv_nsec / 1000;
	return line->level < LOG_LEVEL_DEBUG && !log_limit_passes(limit, line, now_usec);
}

struct entry {
	struct iovec fields[10];
	int n;
};

/* "NAME=value"; nothing for a value that is not said. */
static void add_field(struct entry *entry, const char *name, const char *value) {
	if (!value || !*value)
		return;
	char *field = memory_format("%s=%s", name, value);
	entry->fields[entry->n++] = (struct iovec){ field, strlen(field) };
}

static void add_number(struct entry *entry, const char *name, uint64_t number) {
	CLEANUP_TEXT char *value = memory_format("%" PRIu64, number);
	add_field(entry, name, value);
}

static void log_sink_journal(const struct log_line *line, void *userdata) {
	const struct log_fields *fields = &line->fields;
	if (is_repeated(userdata, line))
		return;
	struct entry entry = { .n = 0 };
	CLEANUP_TEXT char *message = memory_format("%s%s%s", line->account ? line->account : "",
		line->account ? ": " : "", line->text);
	add_number(&entry, "PRIORITY", line->level);
	add_field(&entry, "MESSAGE", message);
	add_field(&entry, "MESSAGE_ID", log_catalog_id(fields->event));
	add_field(&entry, "POSTHORN_ACCOUNT", line->account);
	add_field(&entry, "POSTHORN_MAILBOX", fields->mailbox);
	add_field(&entry, "POSTHORN_REASON", fields->reason);
	add_field(&entry, "POSTHORN_HOST", fields->host);
	if (fields->seq > 0)
		add_number(&entry, "POSTHORN_SEQ", fields->seq);
	(void)sd_journal_sendv(entry.fields, entry.n);
	for (int i = 0; i < entry.n; i++)
		free(entry.fields[i].iov_base);
}

static void log_sink_stderr(const struct log_line *line, void *userdata) {
	if (line->account)
		fprintf(stderr, "posthornd: account=%s %s\n", line->account, line->text);
	else
		fprintf(stderr, "posthornd: %s\n", line->text);
}

void log_sink_install(void) {
	/* Lives as long as the process, like the sink. */
	if (stderr_is_journal())
		log_set_sink(log_sink_journal, MEMORY_NEW(struct log_limit));
	else
		log_set_sink(log_sink_stderr, NULL);
}

#include "daemon/status-line.h"

#include <stdio.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "daemon/account-config.h"
#include "daemon/account.h"
#include "daemon/manager.h"

#define LINE_MAX_BYTES ((size_t)1024)
#define NAMED_MAX 2

static size_t status_line_troubles(struct manager *m, struct buffer *line, size_t n_named) {
	size_t n = 0;
	struct account *account;
	for (size_t i = 0; (account = manager_account_at(m, i)); i++) {
		struct account_status status = account_status(account);
		if (status.reason == REASON_NONE)
			continue;
		if (n++ < n_named)
			(void)buffer_append_format(line, "%s%s: %s", n == 1 ? "" : ", ",
				account_config(account)->id, reason_to_string(status.reason));
	}
	return n;
}

char *status_line(struct manager *m) {
	struct manager_totals totals = manager_totals(m);
	struct buffer line;
	buffer_init(&line, LINE_MAX_BYTES);
	(void)buffer_append_format(&line, "%zu account%s: %u online", totals.n_accounts,
		totals.n_accounts == 1 ? "" : "s", totals.n_online);
	if (totals.n_failed)
		(void)buffer_append_format(&line, ", %u failed", totals.n_failed);
	struct buffer troubles;
	buffer_init(&troubles, LINE_MAX_BYTES);
	size_t n = status_line_troubles(m, &troubles, NAMED_MAX);
	CLEANUP_TEXT char *named = buffer_take_text(&troubles);
	if (n > 0)
		(void)buffer_append_format(&line, " (%s%s)", named, n > NAMED_MAX ? ", ..." : "");
	char *text = buffer_take_text(&line);
	buffer_deinit(&troubles);
	buffer_deinit(&line);
	return text;
}

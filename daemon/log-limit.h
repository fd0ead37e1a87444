#pragma once
/* One line of an account in a minute for the same event, mailbox and reason: who waits for a server
 * that comes and goes says so once. Pure: time is an argument. Remembers the last lines of so many
 * accounts; of more than that some are said more often. */
#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/macros.h"

#define LOG_LIMIT_USEC USEC_PER_MINUTE
#define LOG_LIMIT_SLOTS 1024

/* Zeroed to begin with. */
struct log_limit {
	struct {
		uint64_t key; /* 0: free */
		uint64_t until_usec;
	} slots[LOG_LIMIT_SLOTS];
};

/* Lines without a reason always pass. */
bool log_limit_passes(struct log_limit *limit, const struct log_line *line, uint64_t now_usec);

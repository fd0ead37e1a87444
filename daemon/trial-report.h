#pragma once
/* What a trial has found, in lines for people or as one JSON object. */
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "daemon/account.h"

struct account_config;
struct watch_facts;

struct trial_finding {
	const struct account_config *config;
	const struct watch_facts *facts;
	struct account_status status;
	bool works;
	bool waited; /* for a message */
	uint64_t push_usec; /* after so long it came; 0: none did */
};

void trial_report_text(const struct trial_finding *finding, struct buffer *out);
void trial_report_json(const struct trial_finding *finding, struct buffer *out);

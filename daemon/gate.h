#pragma once
/* How many logins may be under way at once, for each server host: when a server comes back, or at
 * a start with thousands of accounts, the rest waits in a queue. It spares the server, and us: a
 * loop with a thousand half-open handshakes spends its time in asking which of them is ready. */
#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"

struct gate_host;

/* All hosts with a login under way. Embedded in the manager. */
struct gate {
	struct list hosts;
	size_t n_logins_max; /* at each host; may be set at any time */
};

/* One account's place, embedded in it. */
struct gate_place {
	struct list link; /* in the queue, while it waits */
	struct gate_host *host; /* NULL: neither waiting nor inside */
	bool is_inside;
	void (*open)(struct gate_place *place); /* its turn has come */
};

void gate_init(struct gate *gate, size_t n_logins_max);
/* All places must have been left. */
void gate_deinit(struct gate *gate);

void gate_place_init(struct gate_place *place, void (*open)(struct gate_place *place));

/* True: go on at once. False: `open` is called later, from another account's gate_leave(). */
bool gate_enter(struct gate *gate, struct gate_place *place, const char *host);
/* From inside or from the queue, or from neither; lets the next one in. */
void gate_leave(struct gate *gate, struct gate_place *place);

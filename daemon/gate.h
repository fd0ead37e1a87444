#pragma once
/* Who may log in when, for each server host: so many at once, so many in the long run
 * (login-budget.h), and one alone where the host has trouble (breaker.h); the others wait in their
 * order. It spares the server, and us: a loop with a thousand half-open handshakes spends its time in
 * asking which of them is ready. Pure: time and chance are arguments. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/reason.h"
#include "daemon/alarm-queue.h"
#include "daemon/breaker.h"

struct gate_host;

/* All hosts. Embedded in the manager. */
struct gate {
	void *hosts; /* a tree of search.h, by name */
	struct alarm_queue alarms; /* of hosts at which somebody waits for a time */
	size_t n_logins_max; /* at once at each host; may be set at any time */
	uint64_t now_usec; /* of the last call */
	/* gate_due() has changed; or NULL. */
	void (*due_changed)(struct gate *gate);
};

enum gate_position {
	GATE_OUTSIDE,
	GATE_WAITING,
	GATE_INSIDE,
};

/* One account's place, embedded in it. */
struct gate_place {
	struct list link; /* in the queue, while it waits */
	struct gate_host *host; /* from the first gate_enter() on */
	struct breaker_view view;
	enum gate_position position;
	void (*open)(struct gate_place *place); /* its turn has come: it is inside */
	void (*moved)(struct gate_place *place); /* it waits for something else now; or NULL */
};

/* `n_logins_max` and `due_changed` of `gate` are set by the owner, at any time. */
void gate_init(struct gate *gate, size_t n_logins_max);
/* All places must have been forgotten. */
void gate_deinit(struct gate *gate);

void gate_place_init(struct gate_place *place, void (*open)(struct gate_place *place));

/* True: go on at once. False: `open` is called once its turn has come, if it was not already. */
bool gate_enter(struct gate *gate, struct gate_place *place, const char *host, uint64_t now_usec);

/* How an attempt, or the connection that came of it, has ended. */
struct gate_end {
	enum reason reason; /* NONE: it was given up by ourselves */
	bool has_reached; /* the server has said something: this was one of its logins */
	uint64_t now_usec;
	uint64_t random; /* any 64-bit random number */
};

/* The login was accepted: the next one may come in. */
void gate_accepted(struct gate *gate, struct gate_place *place, uint64_t now_usec);
/* From inside, from the queue, or from outside when a connection ends. */
void gate_leave(struct gate *gate, struct gate_place *place, const struct gate_end *end);
/* The account goes. */
void gate_forget(struct gate *gate, struct gate_place *place, uint64_t now_usec);

/* This machine is on another network, or has woken: what kept all from a host may have been its own
 * trouble. What the logins cost is not forgotten. */
void gate_start_over(struct gate *gate, uint64_t now_usec);

/* When gate_tick() is to be called; USEC_NEVER: not for now. */
uint64_t gate_due(struct gate *gate);
void gate_tick(struct gate *gate, uint64_t now_usec);

/* What one that waits is waiting for. */
struct gate_wait {
	uint64_t due_usec; /* its turn comes not before; USEC_NEVER: when others are done */
	enum reason reason; /* the trouble that the host has; NONE: it has none that is known */
};
struct gate_wait gate_wait(const struct gate_place *place);

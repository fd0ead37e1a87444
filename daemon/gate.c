#include "daemon/gate.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"

struct gate_host {
	struct list link;
	const struct gate *gate;
	char *name;
	size_t n_inside;
	struct list waiting;
};

void gate_init(struct gate *gate, size_t n_logins_max) {
	gate->n_logins_max = n_logins_max;
	list_init(&gate->hosts);
}

void gate_deinit(struct gate *gate) {
	assert(list_is_empty(&gate->hosts));
}

void gate_place_init(struct gate_place *place, void (*open)(struct gate_place *place)) {
	*place = (struct gate_place){ .open = open };
	list_init(&place->link);
}

/* Only hosts with a login under way are in the list: it is short. */
static struct gate_host *gate_host(struct gate *gate, const char *name) {
	LIST_FOREACH (item, &gate->hosts) {
		struct gate_host *host = CONTAINER_OF(item, struct gate_host, link);
		if (text_equal_nocase(host->name, name))
			return host;
	}
	struct gate_host *host = MEMORY_NEW(struct gate_host);
	host->gate = gate;
	host->name = memory_strdup(name);
	list_init(&host->waiting);
	list_append(&gate->hosts, &host->link);
	return host;
}

static void gate_host_drop_if_empty(struct gate_host *host) {
	if (host->n_inside > 0 || !list_is_empty(&host->waiting))
		return;
	list_remove(&host->link);
	free(host->name);
	free(host);
}

bool gate_enter(struct gate *gate, struct gate_place *place, const char *host) {
	assert(!place->host);
	place->host = gate_host(gate, host);
	place->is_inside = place->host->n_inside < gate->n_logins_max;
	if (place->is_inside)
		place->host->n_inside++;
	else
		list_append(&place->host->waiting, &place->link);
	return place->is_inside;
}

static struct gate_place *gate_host_next(struct gate_host *host) {
	if (list_is_empty(&host->waiting) || host->n_inside >= host->gate->n_logins_max)
		return NULL;
	struct gate_place *next = CONTAINER_OF(host->waiting.next, struct gate_place, link);
	list_remove(&next->link);
	next->is_inside = true;
	host->n_inside++;
	return next;
}

void gate_leave(struct gate *gate, struct gate_place *place) {
	struct gate_host *host = place->host;
	if (!host)
		return;
	if (place->is_inside)
		host->n_inside--;
	list_remove(&place->link);
	place->host = NULL;
	place->is_inside = false;
	struct gate_place *next = gate_host_next(host);
	gate_host_drop_if_empty(host);
	if (next)
		next->open(next);
}

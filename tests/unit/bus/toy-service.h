#pragma once
/* A service with one root object and a few shelves below it, on the tables of bus/object.h. */
#include "fixture.h"

#include "bus/callers.h"
#include "bus/connection.h"
#include "bus/names.h"
#include "bus/object.h"

#define TOY_NAME "org.posthorn.Toy"
#define TOY_PATH "/org/posthorn/Toy"
#define TOY_PATH_SHELF TOY_PATH "/shelf"
#define TOY_SHELVES_MAX 2000

struct toy_shelf {
	char path[64];
	const char *label;
	uint32_t height;
	uint64_t opened;
};

struct toy_service {
	struct fixture *fixture;
	struct connection *connection;
	struct callers *callers; /* NULL: the bus is one user's */
	struct object_server *server;
	bool online;
	unsigned n_calls; /* of Echo */
	unsigned n_given; /* objects, to whoever walks through them */
	unsigned n_left; /* callers that are gone */
	struct object_reply *later; /* of Wait */
	bool is_waiting;
	struct toy_shelf shelves[TOY_SHELVES_MAX];
	size_t n_shelves;
};

extern const struct object_interface toy_root_interface;
extern const struct object_interface toy_shelf_interface;
extern const struct object_interface *const toy_shelf_interfaces[];

/* Bits of toy_shelf_interface */
#define TOY_LABEL (UINT64_C(1) << 0)
#define TOY_HEIGHT (UINT64_C(1) << 1)
#define TOY_SERIAL (UINT64_C(1) << 2)
#define TOY_OPENED (UINT64_C(1) << 3)

/* Returns when it is online and owns `name`. */
void toy_service_init(struct toy_service *t, struct fixture *f, const char *name);
void toy_service_deinit(struct toy_service *t);
struct toy_shelf *toy_service_add(struct toy_service *t, const char *id);

/* `texts`: the arguments, or NULL for none. */
#define TEXTS(...) ((const char *const[]){ __VA_ARGS__, NULL })
DBusMessage *toy_service_call(struct toy_service *t, const char *path, const char *interface,
	const char *member, const char *const *texts);

/* A test of it: a bus with `limits` of its own (elements of its configuration), and the service under
 * TOY_NAME. */
struct toy_test {
	struct fixture fixture;
	struct toy_service toy;
};

struct toy_test *toy_test_new(const char *limits);
/* The same, and the service asks the bus who calls; signals are for subscribers. */
struct toy_test *toy_test_new_callers(const char *limits);
/* cmocka's teardown; *state is the struct toy_test. */
int toy_test_tear_down(void **state);

#pragma once
/* The callers of a service on a bus that more than one user is on. Each is identified by the bus
 * itself (GetConnectionCredentials) at its first call, which waits for that; what is known of it is
 * forgotten when it leaves the bus. Which of them subscribed to signals is kept here too. */
#include <dbus/dbus.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "bus/caller.h"

struct callers;
struct connection;

/* Each costs a match rule, and the system bus lets a connection have 512. */
#define CALLERS_MAX 256
#define CALLERS_SUBSCRIBERS_MAX 128
/* Of one user, but for root: another one's programs must not take all places. */
#define CALLERS_SUBSCRIBERS_PER_USER 16
/* Calls that wait until the bus has said whose they are: bytes of all, calls of one. */
#define CALLERS_WAITING_BYTES_MAX (1024 * 1024)
#define CALLERS_WAITING_MAX 64

/* Freed before the connection. */
struct callers *callers_new(struct connection *c);
struct callers *callers_free(struct callers *c);
DEFINE_CLEANUP(struct callers, callers_free);

/* A call that waited, and the caller is known now. */
typedef void (*callers_call_fn)(struct caller *caller, DBusMessage *m, void *userdata);
/* It has left the bus, or its place was needed since it had been idle; also when the bus is lost. */
typedef void (*callers_left_fn)(struct caller *caller, void *userdata);
void callers_set_call(struct callers *c, callers_call_fn call, void *userdata);
void callers_set_left(struct callers *c, callers_left_fn left, void *userdata);

/* Who sent the call; borrowed until the next turn of the loop. NULL: it comes again by `call`, or was
 * answered with an error. */
struct caller *callers_identify(struct callers *c, DBusMessage *m);
/* By the name of its connection; NULL: not known. */
struct caller *callers_find(struct callers *c, const char *name);

/* 0, also for one that is subscribed already; -EUSERS: too many are. */
int callers_subscribe(struct callers *c, struct caller *caller);
void callers_unsubscribe(struct callers *c, struct caller *caller);
/* The subscriber in a slot below CALLERS_SUBSCRIBERS_MAX, or NULL. */
struct caller *callers_subscriber(struct callers *c, unsigned slot);
size_t callers_n_known(const struct callers *c);

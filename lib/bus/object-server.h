#pragma once
/* What the parts of object.c share: calls there, signals in object-signals.c, replies in slices in
 * object-slices.c. */
#include "bus/connection.h"
#include "bus/deferred.h"
#include "bus/object-changes.h"
#include "bus/object.h"

struct object_server {
	struct connection_listener listener;
	struct connection *connection;
	struct object_tree tree;
	struct list replies; /* that are still due */
	/* object-signals.c */
	struct object_changes changes;
	struct deferred flush;
	/* object-slices.c */
	struct list slices; /* replies that are being written, or wait for that */
	size_t n_slices;
	struct deferred slicing;
	bool is_writing; /* the first of them has begun */
	bool has_sliced; /* in this turn */
	size_t n_changes_due; /* are signalled before the next one begins */
};

bool object_server_lookup(
	struct object_server *s, const char *path, struct caller *caller, struct object_ref *ret);
/* The call's path and members, as they are for this caller now. False: there is no such object. */
bool object_server_find(struct object_call *call);

void object_signals_init(struct object_server *s);
void object_signals_deinit(struct object_server *s);
/* The bus takes bytes again, or a reply is done. */
void object_signals_resume(struct object_server *s);
/* The bus is lost. */
void object_signals_drop(struct object_server *s);

void object_slices_init(struct object_server *s);
void object_slices_deinit(struct object_server *s);
void object_slices_drop(struct object_server *s);
/* So many records fewer are due. */
void object_slices_changes_sent(struct object_server *s, size_t n);

#pragma once
/* Owns the store and all accounts: starts, reloads and stops them, commits what they write once a
 * turn of the loop, and publishes from the log what has been committed. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/macros.h"

struct account;
struct account_host;
struct manager;
struct metrics;
struct store_event;
struct watch_facts;

enum manager_changed {
	MANAGER_CHANGED_COUNTS = 1 << 0, /* Unseen, AccountsOnline, AccountsFailed */
	MANAGER_CHANGED_SEQUENCE = 1 << 1, /* LastSequence */
	MANAGER_CHANGED_CONFIG =
		1 << 2, /* it was read again; what it added and removed was told before */
};

/* The D-Bus side. Every callback may be NULL. */
struct manager_listener {
	/* One committed event, in order of seq. False: it cannot be sent now; publishing stops and begins
	 * again with the same event at manager_publish(). */
	bool (*event)(void *userdata, const struct store_event *event);
	/* There are no more. */
	void (*caught_up)(void *userdata);
	void (*account_added)(void *userdata, struct account *account);
	void (*account_removed)(void *userdata, struct account *account);
	void (*account_changed)(void *userdata, struct account *account, unsigned changed);
	void (*changed)(void *userdata, unsigned changed);
	void *userdata;
};

/* Borrowed for the manager's life. */
struct manager_settings {
	sd_event *loop;
	const char *const *config_folders; /* first one wins; NULL-terminated */
	const char *state_path; /* the store's file */
	const char *only_account; /* the others are as if they were not there; NULL: all run */
	struct watch_facts *facts; /* of the trial that this is; else NULL */
	uint64_t retry_cap_usec; /* where posthorn.conf does not say */
	bool keeps_log_level; /* whatever posthorn.conf says */
	bool has_desktop; /* the daemon of a user: there is a session to ask for secrets */
};

struct manager_totals {
	size_t n_accounts;
	uint32_t unseen;
	uint32_t n_online;
	uint32_t n_failed;
};

/* Opens the store and reads the configuration; nothing runs yet. Negative errno when the store
 * cannot be opened; what is wrong was logged. */
int manager_new(const struct manager_settings *settings, struct manager **ret);
struct manager *manager_free(struct manager *m);
DEFINE_CLEANUP(struct manager, manager_free);

void manager_set_listener(struct manager *m, const struct manager_listener *listener);

void manager_start(struct manager *m);
/* Ends all connections politely; `done` is called from the loop when all are gone, at the latest
 * after two seconds. */
void manager_stop(struct manager *m, void (*done)(void *userdata), void *userdata);
/* Reads the configuration anew: an unchanged account keeps its connection. */
void manager_reload(struct manager *m);

/* Sends committed events that were not sent yet; the D-Bus side calls it when its bus is back. */
void manager_publish(struct manager *m);

/* What all accounts have around them; borrowed. */
const struct account_host *manager_account_host(const struct manager *m);
/* No account has a connection, or is about to have one. */
bool manager_is_idle(const struct manager *m);

/* By id; NULL if there is none. Indices are in order of ids. */
struct account *manager_account(struct manager *m, const char *id);
struct account *manager_account_at(struct manager *m, size_t index);
struct manager_totals manager_totals(const struct manager *m);
/* Of the whole process; who does something for it counts here. */
struct metrics *manager_metrics(struct manager *m);

/* ReadEvents: see store_read_events(). */
int manager_read_events(struct manager *m, uint64_t after, unsigned limit,
	int (*each)(const struct store_event *event, void *userdata), void *userdata);
uint64_t manager_last_seq(const struct manager *m);
/* See store_list_newest(). */
int manager_list_newest(struct manager *m,
	void (*each)(const char *account, uint64_t seq, void *userdata), void *userdata);

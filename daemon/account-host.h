#pragma once
/* What an account needs around it, and whom it tells of changes. Made by the manager. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

struct account;
struct alarm_clock;
struct desktop;
struct gate;
struct metrics;
struct resolver;
struct store;
struct trust;
struct watch_facts;

enum account_changed {
	ACCOUNT_CHANGED_STATE = 1 << 0, /* state, reason, reason_text, retry_at */
	ACCOUNT_CHANGED_STRATEGY = 1 << 1,
	ACCOUNT_CHANGED_COUNTS = 1 << 2, /* unseen, total */
	ACCOUNT_CHANGED_CONFIG = 1 << 3, /* name: what a reload may change of a running account */
};

enum account_written {
	ACCOUNT_WRITTEN_STATE, /* cursors: nobody waits for them */
	ACCOUNT_WRITTEN_EVENTS, /* somebody waits for these */
};

/* Borrowed for the life of the account. */
struct account_host {
	sd_event *loop;
	struct alarm_clock *clock;
	struct store *store;
	struct metrics *metrics;
	struct resolver *resolver;
	struct gate *gate; /* how many may log in at once */
	struct desktop *desktop; /* of the user; NULL: this is a system service */
	struct watch_facts *facts; /* of a trial; else NULL */
	size_t n_accounts; /* of this process */
	bool state_lost; /* the store was set aside: a first sight is a reset */
	uint64_t retry_cap_usec;
	struct trust *trust;
	void (*changed)(void *userdata, struct account *account, unsigned changed);
	/* The store holds uncommitted writes of this account: commit soon. With a negative errno: a
	 * write failed half way, so that the whole transaction must be rolled back. */
	void (*written)(
		void *userdata, struct account *account, enum account_written written, int error);
	void *userdata;
};

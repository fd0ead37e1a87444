/* A store that dies, or whose disk fails, at every single write: afterwards an event and the
 * cursor that makes it old are both there or both not. */
#include "store/store.h"

#include "base/memory.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fault-vfs.h"
#include "helper.h"
#include "scratch.h"

#define COMMITS 5 /* in each of two lives */

/* What a run told before it ended: it is in a pipe, so that a death cannot take it back. */
struct progress {
	uint32_t uid; /* of the last commit that returned */
	uint64_t seq;
};

static int save_parts(struct store *store, uint32_t uid, unsigned n_parts) {
	static char bytes[STORE_PART_MAX];
	memset(bytes, (int)uid, sizeof(bytes));
	int r = 0;
	for (uint32_t i = 0; r == 0 && i < n_parts; i++) {
		struct store_part part = { .number = i, .bytes = bytes, .n = sizeof(bytes) };
		r = store_save_part(store, "work", "INBOX", &part);
	}
	return r;
}

/* The turn of a loop in which message `uid` came, with so many parts of 64 KiB each. */
static int announce(struct store *store, uint32_t uid, unsigned n_parts, uint64_t *ret_seq) {
	struct store_event event = {
		.type = STORE_EVENT_NEW,
		.id = "imap://user@host/INBOX;UIDVALIDITY=1/;UID=1",
		.account = "work",
		.mailbox = "INBOX",
		.uid = uid,
		.subject = "A subject of some length, as subjects are",
	};
	struct store_cursor cursor = { .uidvalidity = 1, .next_uid = uid + 1 };
	struct store_part part = { .number = UINT32_MAX, .bytes = &uid, .n = sizeof(uid) };
	int r = store_append(store, &event, NOW + uid, ret_seq);
	if (r == 0)
		r = store_save_cursor(store, "work", "INBOX", &cursor);
	if (r == 0)
		r = store_save_part(store, "work", "INBOX", &part);
	if (r == 0)
		r = save_parts(store, uid, n_parts);
	int committed = store_commit(store);
	assert_false(store_is_dirty(store));
	return r < 0 ? r : committed;
}

/* In the child: two lives with a clean end between, which moves the log into the file. */
static void live(struct scratch *s, unsigned n_parts, int out) {
	uint32_t uid = 0;
	for (unsigned life = 0; life < 2; life++) {
		struct store *store = helper_open(s);
		for (unsigned i = 0; i < COMMITS; i++) {
			struct progress progress = { .uid = ++uid };
			if (announce(store, uid, n_parts, &progress.seq) < 0 ||
				write(out, &progress, sizeof(progress)) != sizeof(progress))
				_exit(1);
		}
		if (store_trim(store, NOW) < 0 || store_commit(store) < 0)
			_exit(1);
		store_close(store);
	}
	_exit(0);
}

/* Runs that life with a fault; 1: it died of it, 0: it came to its end before. */
static int run(
	struct scratch *s, enum fault fault, unsigned at, unsigned n_parts, struct progress *ret) {
	int pipe_fds[2];
	assert_int_equal(pipe(pipe_fds), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		fault_vfs_arm(fault, at, at);
		live(s, n_parts, pipe_fds[1]);
	}
	(void)close(pipe_fds[1]);
	struct progress progress;
	while (read(pipe_fds[0], &progress, sizeof(progress)) == sizeof(progress))
		*ret = progress;
	(void)close(pipe_fds[0]);
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status)) {
		assert_int_equal(WTERMSIG(status), SIGKILL);
		return 1;
	}
	assert_int_equal(WEXITSTATUS(status), 0);
	return 0;
}

struct audit {
	uint32_t uid; /* the last one; they come without a gap */
	uint64_t seq;
};

static int on_audited(const struct store_event *event, void *userdata) {
	struct audit *audit = userdata;
	assert_int_equal(event->uid, audit->uid + 1);
	assert_true(event->seq > audit->seq);
	assert_string_equal(event->mailbox, "INBOX");
	audit->uid = event->uid;
	audit->seq = event->seq;
	return 0;
}

static int on_audited_part(const struct store_part *part, void *userdata) {
	const struct audit *audit = userdata;
	assert_memory_equal(part->bytes, &audit->uid, part->n == 4 ? 4 : 1);
	return 0;
}

/* Event, cursor and parts agree; returns the last message that is known. */
static uint32_t audit(struct store *store) {
	struct audit audit = { 0 };
	struct store_cursor cursor = { .next_uid = 1 };
	assert_true(store_read_events(store, 0, 1000, on_audited, &audit) >= 0);
	assert_true(store_load_cursor(store, "work", "INBOX", &cursor) >= 0);
	assert_int_equal(cursor.next_uid, audit.uid + 1);
	assert_true(store_last_seq(store) == audit.seq);
	assert_true(store_load_parts(store, "work", "INBOX", on_audited_part, &audit) >= 0);
	return audit.uid;
}

static struct store *reopen(struct scratch *s, enum store_opened *ret_opened) {
	struct store_limits limits = { 0 };
	struct store *store = NULL;
	CLEANUP_TEXT char *problem = NULL;
	assert_int_equal(store_open(s->path, &limits, &store, ret_opened, &problem), 0);
	assert_null(problem);
	return store;
}

/* kill -9: what was committed is there, and of the commit that was under way all or nothing. */
static void test_killed_at_every_write(void **state) {
	unsigned at = 1;
	for (int died = 1; died == 1; at++) {
		struct scratch *s;
		assert_int_equal(scratch_setup((void **)&s), 0);
		struct progress told = { 0 };
		enum store_opened opened;
		died = run(s, FAULT_KILL, at, 0, &told);
		struct store *store = reopen(s, &opened);
		assert_in_range(opened, STORE_OPENED, STORE_CREATED);
		uint32_t known = audit(store);
		assert_in_range(known, told.uid, told.uid + 1);
		uint64_t seq;
		assert_int_equal(announce(store, known + 1, 0, &seq), 0);
		assert_true(seq > told.seq);
		store_close(store);
		assert_int_equal(scratch_teardown((void **)&s), 0);
	}
	assert_in_range(at, 100, 2000);
}

/* Commits large enough that the log is moved into the file between them, not only at the end. */
static void test_killed_in_a_checkpoint(void **state) {
	int died = 1;
	for (unsigned at = 1; died == 1; at += 199) {
		struct scratch *s;
		assert_int_equal(scratch_setup((void **)&s), 0);
		struct progress told = { 0 };
		enum store_opened opened;
		died = run(s, FAULT_KILL, at, 16, &told);
		struct store *store = reopen(s, &opened);
		assert_in_range(audit(store), told.uid, told.uid + 1);
		store_close(store);
		assert_int_equal(scratch_teardown((void **)&s), 0);
	}
}

/* Power cut: commits may be lost, from the last one backwards, each of them whole. */
static void test_power_cut_at_every_write(void **state) {
	unsigned at = 1, n_lost = 0;
	for (int died = 1; died == 1; at++) {
		struct scratch *s;
		assert_int_equal(scratch_setup((void **)&s), 0);
		struct progress told = { 0 };
		enum store_opened opened;
		store_close(reopen(s, &opened));
		died = run(s, FAULT_POWER, at, 0, &told);
		struct store *store = reopen(s, &opened);
		assert_int_equal(opened, STORE_OPENED);
		uint32_t known = audit(store);
		assert_in_range(known, 0, told.uid + 1);
		n_lost += known < told.uid;
		/* the lost ones are announced again, under numbers that nobody has seen */
		uint64_t seq = 0;
		for (uint32_t uid = known + 1; uid <= told.uid + 1; uid++)
			assert_int_equal(announce(store, uid, 0, &seq), 0);
		assert_true(seq > told.seq);
		assert_in_range(audit(store), told.uid + 1, told.uid + 2);
		store_close(store);
		assert_int_equal(scratch_teardown((void **)&s), 0);
	}
	assert_in_range(at, 60, 2000);
	assert_true(n_lost > 0); /* else nothing was cut */
}

/* A disk that fails: the transaction is rolled back, the store lives, and works when it is over. */
static void fail_at_every_write(struct scratch *s, enum fault fault, int expected) {
	struct store *store = helper_open(s);
	uint32_t uid = 0;
	bool struck = true;
	for (unsigned at = 1; struck; at++) {
		fault_vfs_arm(fault, at, 0);
		uint64_t seq;
		int r = 0;
		for (unsigned i = 0; r == 0 && i < 3; i++) {
			r = announce(store, uid + 1, 0, &seq);
			uid += r == 0;
		}
		struck = fault_vfs_has_struck() == 1;
		assert_int_equal(r, struck ? expected : 0);
		if (struck) {
			assert_int_equal(announce(store, uid + 1, 0, &seq), expected);
			assert_int_equal(audit(store), uid);
		}
		fault_vfs_disarm();
		assert_int_equal(announce(store, ++uid, 0, &seq), 0);
		assert_int_equal(audit(store), uid);
	}
	store_close(store);
	store = helper_open(s);
	assert_int_equal(audit(store), uid);
	store_close(store);
}

static void test_disk_full_at_every_write(void **state) {
	fail_at_every_write(*state, FAULT_FULL, -ENOSPC);
}

static void test_io_error_at_every_write(void **state) {
	fail_at_every_write(*state, FAULT_IO, -EIO);
}

/* A write that failed dooms its transaction: what came before it in the turn is not kept alone. */
static void test_a_failure_dooms_the_turn(void **state) {
	struct scratch *s = *state;
	struct store *store = helper_open(s);
	struct store_cursor cursor = { .uidvalidity = 1, .next_uid = 1 };
	CLEANUP_TEXT char *bytes = memory_zalloc(STORE_PART_MAX, 1);
	fault_vfs_arm(FAULT_FULL, 1, 0);
	int r = store_save_cursor(store, "a", "INBOX", &cursor);
	assert_int_equal(r, 0);
	/* more than the page cache holds, so that it goes to the disk before the commit */
	for (uint32_t i = 0; r == 0 && i < 100; i++) {
		struct store_part part = { .number = i, .bytes = bytes, .n = STORE_PART_MAX };
		r = store_save_part(store, "a", "INBOX", &part);
	}
	assert_int_equal(r, -ENOSPC);
	fault_vfs_disarm();
	assert_true(store_is_dirty(store));
	assert_int_equal(store_save_cursor(store, "b", "INBOX", &cursor), -ENOSPC);
	assert_int_equal(store_commit(store), -ENOSPC);
	assert_false(store_is_dirty(store));
	assert_int_equal(store_load_cursor(store, "a", "INBOX", &cursor), 0);
	assert_int_equal(store_save_cursor(store, "b", "INBOX", &cursor), 0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(store_load_cursor(store, "b", "INBOX", &cursor), 1);
	store_close(store);
}

/* A file that cannot be read for a moment is not set aside. */
static void test_read_error_at_every_read(void **state) {
	struct scratch *s = *state;
	struct store_limits limits = { 0 };
	enum store_opened opened;
	struct store *store = helper_open(s);
	uint64_t seq;
	for (uint32_t uid = 1; uid <= 40; uid++)
		assert_int_equal(announce(store, uid, 0, &seq), 0);
	store_close(store);
	bool struck = true;
	unsigned at = 1;
	for (; struck; at++) {
		fault_vfs_arm(FAULT_READ, at, 0);
		CLEANUP_TEXT char *problem = NULL;
		store = NULL;
		int r = store_open(s->path, &limits, &store, &opened, &problem);
		struck = fault_vfs_has_struck() == 1;
		fault_vfs_disarm();
		assert_int_equal(r, struck ? -EIO : 0);
		if (struck)
			assert_non_null(strstr(problem, s->path));
		assert_false(scratch_has(s, ".damaged-1"));
	}
	assert_true(at > 10);
	assert_int_equal(audit(store), 40);
	store_close(store);
}

/* A full disk when there is no file yet: nothing half-made is left, and the next try succeeds. */
static void test_failure_in_creation(void **state) {
	struct scratch *s = *state;
	struct store_limits limits = { 0 };
	enum store_opened opened = STORE_OPENED;
	struct store *store = NULL;
	bool struck = true;
	for (unsigned at = 1; struck; at++) {
		fault_vfs_arm(FAULT_FULL, at, 0);
		CLEANUP_TEXT char *problem = NULL;
		int r = store_open(s->path, &limits, &store, &opened, &problem);
		struck = fault_vfs_has_struck() == 1;
		fault_vfs_disarm();
		if (r == 0)
			break;
		assert_int_equal(r, -ENOSPC);
		assert_non_null(strstr(problem, "space"));
		assert_false(scratch_has(s, ""));
		assert_false(scratch_has(s, ".new"));
		assert_false(scratch_has(s, ".new-wal"));
	}
	assert_non_null(store);
	assert_int_equal(opened, STORE_CREATED);
	assert_int_equal(audit(store), 0);
	store_close(store);
}

static int set_up(void **state) {
	fault_vfs_register();
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_killed_at_every_write),
		cmocka_unit_test(test_killed_in_a_checkpoint),
		cmocka_unit_test(test_power_cut_at_every_write),
		TEST(test_disk_full_at_every_write),
		TEST(test_io_error_at_every_write),
		TEST(test_a_failure_dooms_the_turn),
		TEST(test_read_error_at_every_read),
		TEST(test_failure_in_creation),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}

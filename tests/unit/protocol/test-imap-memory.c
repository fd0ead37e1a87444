/* What a session holds while nothing happens. Allocations of our own code are counted; those of the
 * SASL library are gone with the login. */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "imap-driver.h"

/* An idle account is one small struct, a socket, an SSL and a timer slot. */
#define IDLE_MAX 1600
#define BLOCKS_MAX 256
/* A message that was announced and is unread, while it is alone. */
#define UID_SIZE (sizeof(uint32_t) + BLOCK_OVERHEAD)
/* What the allocator adds to a block. */
#define BLOCK_OVERHEAD sizeof(size_t)

static void *blocks[BLOCKS_MAX];

static void *note(void *p) {
	for (size_t i = 0; p && i < BLOCKS_MAX; i++)
		if (!blocks[i]) {
			blocks[i] = p;
			return p;
		}
	return p;
}

static void forget(const void *p) {
	for (size_t i = 0; p && i < BLOCKS_MAX; i++)
		if (blocks[i] == p)
			blocks[i] = NULL;
}

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size) {
	return note(__real_calloc(n, size));
}

void *__real_reallocarray(void *old, size_t n, size_t size);
void *__wrap_reallocarray(void *old, size_t n, size_t size);
void *__wrap_reallocarray(void *old, size_t n, size_t size) {
	forget(old);
	return note(__real_reallocarray(old, n, size));
}

void __real_free(void *p);
void __wrap_free(void *p);
void __wrap_free(void *p) {
	forget(p);
	__real_free(p);
}

static size_t held(size_t *ret_blocks) {
	size_t n = 0;
	*ret_blocks = 0;
	for (size_t i = 0; i < BLOCKS_MAX; i++)
		if (blocks[i]) {
			n += malloc_usable_size(blocks[i]) + BLOCK_OVERHEAD;
			(*ret_blocks)++;
		}
	return n;
}

static void test_idle(void **state) {
	struct imap_driver d;
	size_t n_blocks;
	imap_driver_lead(&d, IMAP_DRIVER_IDLING);
	size_t n = held(&n_blocks);
	print_message("# an idle session holds %zu bytes in %zu blocks\n", n, n_blocks);
	assert_true(n <= IDLE_MAX);
	assert_int_equal(n_blocks, 3); /* itself, the mailboxes, a name */

	/* a message came and went through */
	struct imap_event event;
	char idle[8];
	memcpy(idle, d.tags[0], sizeof(idle));
	imap_driver_say(&d, "* 5 EXISTS");
	while (imap_session_next(d.session, &event) > 0)
		continue;
	imap_driver_send(&d);
	imap_driver_say(&d, "%s OK", idle);
	imap_driver_say(&d, "* 5 FETCH (UID 5 FLAGS (\\Recent) RFC822.SIZE 1 ENVELOPE (\"d\" \"s\" "
			    "((NIL NIL \"a\" \"b\")) NIL NIL NIL NIL NIL NIL \"<m>\"))");
	imap_driver_say(&d, "%s OK", d.tags[0]);
	while (imap_session_next(d.session, &event) > 0)
		continue;
	imap_driver_send(&d);
	imap_driver_say(&d, "+ idling");
	while (imap_session_next(d.session, &event) > 0)
		continue;
	assert_int_equal(held(&n_blocks), n + UID_SIZE);
	assert_int_equal(n_blocks, 4);
	imap_session_free(d.session);
	assert_int_equal(held(&n_blocks), 0);
}

/* P-03, P-22: a server that sends without end makes us hold no more than limits.h says. */
static void test_hostile(void **state) {
	static const char *const heads[] = {
		"* 1 FETCH (UID 1 ENVELOPE (\"d\" {16777216}\r\n",
		"* 1 FETCH (UID 1 FLAGS (",
		"* OK ",
		"* OK [CAPABILITY ",
		"* SEARCH ",
		"* XYZZY \"",
		"* VANISHED ",
		"AAAAAA",
		"* STATUS ",
		"* 1 FETCH (UID 1 ENVELOPE (\"d\" \"s\" (",
		"+ ",
		"* 1 FETCH (UID 1 BODY[HEADER.FIELDS (",
	};
	char block[4096];
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = "1234567 "[i % 8];
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		struct imap_driver d;
		struct imap_event event;
		size_t most = 0, n_fed = 0, n_blocks;
		bool is_closed = false;
		imap_driver_lead(&d, IMAP_DRIVER_IDLING);
		imap_session_feed(d.session, heads[i], strlen(heads[i]));
		while (!is_closed && n_fed < 2 * IMAP_RESPONSE_MAX) {
			imap_session_feed(d.session, block, sizeof(block));
			n_fed += sizeof(block);
			while (imap_session_next(d.session, &event) > 0)
				is_closed = event.kind == IMAP_EVENT_CLOSED &&
					    event.reason == REASON_LIMIT_EXCEEDED;
			most = MAX(most, held(&n_blocks));
		}
		assert_true(is_closed);
		assert_true(most < (size_t)300 * 1024);
		imap_session_free(d.session);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_hostile),
	};
	return cmocka_run_group_tests_name("imap-memory", tests, NULL, NULL);
}

#include "protocol/pop3-state.h"

#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "protocol/limits.h"

/* In the machine's byte order, as the hashes are: a state file does not travel between machines of
 * different orders, and one that did is found out by this number. */
#define MAGIC UINT64_C(0x31337f504f505348)

enum {
	NUMBER_MAGIC,
	NUMBER_KEY, /* two */
	NUMBER_KEY_2,
	NUMBER_FLAGS,
	NUMBER_IDENTITY,
	NUMBER_MESSAGES,
	NUMBER_OCTETS,
	NUMBER_LAST,
	NUMBER_NEWEST,
	NUMBER_FULL,
	NUMBER_RENAMED,
	NUMBER_BUCKET_BITS,
	NUMBER_ITEMS,
	NUMBER_COUNT_
};

#define FLAG_KNOWN UINT64_C(1)
#define FLAG_PARTIAL UINT64_C(2)
#define FLAG_NO_SINGLE UINT64_C(4)
/* Buckets of POP3_MESSAGES_MAX messages, and a bit for the layout's slack. */
#define BUCKET_BITS_MAX 14

_Static_assert(KEYED_HASH_KEY_SIZE == 2 * sizeof(uint64_t), "two numbers hold the key");
_Static_assert(NUMBER_COUNT_ <= ARRAY_SIZE(((struct pop3_state_writer *)NULL)->numbers),
	"the writer holds part 0");
_Static_assert(POP3_MESSAGES_MAX / POP3_UIDL_BUCKET >> BUCKET_BITS_MAX == 0, "enough buckets");

void pop3_state_init(struct pop3_state *state, const uint8_t key[KEYED_HASH_KEY_SIZE]) {
	*state = (struct pop3_state){ 0 };
	memcpy(state->key, key, KEYED_HASH_KEY_SIZE);
	pop3_uidl_set_init(&state->set);
	pop3_capability_init(&state->capabilities);
}

void pop3_state_deinit(struct pop3_state *state) {
	pop3_uidl_set_deinit(&state->set);
}

uint32_t pop3_state_write_begin(struct pop3_state *state, struct pop3_state_writer *ret) {
	pop3_uidl_set_lay_out(&state->set);
	*ret = (struct pop3_state_writer){ .state = state };
	uint64_t *numbers = ret->numbers;
	memcpy(&numbers[NUMBER_KEY], state->key, sizeof(state->key));
	numbers[NUMBER_MAGIC] = MAGIC;
	numbers[NUMBER_FLAGS] = (state->is_known ? FLAG_KNOWN : 0) |
				(state->is_partial ? FLAG_PARTIAL : 0) |
				(state->has_no_single ? FLAG_NO_SINGLE : 0);
	numbers[NUMBER_IDENTITY] = state->identity;
	numbers[NUMBER_MESSAGES] = state->messages;
	numbers[NUMBER_OCTETS] = state->octets;
	numbers[NUMBER_LAST] = state->last;
	numbers[NUMBER_NEWEST] = state->newest;
	numbers[NUMBER_FULL] = state->full_usec;
	numbers[NUMBER_RENAMED] = state->n_renamed;
	numbers[NUMBER_BUCKET_BITS] = state->set.bucket_bits;
	numbers[NUMBER_ITEMS] = state->set.n;
	return (UINT32_C(1) << state->set.bucket_bits) + 1;
}

int pop3_state_write_next(struct pop3_state_writer *w, struct pop3_part *ret) {
	if (!w->is_begun) {
		w->is_begun = true;
		*ret = (struct pop3_part){ 0, w->numbers, NUMBER_COUNT_ * sizeof(w->numbers[0]) };
		return 1;
	}
	size_t bucket, n;
	const uint64_t *items;
	if (pop3_uidl_set_next_dirty(&w->state->set, &w->bucket, &bucket, &items, &n) == 0)
		return 0;
	/* an empty one, too, is bytes and not nothing */
	*ret = (struct pop3_part){ (uint32_t)bucket + 1, n > 0 ? items : w->numbers,
		n * sizeof(*items) };
	return 1;
}

void pop3_state_clean(struct pop3_state *state) {
	pop3_uidl_set_clean(&state->set);
}

static int read_numbers(struct pop3_state *state, const struct pop3_part *part) {
	uint64_t numbers[NUMBER_COUNT_];
	if (part->n != sizeof(numbers))
		return -EBADMSG;
	memcpy(numbers, part->bytes, sizeof(numbers));
	if (numbers[NUMBER_MAGIC] != MAGIC || numbers[NUMBER_BUCKET_BITS] > BUCKET_BITS_MAX ||
		numbers[NUMBER_IDENTITY] > POP3_IDENTITY_COUNT ||
		numbers[NUMBER_MESSAGES] > POP3_MESSAGES_MAX)
		return -EBADMSG;
	memcpy(state->key, &numbers[NUMBER_KEY], sizeof(state->key));
	state->is_known = numbers[NUMBER_FLAGS] & FLAG_KNOWN;
	state->is_partial = numbers[NUMBER_FLAGS] & FLAG_PARTIAL;
	state->has_no_single = numbers[NUMBER_FLAGS] & FLAG_NO_SINGLE;
	state->identity = (enum pop3_identity)numbers[NUMBER_IDENTITY];
	state->messages = (uint32_t)numbers[NUMBER_MESSAGES];
	state->octets = numbers[NUMBER_OCTETS];
	state->last = numbers[NUMBER_LAST];
	state->newest = numbers[NUMBER_NEWEST];
	state->full_usec = numbers[NUMBER_FULL];
	state->n_renamed = (uint32_t)numbers[NUMBER_RENAMED];
	state->n_stored = numbers[NUMBER_ITEMS];
	pop3_uidl_set_load_begin(&state->set, (unsigned)numbers[NUMBER_BUCKET_BITS]);
	return 0;
}

int pop3_state_read(struct pop3_state *state, const struct pop3_part *part) {
	if (part->number == 0)
		return read_numbers(state, part);
	if (part->n % sizeof(uint64_t) != 0)
		return -EBADMSG;
	return pop3_uidl_set_load(&state->set, part->bytes, part->n / sizeof(uint64_t));
}

int pop3_state_read_end(const struct pop3_state *state) {
	return state->set.n == state->n_stored ? 0 : -EBADMSG;
}

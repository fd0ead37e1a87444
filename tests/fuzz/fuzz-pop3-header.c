/* Any lines as the header of a message: bounded, texts end where they say, the hash depends on
 * nothing else. */
#include <string.h>

#include "fuzz.h"
#include "protocol/pop3-header.h"

static const uint8_t key[KEYED_HASH_KEY_SIZE] = "a key for tests";

static void add_lines(struct pop3_header *h, const uint8_t *bytes, size_t n) {
	const char *p = (const char *)bytes, *end = p + n;
	while (p < end) {
		const char *line_end = memchr(p, '\n', (size_t)(end - p));
		size_t n_line = (size_t)((line_end ? line_end : end) - p);
		pop3_header_add(h, p, n_line);
		p += n_line + (line_end ? 1 : 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
	struct pop3_header one, two;
	pop3_header_init(&one);
	pop3_header_init(&two);
	add_lines(&one, bytes, n);
	add_lines(&two, bytes, n);
	for (size_t i = 0; i < POP3_FIELD_COUNT_; i++) {
		FUZZ_CHECK(!one.fields[i] == !two.fields[i]);
		FUZZ_CHECK(!one.fields[i] || strlen(one.fields[i]) <= POP3_FIELD_MAX);
	}
	uint64_t hash = pop3_header_hash(&one, key);
	FUZZ_CHECK(hash == pop3_header_hash(&two, key) && hash % 2 == 0);
	pop3_header_deinit(&one);
	pop3_header_deinit(&two);
	return 0;
}

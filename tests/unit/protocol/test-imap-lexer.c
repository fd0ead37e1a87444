#include "protocol/imap-lexer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/memory.h"
#include "protocol/limits.h"

#define DUMP_MAX ((size_t)1024 * 1024)

/* How the reader of the tokens is to behave. */
enum reader {
	READS_ITEMS,
	READS_TEXT, /* behind the first atom comes text, perhaps with a code */
	READS_PLAIN_TEXT,
	READS_SET,
	READS_NOTHING, /* keeps no bytes */
};

static void dump(struct buffer *out, const struct imap_token *t) {
	static const char *const marks[] = {
		[IMAP_TOKEN_ATOM] = "A:",
		[IMAP_TOKEN_NUMBER] = "N:",
		[IMAP_TOKEN_NIL] = "NIL:",
		[IMAP_TOKEN_STRING] = "S:",
		[IMAP_TOKEN_OPEN] = "(",
		[IMAP_TOKEN_CLOSE] = ")",
		[IMAP_TOKEN_CODE_OPEN] = "[",
		[IMAP_TOKEN_CODE_CLOSE] = "]",
		[IMAP_TOKEN_TEXT] = "T:",
		[IMAP_TOKEN_EOL] = "EOL",
		[IMAP_TOKEN_BAD] = "BAD",
		[IMAP_TOKEN_LIMIT] = "LIMIT",
	};
	assert_int_equal(strlen(t->bytes), t->n);
	(void)buffer_append_format(out, "%s%s", out->n > 0 ? "|" : "", marks[t->kind]);
	bool has_bytes = t->kind != IMAP_TOKEN_BAD && t->kind != IMAP_TOKEN_EOL;
	if (has_bytes && t->n <= 80)
		(void)buffer_append_text(out, t->bytes);
	else if (has_bytes)
		(void)buffer_append_format(out, "%zu bytes", t->n);
	if (t->kind == IMAP_TOKEN_NUMBER)
		(void)buffer_append_format(out, "=%llu", (unsigned long long)t->number);
	if (t->cut)
		(void)buffer_append_text(out, "~");
}

static void adjust(struct imap_lexer *l, enum reader reader, const struct imap_token *t) {
	if (reader == READS_NOTHING)
		imap_lexer_set_keep(l, false);
	if (reader == READS_SET && t->kind == IMAP_TOKEN_EOL)
		imap_lexer_expect_set(l);
	if (reader == READS_TEXT && t->kind == IMAP_TOKEN_ATOM && strcmp(t->bytes, "OK") == 0)
		imap_lexer_expect_text(l, true);
	if (reader == READS_PLAIN_TEXT && t->kind == IMAP_TOKEN_ATOM && strcmp(t->bytes, "+") == 0)
		imap_lexer_expect_text(l, false);
}

static char *tokens(const void *bytes, size_t n, enum reader reader, size_t step) {
	struct imap_lexer l;
	struct buffer out;
	imap_lexer_init(&l);
	buffer_init(&out, DUMP_MAX);
	adjust(&l, reader, &(struct imap_token){ .kind = IMAP_TOKEN_EOL });
	for (size_t at = 0; at < n; at += step) {
		/* a copy of its own, so that a sanitizer sees a read behind its end */
		size_t part = MIN(step, n - at);
		uint8_t *copy = test_malloc(part);
		memcpy(copy, (const uint8_t *)bytes + at, part);
		struct imap_input in = { .bytes = copy, .n = part };
		struct imap_token t;
		while (imap_lexer_next(&l, &in, &t) > 0) {
			dump(&out, &t);
			adjust(&l, reader, &t);
		}
		assert_int_equal(in.n, 0);
		test_free(copy);
	}
	imap_lexer_deinit(&l);
	return buffer_take_text(&out);
}

static const struct {
	enum reader reader;
	const char *bytes;
	const char *tokens;
} cases[] = {
	{ READS_ITEMS, "", "" },
	{ READS_ITEMS, "* 5 EXISTS\r\n", "A:*|N:5=5|A:EXISTS|EOL" },
	{ READS_ITEMS, "*  5   EXISTS  \r\n", "A:*|N:5=5|A:EXISTS|EOL" },
	{ READS_ITEMS, "\r\n\n\r\n", "EOL|EOL|EOL" },
	{ READS_ITEMS, "a\nb\n", "A:a|EOL|A:b|EOL" },
	{ READS_ITEMS, "a\rb\r\n", "A:a|BAD|A:b|EOL" },
	{ READS_ITEMS, "a\r\r\nb\r\r\r\n", "A:a|EOL|A:b|EOL" },
	{ READS_ITEMS, "a\tb \t(c\t)\t\r\n", "A:a|A:b|(|A:c|)|EOL" },
	{ READS_ITEMS, "007 18446744073709551615 18446744073709551616 -1 +1 1.5\r\n",
		"N:007=7|N:18446744073709551615=18446744073709551615|A:18446744073709551616|A:-1|A:"
		"+1|A:1.5|EOL" },
	{ READS_ITEMS, "NIL nil NILS \"NIL\"\r\n", "NIL:NIL|NIL:nil|A:NILS|S:NIL|EOL" },
	{ READS_ITEMS, "(a(b)())\r\n", "(|A:a|(|A:b|)|(|)|)|EOL" },
	{ READS_ITEMS, ")(\r\n)\r\n", "BAD|(|EOL|BAD|EOL" },
	{ READS_ITEMS, "\\Seen \\* $Work [Gmail]/All a]b a,b\r\n",
		"A:\\Seen|A:\\*|A:$Work|A:[Gmail]/All|A:a]b|A:a,b|EOL" },
	{ READS_ITEMS, "\"a b\" \"\" \"\\\"\\\\\" \"x\"\"y\"\r\n", "S:a b|S:|S:\"\\|S:x|S:y|EOL" },
	{ READS_ITEMS, "a\"b\"c(d)\r\n", "A:a|S:b|A:c|(|A:d|)|EOL" },
	{ READS_ITEMS, "\"open\r\nb\r\n", "BAD|EOL|A:b|EOL" },
	{ READS_ITEMS, "\"open\\\r\nb\r\n", "BAD|EOL|A:b|EOL" },
	/* literals */
	{ READS_ITEMS, "{3}\r\nabc d\r\n", "S:abc|A:d|EOL" },
	{ READS_ITEMS, "{3+}\r\nabc\r\n", "S:abc|EOL" },
	{ READS_ITEMS, "~{3}\r\nabc ~{0}\r\n ~x ~\r\n", "S:abc|S:|A:~x|A:~|EOL" },
	{ READS_ITEMS, "{3}\nabc\r\n", "S:abc|EOL" },
	{ READS_ITEMS, "{0}\r\n{0}\r\n\r\n", "S:|S:|EOL" },
	{ READS_ITEMS, "{2}\r\n\r\n{4}\r\n\"(){\r\n", "S:\r\n|S:\"(){|EOL" },
	{ READS_ITEMS, "{000000000000000000000000003}\r\nabc\r\n", "S:abc|EOL" },
	{ READS_ITEMS, "x{1}\r\na)\r\n", "A:x|S:a|BAD|EOL" },
	{ READS_ITEMS, "{} {-1} {+1} {x} {1 } {1\r\n",
		"BAD|A:}|BAD|A:-1}|BAD|A:+1}|BAD|A:x}|BAD|A:}|BAD|EOL" },
	{ READS_ITEMS, "{1}x {1} y {1}\rz\r\n", "BAD|A:x|BAD|A:y|BAD|A:z|EOL" },
	{ READS_ITEMS, "{16777217}\r\nabc", "LIMIT" },
	{ READS_ITEMS, "{2147483647}\r\n", "LIMIT" },
	{ READS_ITEMS, "{2147483648}\r\n", "LIMIT" },
	{ READS_ITEMS, "{4294967295}\r\n", "LIMIT" },
	{ READS_ITEMS, "{4294967299}\r\nabc", "LIMIT" },
	{ READS_ITEMS, "{18446744073709551616}\r\n", "LIMIT" },
	{ READS_ITEMS, "{18446744073709551619}\r\nabc\r\n", "LIMIT" },
	/* sections */
	{ READS_ITEMS, "BODY[] 1\r\n", "A:BODY[]|N:1=1|EOL" },
	{ READS_ITEMS, "body[HEADER.FIELDS (\"A\" b)] NIL\r\n",
		"A:body[HEADER.FIELDS (\"A\" b)]|NIL:NIL|EOL" },
	{ READS_ITEMS, "BODY[1.2]<0> BINARY[1] BINARY.SIZE[2 3]\r\n",
		"A:BODY[1.2]<0>|A:BINARY[1]|A:BINARY.SIZE[2 3]|EOL" },
	{ READS_ITEMS, "BODY.PEEK[HEADER.FIELDS (A)] NIL\r\n",
		"A:BODY.PEEK[HEADER.FIELDS (A)]|NIL:NIL|EOL" },
	{ READS_ITEMS, "BODY[ open\r\nx\r\n", "BAD|EOL|A:x|EOL" },
	{ READS_ITEMS, "BODYX[a b]\r\n", "A:BODYX[a|A:b]|EOL" },
	/* text and codes */
	{ READS_TEXT, "* OK hello (\"{ [x]\r\n", "A:*|A:OK|T:hello (\"{ [x]|EOL" },
	{ READS_TEXT, "* OK\r\n* OK \r\n* OK   x\r\n",
		"A:*|A:OK|EOL|A:*|A:OK|EOL|A:*|A:OK|T:x|EOL" },
	{ READS_TEXT, "* OK a\rb\r\r\n", "A:*|A:OK|T:a\rb|EOL" },
	{ READS_TEXT, "* OK [ALERT] x\r\n", "A:*|A:OK|[|A:ALERT|]|T:x|EOL" },
	{ READS_TEXT, "* OK [ALERT]x\n", "A:*|A:OK|[|A:ALERT|]|T:x|EOL" },
	{ READS_TEXT, "* OK [UIDNEXT 5]\r\n", "A:*|A:OK|[|A:UIDNEXT|N:5=5|]|EOL" },
	{ READS_TEXT, "* OK [P (\\* a]b\"]\"] c\r\n",
		"A:*|A:OK|[|A:P|(|A:\\*|A:a|]|T:b\"]\"] c|EOL" },
	{ READS_TEXT, "* OK [P ({3}\r\n]]])] c\r\n", "A:*|A:OK|[|A:P|(|S:]]]|)|]|T:c|EOL" },
	{ READS_TEXT, "* OK [] x\r\n", "A:*|A:OK|[|]|T:x|EOL" },
	{ READS_TEXT, "* OK [A x\r\n* OK [B\r\n", "A:*|A:OK|[|A:A|A:x|EOL|A:*|A:OK|[|A:B|EOL" },
	{ READS_TEXT, "* OK [BODY[x]] y\r\n", "A:*|A:OK|[|A:BODY[x|]|T:] y|EOL" },
	{ READS_PLAIN_TEXT, "+ [x] y\r\n+\r\n+ \r\n", "A:+|T:[x] y|EOL|A:+|EOL|A:+|EOL" },
	/* sets */
	{ READS_SET, "1:5,7,,*:2 ,\r\n", "A:1:5|N:7=7|A:*:2|EOL" },
	{ READS_SET, "(a,b) \"c,d\"\r\n", "(|A:a|A:b|)|S:c,d|EOL" },
	/* what is not kept is walked over all the same */
	{ READS_NOTHING, "a 5 NIL {3}\r\na\r\n \"x\" ~{2}\r\n)) (b)\r\n",
		"A:~|A:~|A:~|S:~|S:~|S:~|(|A:~|)|EOL" },
	{ READS_NOTHING, "~x\r\n", "A:~|EOL" },
};

static void test_table(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (size_t step = 1; step < 70; step += step < 8 ? 1 : 60) {
			const char *bytes = cases[i].bytes;
			CLEANUP_TEXT char *found =
				tokens(bytes, strlen(bytes), cases[i].reader, step);
			if (strcmp(found, cases[i].tokens) != 0)
				fail_msg("%s: %s, not %s", bytes, found, cases[i].tokens);
		}
}

static void test_nul(void **state) {
	static const char bytes[] = "a\0b \"\0\" {3}\r\n\0\0x\r\n";
	for (size_t step = 1; step < 30; step += 7) {
		CLEANUP_TEXT char *found = tokens(bytes, sizeof(bytes) - 1, READS_ITEMS, step);
		assert_string_equal(found, "A:a?b|S:?|S:??x|EOL");
	}
}

/* P-08: a token of any length is one token, cut at its limit. */
static void test_long_tokens(void **state) {
	static const size_t lengths[] = { 1, 255, 256, IMAP_TOKEN_MAX, IMAP_TOKEN_MAX + 1,
		(size_t)64 * 1024, (size_t)64 * 1024 + 1, (size_t)1024 * 1024 };
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		size_t n = lengths[i];
		char *body = memory_zalloc(n + 1, 1);
		memset(body, 'x', n);
		CLEANUP_TEXT char *input =
			memory_format("%s \"%s\" {%zu}\r\n%s\r\n", body, body, n, body);
		free(body);
		CLEANUP_TEXT char *found = tokens(input, strlen(input), READS_ITEMS, 1000);
		size_t kept = MIN(n, IMAP_TOKEN_MAX), literal = MIN(n, IMAP_LITERAL_KEPT_MAX);
		CLEANUP_TEXT char *expected =
			n == 1 ? memory_strdup("A:x|S:x|S:x|EOL")
			       : memory_format("A:%zu bytes%s|S:%zu bytes%s|S:%zu bytes%s|EOL",
					 kept, kept < n ? "~" : "", kept, kept < n ? "~" : "",
					 literal, literal < n ? "~" : "");
		assert_string_equal(found, expected);
	}
}

/* P-03, P-23: what never ends is read up to the limit of a response in constant memory. */
static void test_endless(void **state) {
	static const char *const parts[] = { "x", "(", "\"", "a ", "BODY[", "{4}\r\n\r\n\r\n" };
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		char block[4096];
		size_t n_part = strlen(parts[i]), n_block = sizeof(block) / n_part * n_part;
		for (size_t at = 0; at < n_block; at += n_part)
			memcpy(block + at, parts[i], n_part);
		struct imap_lexer l;
		imap_lexer_init(&l);
		size_t n_read = 0;
		bool ended = false;
		while (!ended && n_read < 2 * IMAP_RESPONSE_MAX) {
			struct imap_input in = { .bytes = (const uint8_t *)block, .n = n_block };
			struct imap_token t;
			while (imap_lexer_next(&l, &in, &t) > 0)
				ended |= t.kind == IMAP_TOKEN_LIMIT;
			n_read += n_block;
			assert_true(l.token.allocated <= 4 * IMAP_LITERAL_KEPT_MAX);
		}
		assert_true(ended);
		assert_in_range(n_read, IMAP_RESPONSE_MAX, IMAP_RESPONSE_MAX + 2 * sizeof(block));
		imap_lexer_deinit(&l);
	}
}

static void test_depth(void **state) {
	char input[2 * IMAP_DEPTH_MAX + 8] = "";
	for (int i = 0; i < IMAP_DEPTH_MAX + 1; i++)
		strcat(input, "(");
	CLEANUP_TEXT char *found = tokens(input, strlen(input), READS_ITEMS, 5);
	assert_string_equal(found, "(|(|(|(|(|(|(|(|(|(|(|(|(|(|(|(|BAD");
}

static void test_release(void **state) {
	struct imap_lexer l;
	struct imap_token t;
	imap_lexer_init(&l);
	assert_true(imap_lexer_is_between(&l));
	struct imap_input in = { .bytes = (const uint8_t *)"abc", .n = 3 };
	assert_int_equal(imap_lexer_next(&l, &in, &t), 0);
	assert_false(imap_lexer_is_between(&l));
	imap_lexer_release(&l); /* half a token stays */
	in = (struct imap_input){ .bytes = (const uint8_t *)"d\r\n", .n = 3 };
	assert_int_equal(imap_lexer_next(&l, &in, &t), 1);
	assert_string_equal(t.bytes, "abcd");
	assert_int_equal(imap_lexer_next(&l, &in, &t), 1);
	assert_true(imap_lexer_is_between(&l));
	imap_lexer_release(&l);
	assert_int_equal(l.token.allocated, 0);
	imap_lexer_deinit(&l);
}

/* P-21: the work grows with the bytes, not with the square: what is copied is counted. */
static size_t n_copied;
int __real_buffer_append(struct buffer *b, const void *bytes, size_t n);
int __wrap_buffer_append(struct buffer *b, const void *bytes, size_t n);
int __wrap_buffer_append(struct buffer *b, const void *bytes, size_t n) {
	n_copied += n;
	return __real_buffer_append(b, bytes, n);
}

static void test_linear(void **state) {
	enum {
		N = 1024 * 1024
	};
	static const char *const heads[] = { "{1048576}\r\n", "\"", "", "BODY[" };
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		struct imap_lexer l;
		struct imap_token t;
		imap_lexer_init(&l);
		struct imap_input in = { .bytes = (const uint8_t *)heads[i],
			.n = strlen(heads[i]) };
		assert_int_equal(imap_lexer_next(&l, &in, &t), 0);
		n_copied = 0;
		for (size_t at = 0; at < N; at++) {
			in = (struct imap_input){ .bytes = (const uint8_t *)"x", .n = 1 };
			(void)imap_lexer_next(&l, &in, &t);
		}
		assert_true(n_copied <= IMAP_LITERAL_KEPT_MAX + 1);
		imap_lexer_deinit(&l);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_long_tokens),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_linear),
	};
	return cmocka_run_group_tests_name("imap-lexer", tests, NULL, NULL);
}

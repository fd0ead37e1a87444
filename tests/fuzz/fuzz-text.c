/* Text of a peer. The first byte chooses a limit, the rest is the text. Invariants: what comes out
 * is valid, bounded and stays in its line, and what was good already is not touched. */
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "fuzz.h"

static void check_utf8(const char *bytes, size_t n, size_t max) {
	CLEANUP_TEXT char *whole = text_utf8(bytes, n, SIZE_MAX);
	CLEANUP_TEXT char *cut = text_utf8(bytes, n, max);
	size_t n_whole = strlen(whole);
	size_t n_cut = strlen(cut);
	FUZZ_CHECK(text_is_utf8(whole, n_whole) && text_is_utf8(cut, n_cut));
	FUZZ_CHECK(n_whole <= 3 * n && n_cut <= max);
	FUZZ_CHECK(memcmp(whole, cut, n_cut) == 0);
	FUZZ_CHECK(n_cut == text_fit(whole, max));
	bool same = n_whole == n && (n == 0 || memcmp(whole, bytes, n) == 0);
	FUZZ_CHECK(text_is_utf8(bytes, n) == same);
}

/* No byte that moves a cursor, ends a line or starts an escape sequence, in 7 or 8 bits. */
static bool is_one_line(const char *text) {
	for (const uint8_t *p = (const uint8_t *)text; *p; p++)
		if (*p < 0x20 || *p == 0x7F || (*p == 0xC2 && p[1] < 0xA0))
			return false;
	return true;
}

static void check_printable(const char *text) {
	CLEANUP_TEXT char *once = text_printable(text);
	CLEANUP_TEXT char *twice = text_printable(once);
	FUZZ_CHECK(is_one_line(once) && text_is_utf8(once, strlen(once)));
	FUZZ_CHECK(strcmp(once, twice) == 0);
	FUZZ_CHECK(strlen(once) <= 6 * strlen(text));
}

static void check_json(const char *text, size_t max) {
	struct buffer out;
	buffer_init(&out, max);
	struct json_writer w;
	json_init(&w, &out);
	json_string(&w, text);
	CLEANUP_TEXT char *json = buffer_take_text(&out);
	size_t n = strlen(json);
	FUZZ_CHECK(n <= max && is_one_line(json));
	if (!w.overflow)
		FUZZ_CHECK(n >= 2 && json[0] == '"' && json[n - 1] == '"');
}

static void check_nearest(const char *word) {
	const char *const others[] = { "Host", "Port", "PasswordCommand", NULL };
	const char *const itself[] = { "Host", word, NULL };
	(void)text_nearest(word, others);
	const char *nearest = text_nearest(word, itself);
	FUZZ_CHECK(!nearest || text_equal_nocase(nearest, word));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
	if (n == 0)
		return 0;
	size_t max = bytes[0];
	const char *rest = (const char *)bytes + 1;
	CLEANUP_TEXT char *text = memory_strndup(rest, n - 1);
	check_utf8(rest, n - 1, max);
	check_printable(text);
	check_json(text, max);
	check_nearest(text);
	return 0;
}

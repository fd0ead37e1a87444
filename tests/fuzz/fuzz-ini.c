/* Configuration text is the administrator's, but a reader that runs with secrets in memory should
 * not trust it. Invariants: items come in order, are bounded, trimmed, valid UTF-8, and each one
 * read again by itself gives itself. */
#include <string.h>

#include "base/ini.h"
#include "base/memory.h"
#include "base/text.h"
#include "fuzz.h"

static bool is_trimmed(const char *text) {
	size_t n = strlen(text);
	return n == 0 || (!strchr(" \t\r", text[0]) && !strchr(" \t\r", text[n - 1]));
}

/* On the second line, since a U+FEFF at the start of a text is not part of it. */
static void check_alone(const struct ini_item *item) {
	CLEANUP_TEXT char *text = item->kind == INI_SECTION
					  ? memory_format("\n[%s]", item->section)
					  : memory_format("\n%s=%s", item->key, item->value);
	CLEANUP(ini_reader_free) struct ini_reader *r = ini_reader_new(text, strlen(text));
	struct ini_item again;
	FUZZ_CHECK(ini_next(r, &again) == 1);
	FUZZ_CHECK(again.kind == item->kind);
	FUZZ_CHECK(strcmp(again.key, item->key) == 0);
	FUZZ_CHECK(strcmp(again.value, item->value) == 0);
	if (item->kind == INI_SECTION)
		FUZZ_CHECK(strcmp(again.section, item->section) == 0);
	FUZZ_CHECK(ini_next(r, &again) == 0);
}

static void check_item(const struct ini_item *item) {
	const char *texts[] = { item->section, item->key, item->value };
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		FUZZ_CHECK(strlen(texts[i]) <= INI_LINE_MAX);
		FUZZ_CHECK(text_is_utf8(texts[i], strlen(texts[i])));
		FUZZ_CHECK(!strchr(texts[i], '\n'));
	}
	FUZZ_CHECK(is_trimmed(item->key) && is_trimmed(item->value));
	FUZZ_CHECK((item->kind == INI_BAD) == (*item->problem != '\0'));
	FUZZ_CHECK((item->kind == INI_ASSIGNMENT) == (*item->key != '\0'));
	if (item->kind != INI_BAD)
		check_alone(item);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
	CLEANUP(ini_reader_free) struct ini_reader *r = ini_reader_new((const char *)bytes, n);
	struct ini_item item;
	unsigned line = 0;
	while (ini_next(r, &item) > 0) {
		FUZZ_CHECK(item.line > line && item.line <= n);
		line = item.line;
		check_item(&item);
	}
	FUZZ_CHECK(ini_next(r, &item) == 0);
	return 0;
}

#include "config/language.h"

#include "base/memory.h"
#include "base/text.h"

#include <limits.h>
#include <locale.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_STRONG_ISOLATE "\xE2\x81\xA8" /* U+2068 */
#define POP_ISOLATE "\xE2\x81\xA9" /* U+2069 */

void language_start(const char *folder) {
	const char *other = getenv("TEXTDOMAINDIR");

	/* Widths and cases of characters, which are UTF-8 whatever the locale is. */
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	(void)setlocale(LC_MESSAGES, "");
	(void)setlocale(LC_COLLATE, "");
	(void)bindtextdomain(LANGUAGE_DOMAIN, text_is_empty(other) ? folder : other);
	(void)bind_textdomain_codeset(LANGUAGE_DOMAIN, "UTF-8");
	(void)textdomain(LANGUAGE_DOMAIN);
}

void language_stop(void) {
	(void)setlocale(LC_MESSAGES, "C");
}

const char *language_plural(const char *one, const char *many, uint64_t n) {
	/* Rules of plurals look at the last six digits at most; zero is a case of its own. */
	unsigned long kept =
		n <= ULONG_MAX ? (unsigned long)n : (unsigned long)(n % 1000000 + 1000000);

	return ngettext(one, many, kept);
}

/* Hebrew, Arabic and the other scripts from right to left, with their presentation forms; `bytes` is
 * the beginning of a character of valid UTF-8. */
static bool is_right_to_left(const unsigned char *bytes) {
	switch (bytes[0]) {
	case 0xD6:
		return bytes[1] >= 0x90;
	case 0xE0:
		return bytes[1] >= 0xA0 && bytes[1] <= 0xA3;
	case 0xEF:
		return (bytes[1] == 0xAC && bytes[2] >= 0x9D) ||
		       (bytes[1] >= 0xAD && bytes[1] <= 0xB7) ||
		       (bytes[1] >= 0xB9 && bytes[1] <= 0xBB);
	case 0xF0:
		return (bytes[1] == 0x90 || bytes[1] == 0x9E) && bytes[2] >= 0xA0;
	default:
		return bytes[0] >= 0xD7 && bytes[0] <= 0xDF;
	}
}

static bool holds_right_to_left(const char *text) {
	for (const unsigned char *bytes = (const unsigned char *)text; *bytes; bytes++)
		if (is_right_to_left(bytes))
			return true;
	return false;
}

char *language_isolate(const char *text) {
	/* translators: the direction of your script, ltr or rtl: not a text to translate. */
	bool is_sentence_rtl = !strcmp(_("direction:ltr"), "direction:rtl");

	if (!text || !*text)
		return memory_strdup("");
	if (!is_sentence_rtl && !holds_right_to_left(text))
		return memory_strdup(text);
	return memory_format(FIRST_STRONG_ISOLATE "%s" POP_ISOLATE, text);
}

/* One object of JSON. Invariants: what is handed out is UTF-8 without NUL and not longer than the
 * text, the members are not more than the text has colons, and an end stays an end. */
#include <string.h>

#include "base/json-reader.h"
#include "base/text.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
	struct json_reader reader;
	struct json_member member;
	size_t n_members = 0, n_colons = 0;
	int r;
	for (size_t i = 0; i < n; i++)
		n_colons += bytes[i] == ':';
	json_reader_init(&reader, (const char *)bytes, n);
	while ((r = json_reader_next(&reader, &member)) > 0) {
		size_t n_key = strlen(member.key), n_text = strlen(member.text);
		FUZZ_CHECK(text_is_utf8(member.key, n_key) && text_is_utf8(member.text, n_text));
		FUZZ_CHECK(n_key + n_text < n);
		FUZZ_CHECK(++n_members <= n_colons);
	}
	FUZZ_CHECK(json_reader_next(&reader, &member) == r);
	json_reader_deinit(&reader);
	return 0;
}

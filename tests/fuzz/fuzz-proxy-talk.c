/* Any bytes as the answers of a proxy: no event twice, the same however they were cut, what is not the
 * proxy's is not taken; and any text as the address of one. The first byte says which kind. */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "fuzz.h"
#include "io/proxy-address.h"
#include "io/proxy-talk.h"

struct outcome {
	size_t n_taken;
	size_t n_said;
	bool is_over;
	enum reason reason;
	char *text;
};

static void say_all(struct proxy_talk *t, struct outcome *outcome) {
	const uint8_t *bytes;
	size_t n = proxy_talk_output(t, &bytes);
	outcome->n_said += n;
	proxy_talk_sent(t, n);
}

static struct outcome play(
	const struct proxy_talk_target *target, const uint8_t *bytes, size_t n, size_t size) {
	struct outcome outcome = { 0 };
	struct proxy_talk_event event;
	struct proxy_talk *t = proxy_talk_new(target);
	say_all(t, &outcome);
	while (outcome.n_taken < n) {
		size_t piece = MIN(size, n - outcome.n_taken);
		size_t used = proxy_talk_feed(t, bytes + outcome.n_taken, piece);
		FUZZ_CHECK(used <= piece);
		outcome.n_taken += used;
		say_all(t, &outcome);
		if (used < piece)
			break;
	}
	outcome.is_over = proxy_talk_next(t, &event);
	if (outcome.is_over) {
		outcome.reason = event.reason;
		outcome.text = memory_strdup(event.text);
		FUZZ_CHECK(!event.text == (event.reason == REASON_NONE));
		FUZZ_CHECK(proxy_talk_feed(t, "x", 1) == 0);
	}
	FUZZ_CHECK(outcome.is_over || outcome.n_taken == n);
	FUZZ_CHECK(!proxy_talk_next(t, &event));
	proxy_talk_free(t);
	return outcome;
}

static void check_address(const uint8_t *bytes, size_t n) {
	CLEANUP_TEXT char *text = memory_strndup((const char *)bytes, n);
	struct proxy_address address;
	CLEANUP_TEXT char *problem = proxy_address_parse(text, &address);
	FUZZ_CHECK(!problem || (address.kind == PROXY_NONE && !address.host && !address.user));
	FUZZ_CHECK(problem || (address.kind == PROXY_NONE) == !address.host);
	FUZZ_CHECK(!address.user || !strpbrk(address.user, ":\r\n"));
	proxy_address_deinit(&address);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
	if (n == 0)
		return 0;
	const struct proxy_talk_target target = {
		.kind = bytes[0] & 1 ? PROXY_SOCKS5 : PROXY_HTTP,
		.user = bytes[0] & 2 ? "ada" : NULL,
		.password = "secret",
		.host = bytes[0] & 4 ? "192.0.2.1" : "imap.example",
		.port = 993,
	};
	struct outcome one = play(&target, bytes + 1, n - 1, SIZE_MAX);
	struct outcome two = play(&target, bytes + 1, n - 1, 1);
	FUZZ_CHECK(one.n_taken == two.n_taken && one.n_said == two.n_said);
	FUZZ_CHECK(one.is_over == two.is_over && one.reason == two.reason);
	FUZZ_CHECK(!one.text == !two.text && (!one.text || !strcmp(one.text, two.text)));
	FUZZ_CHECK(!one.text || text_is_utf8(one.text, strlen(one.text)));
	memory_free(one.text);
	memory_free(two.text);
	check_address(bytes + 1, n - 1);
	return 0;
}

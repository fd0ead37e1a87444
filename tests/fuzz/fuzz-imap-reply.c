/* Bytes of an IMAP server to replies. The first byte says how the bytes are cut. Invariants: the
 * same replies however cut, texts within their limits, no memory held between replies. */
#include <string.h>

#include "base/memory.h"
#include "fuzz.h"
#include "imap-reply-text.h"
#include "protocol/imap-reply.h"
#include "protocol/limits.h"

#define DUMP_MAX ((size_t)64 * 1024 * 1024)

static void check_fetch(const struct imap_fetch *fetch) {
	const struct imap_message *m = imap_fetch_message(fetch);
	const char *const texts[] = { m->date, m->subject, m->from.name, m->from.mailbox,
		m->from.host, m->message_id, m->list_id, m->auto_submitted, m->email_id,
		m->thread_id };
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		FUZZ_CHECK(!texts[i] || strlen(texts[i]) <= IMAP_TOKEN_MAX);
	FUZZ_CHECK((m->from.mailbox != NULL) == (m->from.host != NULL));
	FUZZ_CHECK(!m->flags[IMAP_FLAGS_MAX]);
}

static void check_reply(const struct imap_reply *reply) {
	FUZZ_CHECK(strlen(reply->tag) <= IMAP_TOKEN_MAX && strlen(reply->text) <= IMAP_TOKEN_MAX);
	FUZZ_CHECK(strlen(reply->mailbox) <= IMAP_TOKEN_MAX);
	if (reply->kind == IMAP_REPLY_TAGGED)
		FUZZ_CHECK(*reply->tag && reply->condition <= IMAP_CONDITION_BAD);
	if (reply->kind == IMAP_REPLY_VANISHED)
		FUZZ_CHECK(reply->first > 0 && reply->first <= reply->last);
	if (reply->kind == IMAP_REPLY_EXPUNGE || reply->kind == IMAP_REPLY_FETCH)
		FUZZ_CHECK(reply->number > 0);
	if (reply->kind == IMAP_REPLY_FETCH)
		check_fetch(reply->fetch);
}

static char *replies(const uint8_t *bytes, size_t n, size_t step) {
	struct imap_reply_reader r;
	struct buffer out;
	imap_reply_init(&r);
	buffer_init(&out, DUMP_MAX);
	for (size_t at = 0; at < n; at += step) {
		struct imap_input in = { .bytes = bytes + at, .n = MIN(step, n - at) };
		struct imap_reply reply;
		while (imap_reply_next(&r, &in, &reply) > 0) {
			check_reply(&reply);
			imap_reply_text_append(&out, &reply);
			(void)buffer_append(&out, "\n", 1);
		}
		FUZZ_CHECK(in.n == 0);
		imap_reply_release(&r);
		if (imap_lexer_is_between(&r.lexer))
			FUZZ_CHECK(!r.fetch && r.arena.allocated + r.lexer.token.allocated == 0);
	}
	imap_reply_deinit(&r);
	return buffer_take_text(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
	if (n == 0)
		return 0;
	CLEANUP_TEXT char *whole = replies(bytes + 1, n - 1, n);
	CLEANUP_TEXT char *single = replies(bytes + 1, n - 1, 1);
	CLEANUP_TEXT char *cut = replies(bytes + 1, n - 1, 2u + bytes[0]);
	FUZZ_CHECK(strcmp(whole, single) == 0 && strcmp(whole, cut) == 0);
	return 0;
}

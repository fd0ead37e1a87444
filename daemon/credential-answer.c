#include "daemon/credential-answer.h"

#include <string.h>

#include "base/json-reader.h"
#include "base/memory.h"
#include "base/number.h"

/* "3599", also with a fraction; 0 for anything else, and for what no clock shows. */
static uint64_t seconds(const char *text) {
	uint64_t value;
	size_t n = strspn(text, "0123456789");
	if (text[n] != '\0' && text[n] != '.')
		return 0;
	if (number_parse_u64(text, n, &value) < 0 || value > UINT64_MAX / USEC_PER_SEC / 4)
		return 0;
	return value * USEC_PER_SEC;
}

static void take_secret(struct credential_answer *answer, const struct json_member *member,
	enum credential_kind kind) {
	if (member->kind != JSON_STRING || !*member->text)
		return;
	/* Both may stand there; the token is what is asked for. */
	if (answer->secret && kind == CREDENTIAL_PASSWORD)
		return;
	(void)memory_free_secret(answer->secret);
	answer->secret = memory_strdup(member->text);
	answer->kind = kind;
}

static void take_member(
	struct credential_answer *answer, const struct json_member *member, uint64_t now_usec) {
	if (!strcmp(member->key, "access_token"))
		take_secret(answer, member, CREDENTIAL_TOKEN);
	else if (!strcmp(member->key, "password"))
		take_secret(answer, member, CREDENTIAL_PASSWORD);
	else if (!strcmp(member->key, "expires_in") && *member->text)
		answer->expires_usec = now_usec + MAX(seconds(member->text), (uint64_t)1);
	else if (!strcmp(member->key, "expires_at") && !answer->expires_usec)
		answer->expires_usec = seconds(member->text);
}

static bool parse_object(
	struct credential_answer *answer, const char *text, size_t n, uint64_t now_usec) {
	struct json_reader reader;
	struct json_member member;
	int r;
	json_reader_init(&reader, text, n);
	while ((r = json_reader_next(&reader, &member)) > 0)
		take_member(answer, &member, now_usec);
	json_reader_deinit(&reader);
	if (r == 0 && answer->secret)
		return true;
	credential_answer_deinit(answer);
	return false;
}

static void parse_line(struct credential_answer *answer, const char *text, size_t n) {
	size_t length = strcspn(text, "\r\n");
	if (memchr(text, '\0', n))
		answer->problem = "has a zero byte in it";
	else if (length == 0)
		answer->problem =
			answer->kind == CREDENTIAL_TOKEN ? "gives no token" : "gives no password";
	else
		answer->secret = memory_strndup(text, length);
}

void credential_answer_parse(struct credential_answer *answer, const char *text, size_t n,
	enum credential_kind expected, uint64_t now_usec) {
	*answer = (struct credential_answer){ .kind = expected };
	size_t blanks = strspn(text, " \t\r\n");
	bool is_object = text[blanks] == '{';
	if (is_object && parse_object(answer, text + blanks, n - blanks, now_usec))
		return;
	answer->kind = expected;
	if (is_object && expected == CREDENTIAL_TOKEN)
		answer->problem = "gives no JSON object with an access_token";
	else
		parse_line(answer, text, n);
}

void credential_answer_deinit(struct credential_answer *answer) {
	(void)memory_free_secret(answer->secret);
	*answer = (struct credential_answer){ 0 };
}

#include "protocol/pop3-reply.h"

#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "base/number.h"
#include "base/text.h"

static const char *skip_blanks(const char *p) {
	return p + strspn(p, " \t");
}

/* resp-code = "[" level *("/" level) "]" (RFC 2449 8) */
static const char *parse_code(const char *text, enum pop3_code *ret) {
	static const struct {
		const char *word;
		enum pop3_code code;
	} codes[] = {
		{ "AUTH", POP3_CODE_AUTH },
		{ "IN-USE", POP3_CODE_IN_USE },
		{ "LOGIN-DELAY", POP3_CODE_LOGIN_DELAY },
		{ "SYS/TEMP", POP3_CODE_SYS_TEMP },
		{ "SYS/PERM", POP3_CODE_SYS_PERM },
	};
	*ret = POP3_CODE_NONE;
	const char *end = *text == '[' ? strchr(text, ']') : NULL;
	if (!end)
		return text;
	*ret = POP3_CODE_OTHER;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (text_equal_nocase_n(text + 1, (size_t)(end - text - 1), codes[i].word))
			*ret = codes[i].code;
	return skip_blanks(end + 1);
}

void pop3_reply_parse(const char *line, struct pop3_reply *ret) {
	size_t n_word = strcspn(line, " \t");
	const char *rest = skip_blanks(line + n_word);
	*ret = (struct pop3_reply){ .status = POP3_STATUS_NONE, .text = rest };
	if (text_equal_nocase_n(line, n_word, "+OK"))
		ret->status = POP3_STATUS_OK;
	else if (text_equal_nocase_n(line, n_word, "-ERR"))
		ret->status = POP3_STATUS_ERR;
	else if (n_word == 1 && *line == '+')
		ret->status = POP3_STATUS_CONTINUATION;
	if (ret->status == POP3_STATUS_OK || ret->status == POP3_STATUS_ERR)
		ret->text = parse_code(rest, &ret->code);
}

bool pop3_reply_is_trouble(const struct pop3_reply *reply) {
	return reply->code != POP3_CODE_NONE && reply->code != POP3_CODE_OTHER;
}

int pop3_reply_parse_stat(const char *text, uint32_t *ret_messages, uint64_t *ret_octets) {
	size_t n_messages = strcspn(text, " \t");
	const char *octets = skip_blanks(text + n_messages);
	uint32_t messages;
	if (number_parse_u32(text, n_messages, &messages) < 0 ||
		number_parse_u64(octets, strcspn(octets, " \t"), ret_octets) < 0)
		return -EBADMSG;
	*ret_messages = messages;
	return 0;
}

int pop3_reply_parse_listing(const char *line, size_t n, struct pop3_listing *ret) {
	const char *end = line + n, *p = line;
	uint32_t number;
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	if (number_parse_u32(line, (size_t)(p - line), &number) < 0 || number == 0)
		return -EBADMSG;
	if (p < end && *p != ' ' && *p != '\t')
		return -EBADMSG;
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*ret = (struct pop3_listing){ .number = number, .id = p, .n_id = (size_t)(end - p) };
	return 0;
}

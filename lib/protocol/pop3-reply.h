#pragma once
/* One line of a POP3 server to what it says (RFC 1939, response codes of RFC 2449 and 3206). Pure. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pop3_status {
	POP3_STATUS_OK,
	POP3_STATUS_ERR,
	POP3_STATUS_CONTINUATION, /* "+ challenge" (RFC 5034) */
	POP3_STATUS_NONE, /* no line that begins an answer */
};

enum pop3_code {
	POP3_CODE_NONE,
	POP3_CODE_AUTH, /* the credentials */
	POP3_CODE_IN_USE, /* another session holds the mailbox */
	POP3_CODE_LOGIN_DELAY, /* too soon after the last login */
	POP3_CODE_SYS_TEMP,
	POP3_CODE_SYS_PERM,
	POP3_CODE_OTHER,
};

struct pop3_reply {
	enum pop3_status status;
	enum pop3_code code;
	const char *text; /* behind status and code; inside the line */
};

/* `line` is NUL-terminated. Keywords in any case. */
void pop3_reply_parse(const char *line, struct pop3_reply *ret);

/* It has a response code by which the server speaks of itself, not of the command. */
bool pop3_reply_is_trouble(const struct pop3_reply *reply);

/* The text of STAT's +OK: "messages octets ...". 0 or -EBADMSG. */
int pop3_reply_parse_stat(const char *text, uint32_t *ret_messages, uint64_t *ret_octets);

/* "number unique-id", a line of UIDL or the text of `UIDL n`. The unique-id is what follows, less
 * blanks at both ends; it may be empty. 0 or -EBADMSG (no number, or 0). */
struct pop3_listing {
	uint32_t number;
	const char *id; /* inside the line */
	size_t n_id;
};
int pop3_reply_parse_listing(const char *line, size_t n, struct pop3_listing *ret);

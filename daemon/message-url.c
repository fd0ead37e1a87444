#include "daemon/message-url.h"

#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "daemon/announcement.h"

/* An identity longer than that is none of ours: an encoded name of a mailbox has three bytes for one. */
#define URL_MAX ((size_t)16 * 1024)

static int hex_digit(char c) {
	static const char digits[] = "0123456789ABCDEF";
	const char *found = c ? strchr(digits, c) : NULL;
	return found ? (int)(found - digits) : -1;
}

static char *decode(const char *text, size_t n) {
	CLEANUP_TEXT char *decoded = MEMORY_NEW_ARRAY(char, n + 1);
	char *out = decoded;
	for (size_t i = 0; i < n; i++) {
		bool is_escape = text[i] == '%' && n - i > 2;
		int high = is_escape ? hex_digit(text[i + 1]) : -1;
		int low = is_escape ? hex_digit(text[i + 2]) : -1;
		if (high >= 0 && low >= 0)
			i += 2;
		*out++ = high >= 0 && low >= 0 ? (char)(high * 16 + low) : text[i];
	}
	return text_is_utf8(decoded, (size_t)(out - decoded)) ? TAKE_PTR(decoded) : NULL;
}

/* ";UIDVALIDITY=7/;UID=20" */
static bool parse_numbers(const char *text, struct message_url *ret) {
	static const char validity[] = ";UIDVALIDITY=", uid[] = "/;UID=";
	const char *first = text + strlen(validity);
	const char *slash =
		strncmp(text, validity, strlen(validity)) == 0 ? strchr(first, '/') : NULL;
	if (!slash || strncmp(slash, uid, strlen(uid)) != 0)
		return false;
	const char *second = slash + strlen(uid);
	return number_parse_u32(first, (size_t)(slash - first), &ret->uidvalidity) == 0 &&
	       number_parse_u32(second, strlen(second), &ret->uid) == 0 && ret->uidvalidity > 0 &&
	       ret->uid > 0;
}

/* The name of a mailbox ends at the first ';', which stands nowhere else unencoded. Beyond the form
 * everything is compared: with what this account would write. */
bool message_url_parse(
	const struct account_config *config, const char *id, struct message_url *ret) {
	static const char rest[] = ";UIDVALIDITY=1/;UID=1";
	CLEANUP_TEXT char *server = announcement_imap_url(config, "", 1, 1);
	size_t n = strlen(server) - strlen(rest);
	struct message_url url = { 0 };
	if (strlen(id) > URL_MAX || strncmp(id, server, n) != 0)
		return false;
	const char *semicolon = strchr(id + n, ';');
	if (!semicolon || !parse_numbers(semicolon, &url))
		return false;
	url.mailbox = decode(id + n, (size_t)(semicolon - id) - n);
	if (!url.mailbox)
		return false;
	CLEANUP_TEXT char *same =
		announcement_imap_url(config, url.mailbox, url.uidvalidity, url.uid);
	if (strcmp(same, id) != 0) {
		message_url_deinit(&url);
		return false;
	}
	*ret = url;
	return true;
}

void message_url_deinit(struct message_url *url) {
	url->mailbox = memory_free(url->mailbox);
}

size_t message_url_find_stranger(
	const struct account_config *config, const char *const *ids, size_t n) {
	struct message_url url;
	for (size_t i = 0; i < n; i++) {
		if (!message_url_parse(config, ids[i], &url))
			return i;
		message_url_deinit(&url);
	}
	return n;
}

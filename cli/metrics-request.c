#include "cli/metrics-request.h"

#include <string.h>

#include "base/memory.h"

static bool is_one_of(const char *word, const char *const *words) {
	for (; *words; words++)
		if (!strcmp(word, *words))
			return true;
	return false;
}

/* The end of the head, or NULL. A bare LF ends a line, too (RFC 9112 2.2). */
static const char *find_end(const char *bytes, size_t n) {
	const char *plain = memmem(bytes, n, "\n\n", 2), *proper = memmem(bytes, n, "\n\r\n", 3);
	return !plain || (proper && proper < plain) ? proper : plain;
}

/* request-line = method SP request-target SP HTTP-version (RFC 9112 3). */
static unsigned judge(char *line, bool *ret_is_head) {
	static const char *const others[] = { "POST", "PUT", "DELETE", "CONNECT", "OPTIONS",
		"TRACE", "PATCH", NULL };
	char *target = strchr(line, ' ');
	char *version = target ? strchr(target + 1, ' ') : NULL;
	if (!version || strchr(version + 1, ' '))
		return 400;
	*target++ = *version++ = '\0';
	if (strncmp(version, "HTTP/", 5) != 0)
		return 400;
	if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0)
		return 505;
	bool is_head = !strcmp(line, "HEAD");
	if (!is_head && strcmp(line, "GET") != 0)
		return is_one_of(line, others) ? 405 : 501;
	*ret_is_head = is_head;
	target[strcspn(target, "?")] = '\0';
	return strcmp(target, "/metrics") != 0 ? 404 : 200;
}

struct metrics_request metrics_request_parse(const char *bytes, size_t n) {
	struct metrics_request request = { 0 };
	const char *end = find_end(bytes, n);
	if (!end) {
		request.status = n < METRICS_REQUEST_MAX ? 0 : 431;
		return request;
	}
	if (memchr(bytes, '\0', (size_t)(end - bytes))) {
		request.status = 400;
		return request;
	}
	CLEANUP_TEXT char *line = memory_strndup(bytes, (size_t)(end - bytes));
	line[strcspn(line, "\r\n")] = '\0';
	request.status = judge(line, &request.is_head);
	return request;
}

const char *metrics_request_phrase(unsigned status) {
	switch (status) {
	case 200:
		return "OK";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 408:
		return "Request Timeout";
	case 431:
		return "Request Header Fields Too Large";
	case 501:
		return "Not Implemented";
	case 503:
		return "Service Unavailable";
	case 505:
		return "HTTP Version Not Supported";
	default:
		return "Bad Request";
	}
}

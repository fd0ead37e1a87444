#pragma once
/* What somebody asks over HTTP/1.1 (RFC 9112) who wants metrics: one request on a connection. Pure. */
#include <stdbool.h>
#include <stddef.h>

/* A scraper's request has some 300 bytes. */
#define METRICS_REQUEST_MAX ((size_t)8 * 1024)

struct metrics_request {
	unsigned status; /* of the answer: 200, or what is wrong; 0: there is more to come */
	bool is_head; /* the answer has no body */
};

/* `n` bytes that have come up to now. */
struct metrics_request metrics_request_parse(const char *bytes, size_t n);

/* "Not Found" */
const char *metrics_request_phrase(unsigned status);

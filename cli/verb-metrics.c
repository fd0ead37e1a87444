#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "bus/message.h"
#include "bus/names.h"
#include "cli/clock.h"
#include "cli/exit-code.h"
#include "cli/metrics-request.h"
#include "cli/metrics-text.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/verbs.h"

/* So long may a request take to come in. */
#define REQUEST_USEC (5 * USEC_PER_SEC)

static int get_metrics(const struct arguments *arguments, struct buffer *out) {
	CLEANUP(client_free) struct client *client = NULL;
	CLEANUP(message_free) DBusMessage *reply = NULL;
	int code = session_open(arguments, &client);
	if (code == 0)
		code = session_call(client, arguments,
			message_new_call(
				BUS_NAME, BUS_PATH, BUS_INTERFACE_METRICS, BUS_METHOD_GET_METRICS),
			&reply);
	if (code != 0)
		return code;
	int r = metrics_text_write(reply, out);
	return r < 0 ? session_complain(arguments, r, NULL) : EXIT_CODE_OK;
}

/* Status 0: nobody asks any more. */
static struct metrics_request read_request(int fd) {
	char bytes[METRICS_REQUEST_MAX];
	size_t n = 0;
	struct metrics_request request = { 0 };
	uint64_t end_usec = clock_monotonic_usec() + REQUEST_USEC;
	while (request.status == 0) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		uint64_t now_usec = clock_monotonic_usec();
		if (now_usec >= end_usec ||
			poll(&wait, 1, clock_poll_msec(now_usec, end_usec)) == 0)
			return (struct metrics_request){ .status = 408 };
		ssize_t r = read(fd, bytes + n, sizeof(bytes) - n);
		if (r < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (r <= 0)
			return request;
		n += (size_t)r;
		request = metrics_request_parse(bytes, n);
	}
	return request;
}

static int answer(const struct metrics_request *request, struct buffer *body) {
	struct buffer out;
	buffer_init(&out, OUTPUT_MAX);
	bool is_good = request->status == 200;
	if (!is_good) {
		buffer_clear(body);
		(void)buffer_append_format(body, "%s\n", metrics_request_phrase(request->status));
	}
	(void)buffer_append_format(&out,
		"HTTP/1.1 %u %s\r\n"
		"Content-Type: %s; charset=utf-8\r\n"
		"Content-Length: %zu\r\n%s"
		"Connection: close\r\n\r\n",
		request->status, metrics_request_phrase(request->status),
		is_good ? "application/openmetrics-text; version=1.0.0" : "text/plain", body->n,
		request->status == 405 ? "Allow: GET, HEAD\r\n" : "");
	if (!request->is_head)
		(void)buffer_append(&out, buffer_bytes(body), body->n);
	int r = output_write(&out);
	buffer_deinit(&out);
	return output_exit_code(r);
}

/* One request on standard input, which is a connection that the service manager has accepted. */
static int serve(const struct arguments *arguments, struct buffer *body) {
	struct metrics_request request = read_request(STDIN_FILENO);
	if (request.status == 0)
		return EXIT_CODE_OK;
	if (request.status == 200 && get_metrics(arguments, body) != EXIT_CODE_OK)
		request.status = 503;
	return answer(&request, body);
}

int verb_metrics(const struct arguments *arguments) {
	struct buffer out;
	buffer_init(&out, OUTPUT_MAX);
	int code;
	if (arguments_has(arguments, OPTION_HTTP)) {
		code = serve(arguments, &out);
	} else {
		code = get_metrics(arguments, &out);
		if (code == EXIT_CODE_OK)
			code = output_exit_code(output_write(&out));
	}
	buffer_deinit(&out);
	return code;
}

/* OpenMetrics text from the daemon's answer, and the HTTP requests that ask for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "cli/metrics-request.h"
#include "cli/metrics-text.h"

struct family {
	const char *name, *type, *unit, *help;
	const char *sample, *label, *word;
	double value;
};

static void write_family(struct message_writer *families, const struct family *f) {
	struct message_writer family, samples, sample, labels, label;
	message_write_open(families, DBUS_TYPE_STRUCT, NULL, &family);
	message_write_string(&family, f->name);
	message_write_string(&family, f->type);
	message_write_string(&family, f->unit);
	message_write_string(&family, f->help);
	message_write_open(&family, DBUS_TYPE_ARRAY, "(sa{ss}d)", &samples);
	message_write_open(&samples, DBUS_TYPE_STRUCT, NULL, &sample);
	message_write_string(&sample, f->sample);
	message_write_open(&sample, DBUS_TYPE_ARRAY, "{ss}", &labels);
	if (f->label) {
		message_write_open(&labels, DBUS_TYPE_DICT_ENTRY, NULL, &label);
		message_write_string(&label, f->label);
		message_write_string(&label, f->word);
		message_write_close(&labels, &label);
	}
	message_write_close(&sample, &labels);
	message_write_double(&sample, f->value);
	message_write_close(&samples, &sample);
	message_write_close(&family, &samples);
	message_write_close(families, &family);
}

/* NULL: refused. Owned. */
static char *text_of(const struct family *families, size_t n) {
	CLEANUP(message_free) DBusMessage *m = message_new_signal("/a", "a.b", "C");
	struct message_writer w, list;
	struct buffer out;
	message_writer_init(&w, m);
	message_write_open(&w, DBUS_TYPE_ARRAY, "(ssssa(sa{ss}d))", &list);
	for (size_t i = 0; i < n; i++)
		write_family(&list, &families[i]);
	message_write_close(&w, &list);
	buffer_init(&out, 64 * 1024);
	int r = metrics_text_write(m, &out);
	assert_true(r == 0 || r == -EBADMSG);
	char *text = buffer_take_text(&out);
	buffer_deinit(&out);
	if (r == 0)
		return text;
	free(text);
	return NULL;
}

static void test_text(void **state) {
	const struct family families[] = {
		{ "a_bytes", "counter", "bytes", "Some", "a_bytes_total", NULL, NULL, 12 },
		{ "b", "gauge", "", "say \"x\\y\"\nz", "b", "l", "say \"x\\y\"\nz", 0.25 },
		{ "c", "gauge", "", "", "c", "l", "", 9007199254740991.0 },
	};
	CLEANUP_TEXT char *text = text_of(families, ARRAY_SIZE(families));
	assert_string_equal(text, "# TYPE a_bytes counter\n"
				  "# UNIT a_bytes bytes\n"
				  "# HELP a_bytes Some\n"
				  "a_bytes_total 12\n"
				  "# TYPE b gauge\n"
				  "# HELP b say \\\"x\\\\y\\\"\\nz\n"
				  "b{l=\"say \\\"x\\\\y\\\"\\nz\"} 0.25\n"
				  "# TYPE c gauge\n"
				  "# HELP c \n"
				  "c{l=\"\"} 9007199254740991\n"
				  "# EOF\n");
	CLEANUP_TEXT char *nothing = text_of(NULL, 0);
	assert_string_equal(nothing, "# EOF\n");
}

/* On a session bus any program may have the name and say what it likes. */
static void test_names_that_are_none(void **state) {
	static const char *const names[] = { "", "a b", "a\nb 1", "9a", "a-b", "a{b" };
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct family good = { "a", "gauge", "", "", "a", "l", "w", 1 };
		const char **places[] = { &good.name, &good.type, &good.unit, &good.sample,
			&good.label };
		for (size_t place = 0; place < ARRAY_SIZE(places); place++) {
			const char *kept = *places[place];
			if (places[place] == &good.unit && !*names[i])
				continue; /* that is one without */
			*places[place] = names[i];
			CLEANUP_TEXT char *text = text_of(&good, 1);
			assert_null(text);
			*places[place] = kept;
		}
	}
}

static void test_answers_that_are_none(void **state) {
	CLEANUP(message_free) DBusMessage *m = message_new_signal("/a", "a.b", "C");
	struct message_writer w;
	struct buffer out;
	buffer_init(&out, 1024);
	assert_int_equal(metrics_text_write(m, &out), -EBADMSG);
	message_writer_init(&w, m);
	message_write_string(&w, "no list");
	assert_int_equal(metrics_text_write(m, &out), -EBADMSG);
	buffer_deinit(&out);
}

static const struct {
	const char *request;
	unsigned status;
	bool is_head;
} requests[] = {
	{ "GET /metrics HTTP/1.1\r\nHost: localhost:1\r\nAccept: */*\r\n\r\n", 200, false },
	{ "GET /metrics HTTP/1.0\r\n\r\n", 200, false },
	{ "GET /metrics?x=1 HTTP/1.1\r\nHost: h\r\n\r\n", 200, false },
	{ "GET /metrics HTTP/1.1\nHost: h\n\n", 200, false },
	{ "HEAD /metrics HTTP/1.1\r\nHost: h\r\n\r\n", 200, true },
	{ "HEAD /other HTTP/1.1\r\nHost: h\r\n\r\n", 404, true },
	{ "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 404, false },
	{ "GET /metrics/../x HTTP/1.1\r\nHost: h\r\n\r\n", 404, false },
	{ "POST /metrics HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 405, false },
	{ "BREW /metrics HTTP/1.1\r\n\r\n", 501, false },
	{ "get /metrics HTTP/1.1\r\n\r\n", 501, false },
	{ "GET /metrics HTTP/2.0\r\n\r\n", 505, false },
	{ "GET /metrics\r\n\r\n", 400, false },
	{ "GET /metrics HTTP/1.1 x\r\n\r\n", 400, false },
	{ "GET /metrics SPDY\r\n\r\n", 400, false },
	{ "\r\n\r\n", 400, false },
};

static void test_requests(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		size_t n = strlen(requests[i].request);
		struct metrics_request r = metrics_request_parse(requests[i].request, n);
		assert_int_equal(r.status, requests[i].status);
		assert_int_equal(r.is_head, requests[i].is_head);
		assert_string_not_equal(metrics_request_phrase(r.status), "");
		/* Nothing is said before the head is whole. */
		for (size_t cut = 0; cut < n - 2; cut++)
			assert_int_equal(metrics_request_parse(requests[i].request, cut).status, 0);
	}
}

static void test_requests_without_an_end(void **state) {
	static char bytes[METRICS_REQUEST_MAX];
	memset(bytes, 'a', sizeof(bytes));
	assert_int_equal(metrics_request_parse(bytes, sizeof(bytes) - 1).status, 0);
	assert_int_equal(metrics_request_parse(bytes, sizeof(bytes)).status, 431);
	static const char nul[] = "GET /metrics\0 HTTP/1.1\r\n\r\n";
	assert_int_equal(metrics_request_parse(nul, sizeof(nul) - 1).status, 400);
	/* what is behind the end is none of ours, whatever other ends are in it */
	static const char behind[] = "GET /metrics HTTP/1.1\r\n\r\n\0\n\n";
	assert_int_equal(metrics_request_parse(behind, sizeof(behind) - 1).status, 200);
	static const char plain[] = "GET /metrics HTTP/1.1\n\n\0\n\r\n";
	assert_int_equal(metrics_request_parse(plain, sizeof(plain) - 1).status, 200);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_names_that_are_none),
		cmocka_unit_test(test_answers_that_are_none),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_requests_without_an_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "io/tls-window.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

/* No input is "retry", never the end: that the peer has gone is the engine's business, which then
 * knows better than OpenSSL in which state it caught us. */
static int window_read(BIO *bio, char *to, int n) {
	struct tls_window *window = BIO_get_data(bio);
	BIO_clear_retry_flags(bio);
	if (window->input.n == 0) {
		BIO_set_retry_read(bio);
		return -1;
	}
	size_t taken = MIN((size_t)MAX(n, 0), window->input.n);
	memcpy(to, buffer_bytes(&window->input), taken);
	buffer_consume(&window->input, taken);
	return (int)taken;
}

/* Full means that a peer makes us answer and does not read: an error, not a retry. */
static int window_write(BIO *bio, const char *bytes, int n) {
	struct tls_window *window = BIO_get_data(bio);
	BIO_clear_retry_flags(bio);
	if (n <= 0 || buffer_append(&window->output, bytes, (size_t)n) < 0)
		return -1;
	return n;
}

static long window_control(BIO *bio, int command, long number, void *argument) {
	switch (command) {
	case BIO_CTRL_FLUSH:
	case BIO_CTRL_DUP:
		return 1;
	default:
		return 0;
	}
}

BIO_METHOD *tls_window_method_new(void) {
	BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "posthorn window");
	if (!method)
		abort();
	(void)BIO_meth_set_read(method, window_read);
	(void)BIO_meth_set_write(method, window_write);
	(void)BIO_meth_set_ctrl(method, window_control);
	return method;
}

BIO *tls_window_bio_new(const BIO_METHOD *method, struct tls_window *window) {
	BIO *bio = BIO_new(method);
	if (!bio)
		abort();
	BIO_set_data(bio, window);
	BIO_set_init(bio, 1);
	return bio;
}

struct tls_window *tls_window_of_bio(BIO *bio) {
	return BIO_get_data(bio);
}

#pragma once
/* The two memory sides of a TLS engine as one OpenSSL BIO: OpenSSL reads ciphertext from `input`
 * and writes it to `output`. In place of BIO_s_mem, whose buffers are never given back: an idle
 * session has neither. */
#include <openssl/bio.h>

#include "base/buffer.h"

struct tls_window {
	struct buffer input;
	struct buffer output;
};

/* One method serves all windows of a policy; freed by BIO_meth_free(). */
BIO_METHOD *tls_window_method_new(void);

/* The window is borrowed and must outlive the BIO. */
BIO *tls_window_bio_new(const BIO_METHOD *method, struct tls_window *window);
struct tls_window *tls_window_of_bio(BIO *bio);

#pragma once
/* OpenSSL's many ways to say no, as one of our reason words. */
#include <stdbool.h>

#include "base/reason.h"

/* `error` is one of X509_V_ERR_*; `ret_text` borrows a constant sentence. */
enum reason tls_reason_of_verify(long error, const char **ret_text);

/* Looks at the first error of OpenSSL's queue, then empties the queue. After the handshake, when the
 * same alert means something else, always TLS_FAILED. */
enum reason tls_reason_of_queue(bool in_handshake, const char **ret_text);

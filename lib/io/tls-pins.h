#pragma once
/* Public keys that a server may have, beside what its certificate chain says: SHA-256 digests of
 * SubjectPublicKeyInfo (RFC 7469 section 2.4). */
#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

#define TLS_PIN_BYTES 32
#define TLS_PINS_MAX 16

struct tls_pins;

/* Words of base64 or of hexadecimal digits (colons allowed), a "sha256//" before each allowed, and
 * behind each, if wished, the last day (UTC) on which it is good: "2027-06-30". -EINVAL with an
 * owned sentence that names the bad word. */
int tls_pins_new(const char *text, struct tls_pins **ret, char **ret_problem);
struct tls_pins *tls_pins_free(struct tls_pins *pins);
DEFINE_CLEANUP(struct tls_pins, tls_pins_free);

enum tls_pins_match {
	TLS_PINS_NO_MATCH,
	TLS_PINS_EXPIRED, /* pinned, but the time of the pin is over */
	TLS_PINS_MATCH,
};

/* `now` in seconds since 1970. */
enum tls_pins_match tls_pins_match(
	const struct tls_pins *pins, const uint8_t digest[TLS_PIN_BYTES], int64_t now);

/* When the last one ends; INT64_MAX: never. */
int64_t tls_pins_end(const struct tls_pins *pins);

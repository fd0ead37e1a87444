#include "io/tls-ticket.h"

#include <openssl/asn1.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/memory.h"

/* A server may send tickets of up to 64 KiB; OpenSSL's own have 200 bytes. */
#define TICKET_BYTES_MAX ((size_t)4 * 1024)

struct tls_ticket {
	struct buffer session; /* holds a secret: the key that resumes */
	struct tls_ticket_scope scope;
	char *host; /* the scope's; NULL: there is no ticket */
};

struct tls_ticket *tls_ticket_new(void) {
	struct tls_ticket *ticket = MEMORY_NEW(struct tls_ticket);
	buffer_init_secret(&ticket->session, TICKET_BYTES_MAX);
	return ticket;
}

struct tls_ticket *tls_ticket_free(struct tls_ticket *ticket) {
	if (!ticket)
		return NULL;
	tls_ticket_drop(ticket);
	return memory_free(ticket);
}

void tls_ticket_drop(struct tls_ticket *ticket) {
	buffer_deinit(&ticket->session);
	ticket->host = memory_free(ticket->host);
}

/* --- serial form without the certificate --- */

/* The peer's certificate is the explicit element [3] of OpenSSL's SSL_SESSION sequence. */
#define PEER_TAG 3

struct element {
	const uint8_t *start;
	const uint8_t *content;
	const uint8_t *end;
	int tag;
	int class;
};

/* DER of our own OpenSSL: definite lengths only. */
static bool take_element(const uint8_t **from, const uint8_t *end, struct element *ret) {
	ret->start = ret->content = *from;
	long n;
	int r = ASN1_get_object(&ret->content, &n, &ret->tag, &ret->class, end - *from);
	if (r & 0x80 || n < 0 || n > end - ret->content)
		return false;
	ret->end = ret->content + n;
	*from = ret->end;
	return true;
}

static bool append_element(struct buffer *to, const struct element *e) {
	return buffer_append(to, e->start, (size_t)(e->end - e->start)) == 0;
}

static bool append_without_peer(struct buffer *to, const uint8_t *bytes, size_t n) {
	struct element sequence, e;
	const uint8_t *from = bytes;
	if (!take_element(&from, bytes + n, &sequence) || sequence.tag != V_ASN1_SEQUENCE)
		return false;

	size_t kept = 0;
	for (from = sequence.content; from < sequence.end; kept += (size_t)(e.end - e.start)) {
		if (!take_element(&from, sequence.end, &e))
			return false;
		if (e.class == V_ASN1_CONTEXT_SPECIFIC && e.tag == PEER_TAG)
			kept -= (size_t)(e.end - e.start);
	}
	if (kept > TICKET_BYTES_MAX)
		return false;

	uint8_t head[8], *p = head;
	ASN1_put_object(&p, 1, (int)kept, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	bool fits = buffer_append(to, head, (size_t)(p - head)) == 0;
	for (from = sequence.content; fits && from < sequence.end;) {
		(void)take_element(&from, sequence.end, &e);
		if (e.class != V_ASN1_CONTEXT_SPECIFIC || e.tag != PEER_TAG)
			fits = append_element(to, &e);
	}
	return fits;
}

void tls_ticket_keep(struct tls_ticket *ticket, const SSL_SESSION *session,
	const struct tls_ticket_scope *scope) {
	uint8_t *bytes = NULL;
	int n = SSL_SESSION_is_resumable(session) ? i2d_SSL_SESSION(session, &bytes) : 0;
	tls_ticket_drop(ticket);
	if (n <= 0)
		return;
	if (append_without_peer(&ticket->session, bytes, (size_t)n)) {
		ticket->scope = *scope;
		ticket->scope.host = ticket->host = memory_strdup(scope->host);
	} else
		tls_ticket_drop(ticket);
	OPENSSL_clear_free(bytes, (size_t)n);
}

static bool fits(const struct tls_ticket_scope *ours, const struct tls_ticket_scope *theirs) {
	return ours->policy_id == theirs->policy_id && ours->identity_id == theirs->identity_id &&
	       strcmp(ours->host, theirs->host) == 0;
}

SSL_SESSION *tls_ticket_take(struct tls_ticket *ticket, struct tls_ticket_scope *scope) {
	if (!ticket->host)
		return NULL;
	SSL_SESSION *session = NULL;
	const uint8_t *p = buffer_bytes(&ticket->session);
	if (fits(&ticket->scope, scope) && time(NULL) < ticket->scope.certificate.expires)
		session = d2i_SSL_SESSION(NULL, &p, (long)ticket->session.n);
	if (!session) {
		ERR_clear_error();
		tls_ticket_drop(ticket);
		return NULL;
	}
	scope->certificate = ticket->scope.certificate;
	return session;
}

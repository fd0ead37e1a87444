#include "io/tls.h"

#include <assert.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "io/address.h"
#include "io/tls-identity.h"
#include "io/tls-private.h"
#include "io/tls-reason.h"
#include "io/tls-record.h"
#include "io/tls-ticket.h"
#include "io/tls-window.h"

#define PLAINTEXT_BYTES ((size_t)4096)
#define HOST_BYTES_MAX 255

/* What a record adds at most: header, explicit nonce, padding or content type, tag. */
#define RECORD_OVERHEAD ((size_t)64)
#define RECORD_PLAINTEXT ((size_t)16384)

enum tls_state {
	TLS_STATE_HANDSHAKE,
	TLS_STATE_OPEN,
	TLS_STATE_DEAD, /* the last event was given */
};

struct tls {
	SSL *ssl;
	struct tls_policy *policy;
	struct tls_ticket *ticket;
	const char *alpn;
	char *host;
	char *description; /* of a certificate with other names */
	struct tls_identity *identity;
	struct tls_wish wish;
	struct tls_record *record;
	struct tls_certificate certificate; /* as it was verified, perhaps before the ticket */
	struct tls_window window;
	uint8_t *plaintext; /* only while data is being read */
	enum tls_state state;
	bool ended;
	bool resumed;
	bool has_unique; /* its Finished messages bind */
	bool has_ticket; /* one came */
	bool has_data; /* so no ticket is to be expected any more */
	bool has_session; /* OpenSSL holds one that may be dropped */
	bool settled; /* one was dropped */
};

static struct tls *tls_of_ssl(SSL *ssl) {
	struct tls_window *window = tls_window_of_bio(SSL_get_rbio(ssl));
	return CONTAINER_OF(window, struct tls, window);
}

/* --- the context's callbacks --- */

int tls_on_certificate(X509_STORE_CTX *store, void *userdata) {
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *t = tls_of_ssl(ssl);
	if (t->record)
		tls_record_take_chain(t->record, store);
	int r = tls_certificate_verify(store, &t->wish, &t->certificate);
	int error = X509_STORE_CTX_get_error(store);
	if (error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH)
		t->description = tls_certificate_describe(X509_STORE_CTX_get0_cert(store));
	return r;
}

static struct tls_ticket_scope scope_of(const struct tls *t) {
	return (struct tls_ticket_scope){
		.policy_id = t->policy->id,
		.identity_id = tls_identity_id(t->identity),
		.host = t->host,
		.certificate = t->certificate,
	};
}

int tls_on_new_session(SSL *ssl, SSL_SESSION *session) {
	struct tls *t = tls_of_ssl(ssl);
	struct tls_ticket_scope scope = scope_of(t);
	/* A ticket that comes late has made a session of the empty one: of no use to anybody. */
	if (t->ticket && !t->settled)
		tls_ticket_keep(t->ticket, session, &scope);
	t->has_ticket = t->has_session = true;
	return 0; /* the reference stays OpenSSL's */
}

/* --- setting up --- */

/* RFC 7301 section 3.1: a list of strings, each behind its length. */
static void offer_alpn(struct tls *t) {
	uint8_t list[256];
	size_t n = t->alpn ? strlen(t->alpn) : 0;
	if (n == 0)
		return;
	assert(n < sizeof(list));
	list[0] = (uint8_t)n;
	memcpy(list + 1, t->alpn, n);
	if (SSL_set_alpn_protos(t->ssl, list, (unsigned)n + 1) != 0)
		abort();
}

/* The certificate must be for this address; a zone ("%eth0") is ours alone. RFC 6066 section 3
 * allows no address in SNI. */
static int expect_address(struct tls *t) {
	t->host[strcspn(t->host, "%")] = '\0';
	X509_VERIFY_PARAM *parameters = SSL_get0_param(t->ssl);
	return X509_VERIFY_PARAM_set1_ip_asc(parameters, t->host) == 1 ? 0 : -EINVAL;
}

/* A leading dot would make OpenSSL accept any name below; the final dot of an absolute name is
 * in no certificate. */
static int expect_name(struct tls *t) {
	size_t n = strlen(t->host);
	if (n > 0 && t->host[n - 1] == '.')
		t->host[--n] = '\0';
	if (n == 0 || n > HOST_BYTES_MAX || t->host[0] == '.')
		return -EINVAL;
	if (SSL_set1_host(t->ssl, t->host) != 1 || SSL_set_tlsext_host_name(t->ssl, t->host) != 1)
		return -EINVAL;
	return 0;
}

/* What the ticket's certificate passed then, it must pass now. */
static void resume(struct tls *t) {
	struct tls_ticket_scope scope = scope_of(t);
	SSL_SESSION *session = t->ticket ? tls_ticket_take(t->ticket, &scope) : NULL;
	if (!session)
		return;
	if (!tls_certificate_passes(&scope.certificate, &t->wish))
		tls_ticket_drop(t->ticket);
	else if (SSL_set_session(t->ssl, session) == 1)
		t->certificate = scope.certificate;
	SSL_SESSION_free(session);
}

int tls_new(const struct tls_target *target, struct tls **ret) {
	assert(target && target->host && target->policy && ret);
	CLEANUP(tls_free) struct tls *t = MEMORY_NEW(struct tls);
	t->policy = target->policy;
	t->alpn = target->alpn;
	t->identity = target->identity;
	t->wish = target->wish;
	t->record = target->record;
	t->host = memory_strdup(target->host);
	buffer_init(&t->window.input, TLS_INPUT_MAX);
	buffer_init(&t->window.output, TLS_OUTPUT_MAX);
	t->ssl = SSL_new(t->policy->context);
	if (!t->ssl)
		abort();
	BIO *bio = tls_window_bio_new(t->policy->window_method, &t->window);
	SSL_set_bio(t->ssl, bio, bio);
	SSL_set_connect_state(t->ssl);
	offer_alpn(t);
	if (t->wish.needs_tls_1_3)
		(void)SSL_set_min_proto_version(t->ssl, TLS1_3_VERSION);
	if (t->identity)
		tls_identity_use(t->identity, t->ssl);

	struct address literal;
	int r = address_parse(t->host, 0, &literal) == 0 ? expect_address(t) : expect_name(t);
	ERR_clear_error();
	if (r < 0)
		return r;
	t->ticket = target->ticket;
	resume(t);
	*ret = TAKE_PTR(t);
	return 0;
}

struct tls *tls_free(struct tls *t) {
	if (!t)
		return NULL;
	if (t->state == TLS_STATE_HANDSHAKE && t->ticket)
		tls_ticket_drop(t->ticket);
	SSL_free(t->ssl);
	buffer_deinit(&t->window.input);
	buffer_deinit(&t->window.output);
	memory_free(t->host);
	memory_free(t->description);
	memory_free(t->plaintext);
	return memory_free(t);
}

/* --- running --- */

void tls_feed(struct tls *t, const uint8_t *bytes, size_t n) {
	int r = buffer_append(&t->window.input, bytes, n);
	assert(r == 0);
	(void)r;
}

void tls_feed_end(struct tls *t) {
	t->ended = true;
}

static int fail(struct tls *t, enum reason reason, const char *text, struct tls_event *ret) {
	if (t->state == TLS_STATE_HANDSHAKE && t->ticket)
		tls_ticket_drop(t->ticket);
	t->state = TLS_STATE_DEAD;
	*ret = (struct tls_event){ .kind = TLS_EVENT_FAILED, .reason = reason, .text = text };
	return 1;
}

/* Also the end of the error queue: nothing of it may be seen by the next call. */
static int fail_by_openssl(struct tls *t, struct tls_event *ret) {
	const char *text;
	bool in_handshake = t->state == TLS_STATE_HANDSHAKE;
	enum reason reason = tls_reason_of_queue(in_handshake, &text);
	long verdict = SSL_get_verify_result(t->ssl);
	if (in_handshake && verdict != X509_V_OK)
		reason = tls_reason_of_verify(verdict, &text);
	if (reason == REASON_TLS_NAME && t->description)
		text = t->description;
	if (reason == REASON_TLS_PIN && t->certificate.pin_has_expired) {
		reason = REASON_TLS_PIN_EXPIRED;
		text = "its last day has passed";
	}
	return fail(t, reason, text, ret);
}

/* Drops OpenSSL's session, which holds the peer's certificates: 11 KiB that an established connection
 * never looks at. There is no call for that, but an empty session can be put in its place, which
 * all settled connections share. Reading and writing, alerts, key updates and late tickets look
 * at nothing in it (OpenSSL 3.0; the tests show each). */
static void settle(struct tls *t) {
	if (!t->has_session || (t->ticket && !t->has_ticket && !t->has_data))
		return;
	SSL_CTX *context = tls_policy_settled_context(t->policy, t->ssl);
	if (!context || SSL_set_SSL_CTX(t->ssl, context) != context)
		return;
	t->settled = SSL_set_session(t->ssl, t->policy->no_session) == 1;
	t->has_session = !t->settled;
}

/* Nothing to read: OpenSSL's two buffers of 16 KiB go, and ours. The tickets behind a handshake
 * make it allocate both anew, so this is done each time. */
static int wait_for_input(struct tls *t) {
	t->plaintext = memory_free(t->plaintext);
	buffer_release(&t->window.input);
	buffer_release(&t->window.output);
	if (t->state == TLS_STATE_OPEN) {
		(void)SSL_free_buffers(t->ssl);
		settle(t);
	}
	return 0;
}

static bool alpn_is_offered(const struct tls *t) {
	const uint8_t *selected;
	unsigned n;
	SSL_get0_alpn_selected(t->ssl, &selected, &n);
	return n == 0 || (t->alpn && strlen(t->alpn) == n && memcmp(t->alpn, selected, n) == 0);
}

/* OpenSSL has refused a bad peer by itself; this is the second look. */
static int finish_handshake(struct tls *t, struct tls_event *ret) {
	long verdict = SSL_get_verify_result(t->ssl);
	t->resumed = SSL_session_reused(t->ssl) == 1;
	t->has_unique = SSL_version(t->ssl) == TLS1_3_VERSION || SSL_get_extms_support(t->ssl) == 1;
	if (verdict != X509_V_OK || (!t->resumed && !SSL_get0_peer_certificate(t->ssl)))
		return fail(t, REASON_TLS_UNTRUSTED, "the server was not verified", ret);
	if (SSL_version(t->ssl) < TLS1_2_VERSION)
		return fail(t, REASON_TLS_VERSION, "the server is older than TLS 1.2", ret);
	if (!alpn_is_offered(t))
		return fail(t, REASON_TLS_ALPN, "the server is for another protocol", ret);
	t->state = TLS_STATE_OPEN;
	t->has_session = true;
	if (t->record)
		tls_record_take_session(t->record, t->ssl);
	*ret = (struct tls_event){ .kind = TLS_EVENT_SECURED };
	return 1;
}

static int next_of_handshake(struct tls *t, struct tls_event *ret) {
	ERR_clear_error();
	int r = SSL_do_handshake(t->ssl);
	if (r == 1)
		return finish_handshake(t, ret);
	if (SSL_get_error(t->ssl, r) != SSL_ERROR_WANT_READ)
		return fail_by_openssl(t, ret);
	if (t->ended)
		return fail(t, REASON_TLS_FAILED, "the server closed during the handshake", ret);
	return wait_for_input(t);
}

static int next_of_records(struct tls *t, struct tls_event *ret) {
	if (!t->plaintext && t->window.input.n == 0 && !t->ended)
		return wait_for_input(t);
	if (!t->plaintext)
		t->plaintext = MEMORY_NEW_ARRAY(uint8_t, PLAINTEXT_BYTES);
	ERR_clear_error();
	size_t n = 0;
	int r = SSL_read_ex(t->ssl, t->plaintext, PLAINTEXT_BYTES, &n);
	if (r == 1) {
		t->has_data = true;
		*ret = (struct tls_event){ .kind = TLS_EVENT_DATA, .bytes = t->plaintext, .n = n };
		return 1;
	}
	switch (SSL_get_error(t->ssl, r)) {
	case SSL_ERROR_WANT_READ:
		if (t->ended)
			return fail(t, REASON_TLS_TRUNCATED,
				"the connection ended without close_notify", ret);
		return wait_for_input(t);
	case SSL_ERROR_ZERO_RETURN:
		t->state = TLS_STATE_DEAD;
		*ret = (struct tls_event){ .kind = TLS_EVENT_CLOSED };
		return 1;
	default:
		return fail_by_openssl(t, ret);
	}
}

int tls_next(struct tls *t, struct tls_event *ret) {
	switch (t->state) {
	case TLS_STATE_HANDSHAKE:
		return next_of_handshake(t, ret);
	case TLS_STATE_OPEN:
		return next_of_records(t, ret);
	case TLS_STATE_DEAD:
		break;
	}
	return 0;
}

size_t tls_output(const struct tls *t, const uint8_t **ret_bytes) {
	*ret_bytes = t->window.output.n > 0 ? buffer_bytes(&t->window.output) : NULL;
	return t->window.output.n;
}

void tls_sent(struct tls *t, size_t n) {
	buffer_consume(&t->window.output, n);
	buffer_release(&t->window.output);
}

int tls_write(struct tls *t, const void *bytes, size_t n) {
	if (t->state != TLS_STATE_OPEN)
		return -ENOTCONN;
	if (n == 0)
		return 0;
	size_t room = t->window.output.max - t->window.output.n;
	size_t records = n / RECORD_PLAINTEXT + 2;
	if (n > room || records * RECORD_OVERHEAD > room - n)
		return -ENOBUFS;
	ERR_clear_error();
	size_t written;
	int r = SSL_write_ex(t->ssl, bytes, n, &written);
	ERR_clear_error();
	/* Cannot fail for a reason of the peer: it takes no input, and the output has room. */
	if (r != 1)
		return -EIO;
	(void)SSL_free_buffers(t->ssl);
	return 0;
}

void tls_shut(struct tls *t) {
	if (t->state != TLS_STATE_OPEN)
		return;
	(void)SSL_shutdown(t->ssl);
	ERR_clear_error();
	t->state = TLS_STATE_DEAD;
}

bool tls_is_resumed(const struct tls *t) {
	return t->resumed;
}

/* Of the side that finished first: of the server, when the session was resumed. */
static size_t bind_unique(const struct tls *t, uint8_t ret_bytes[TLS_BINDING_MAX]) {
	if (!t->has_unique)
		return 0;
	size_t n = t->resumed ? SSL_get_peer_finished(t->ssl, ret_bytes, TLS_BINDING_MAX)
			      : SSL_get_finished(t->ssl, ret_bytes, TLS_BINDING_MAX);
	return n <= TLS_BINDING_MAX ? n : 0;
}

size_t tls_bind(const struct tls *t, enum tls_binding kind, uint8_t ret_bytes[TLS_BINDING_MAX]) {
	static const char label[] = "EXPORTER-Channel-Binding";
	const size_t n = 32;
	if (t->state != TLS_STATE_OPEN)
		return 0;
	switch (kind) {
	case TLS_BINDING_EXPORTER:
		if (SSL_version(t->ssl) < TLS1_3_VERSION ||
			SSL_export_keying_material(
				t->ssl, ret_bytes, n, label, sizeof(label) - 1, NULL, 0, 0) != 1)
			return 0;
		return n;
	case TLS_BINDING_SERVER_END_POINT:
		memcpy(ret_bytes, t->certificate.end_point, t->certificate.n_end_point);
		return t->certificate.n_end_point;
	case TLS_BINDING_UNIQUE:
		return bind_unique(t, ret_bytes);
	}
	return 0;
}

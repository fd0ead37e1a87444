#pragma once
/* A server on a loopback port, in the loop of the test: one listening socket, one connection at a
 * time, with or without TLS. It never acts by itself but for the TLS handshake. */
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/buffer.h"
#include "base/macros.h"
#include "tls-server.h"

struct peer {
	sd_event *loop;
	sd_event_source *listener;
	sd_event_source *io; /* of the connection */
	uint16_t port;
	int fd; /* -1: nobody is connected */
	unsigned n_accepted;
	struct buffer received; /* in the clear */
	struct buffer pending; /* on the way to the socket */
	struct tls_server *tls; /* after peer_start_tls() */
	SSL_CTX *tls_at_once; /* borrowed; for implicit TLS */
	char *to_say; /* owned: peer_write_later() */
	bool deaf;
	bool closes_at_once; /* whoever connects */
	bool end_seen;
};

/* Listens on 127.0.0.1, at a port of the kernel's choice. */
struct peer *peer_new(sd_event *loop, SSL_CTX *tls_at_once);
struct peer *peer_free(struct peer *p);
DEFINE_CLEANUP(struct peer, peer_free);

void peer_start_tls(struct peer *p, SSL_CTX *context);
/* Over TLS, if that has begun. */
void peer_write(struct peer *p, const char *text);
/* The same, once somebody has connected. */
void peer_write_later(struct peer *p, const char *text);
/* Past TLS, in one segment. */
void peer_write_raw(struct peer *p, const void *bytes, size_t n);
/* close_notify, but no FIN */
void peer_shut_tls(struct peer *p);
/* FIN for our direction only */
void peer_half_close(struct peer *p);
void peer_close(struct peer *p);
/* RST */
void peer_reset(struct peer *p);
/* No new connections: they are refused. */
void peer_stop_listening(struct peer *p);
/* No new connections: they are neither taken nor refused. The caller closes the fillers. */
void peer_fill_queue(struct peer *p, int *ret_fillers, size_t n);
/* Reads nothing while deaf. */
void peer_set_deaf(struct peer *p, bool deaf);

/* All plaintext that came from the client. */
const struct buffer *peer_received(const struct peer *p);
bool peer_has_received(const struct peer *p, const char *text);

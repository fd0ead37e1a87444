#pragma once
/* What is learned about servers and outlives connections and restarts, as facts of the store: what
 * each is called there, and how long it is believed. */
#include <stdint.h>

#include "store/store.h"

struct account_config;

/* Owned. What a gateway between us and the host forgets depends on both: "imap.example.org
 * 192.0.2.0/24". `network` may be NULL. */
char *learned_about_network(const char *host, const char *network);
/* Owned. What a server keeps by user, as its connections: "user@imap.example.org". */
char *learned_about_login(const struct account_config *config);

/* How long an IDLE may be silent, as imap-renewal.h has it; 0: not known. That a longer one was fatal is
 * believed for a day. */
uint64_t learned_renewal(struct store *store, const char *about, uint64_t now_usec);

/* Which of its pushes are believed, as imap-proof.h packs it; 0: nothing is known. */
uint64_t learned_push(struct store *store, const char *about);

/* How many connections the server lets this account have; 0: not known. Other devices of the user
 * may have taken the rest that day: it is tried again after a day. */
unsigned learned_connections(struct store *store, const char *about, uint64_t now_usec);

/* 1: written, as a part of the open transaction; 0: it is known, and not older than a day; or
 * negative errno. */
int learned_save(struct store *store, const char *about, enum store_fact_kind kind,
	const struct store_fact *fact);

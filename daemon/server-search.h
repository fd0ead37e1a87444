#pragma once
/* Asks the questions of provider/discovery.h, one after another on the loop, until one of them has
 * given a server. The domain alone is told, never the whole address. */
#include <stdbool.h>
#include <systemd/sd-event.h>

#include "base/macros.h"
#include "provider/discovery.h"

struct resolver;
struct server_search;
struct tls_policy;

#define SERVER_SEARCH_QUESTION_USEC (5 * USEC_PER_SEC)
#define SERVER_SEARCH_USEC (30 * USEC_PER_SEC)

struct server_search_means { /* borrowed, and must outlive the search */
	sd_event *loop;
	struct resolver *resolver;
	struct tls_policy *policy; /* whom a guessed server must be certified by */
	const struct mail_address *address;
	bool asks_others; /* questions that tell a third party the domain, too */
};

/* Called once, from the loop; the search may be freed in it. */
typedef void (*server_search_done_fn)(void *userdata);

/* `d` is borrowed; what is found is in it. 0 or negative errno. */
int server_search_new(const struct server_search_means *means, struct discovery *d,
	server_search_done_fn done, void *userdata, struct server_search **ret);
struct server_search *server_search_free(struct server_search *s);
DEFINE_CLEANUP(struct server_search, server_search_free);

/* Who takes the domain's mail and is known to have neither IMAP nor POP3; NULL: nobody. */
const struct provider *server_search_refusal(const struct server_search *s);

#include "cli/account-online.h"

#include <stdlib.h>

#include "base/account-id.h"
#include "base/memory.h"
#include "base/text.h"
#include "bus/client.h"
#include "bus/message.h"
#include "bus/online-account.h"

/* It only tells what it knows. */
#define TIMEOUT_USEC (5 * USEC_PER_SEC)

struct search {
	const char *address;
	struct account_online found;
};

/* The id becomes a line of a file. */
static void look_at(const struct online_account *account, void *userdata) {
	struct search *search = userdata;
	if (search->found.id || !account->has_imap || !account_id_is_valid(account->id) ||
		!text_equal_nocase(account->address, search->address))
		return;
	search->found.id = memory_strdup(account->id);
	search->found.host = memory_strdup(account->host);
}

bool account_online_find(const char *address, struct account_online *ret) {
	CLEANUP(client_free) struct client *client = NULL;
	CLEANUP(message_free) DBusMessage *reply = NULL;
	CLEANUP_TEXT char *no_bus = NULL, *problem = NULL;
	struct search search = { .address = address };
	if (client_open(false, &client, &no_bus) < 0 ||
		client_call(
			client, online_account_new_list_call(), TIMEOUT_USEC, &reply, &problem) < 0)
		return false;
	(void)online_account_read(reply, look_at, &search);
	if (!search.found.id)
		return false;
	*ret = search.found;
	return true;
}

void account_online_deinit(struct account_online *online) {
	free(online->id);
	free(online->host);
	*online = (struct account_online){ 0 };
}

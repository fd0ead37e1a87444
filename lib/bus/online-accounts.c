#include "bus/online-accounts.h"

#include "base/memory.h"
#include "bus/exchange.h"
#include "bus/service-watch.h"

#include <string.h>

struct entry {
	char *id;
	char *name;
};

struct account_list {
	struct entry *entries;
	size_t n;
};

struct online_accounts {
	struct connection *connection;
	struct service_watch *watch;
	struct exchange exchange;
	struct account_list list;
	void (*changed)(void *userdata);
	void *userdata;
};

static void list_deinit(struct account_list *list) {
	for (size_t i = 0; i < list->n; i++) {
		free(list->entries[i].id);
		free(list->entries[i].name);
	}
	free(list->entries);
	*list = (struct account_list){ 0 };
}

static bool list_is_equal(const struct account_list *a, const struct account_list *b) {
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->entries[i].id, b->entries[i].id) != 0 ||
			strcmp(a->entries[i].name, b->entries[i].name) != 0)
			return false;
	return true;
}

static int compare_ids(const void *a, const void *b) {
	const struct entry *left = a, *right = b;
	return strcmp(left->id, right->id);
}

static void list_add(const struct online_account *account, void *userdata) {
	struct account_list *list = userdata;
	if (!account->has_imap || list->n == ONLINE_ACCOUNTS_MAX)
		return;
	list->entries = memory_resize(list->entries, list->n + 1, sizeof(*list->entries));
	list->entries[list->n++] = (struct entry){
		.id = memory_strdup(account->id),
		.name = memory_strdup(account->name),
	};
}

/* The service sends them in any order. */
static void on_list(struct exchange *e, DBusMessage *reply) {
	struct online_accounts *o = CONTAINER_OF(e, struct online_accounts, exchange);
	struct account_list list = { 0 };
	bool is_whole = online_account_read(reply, list_add, &list) == 0;
	if (list.n > 1)
		qsort(list.entries, list.n, sizeof(*list.entries), compare_ids);
	if (!is_whole || list_is_equal(&list, &o->list)) {
		list_deinit(&list);
		return;
	}
	list_deinit(&o->list);
	o->list = list;
	o->changed(o->userdata);
}

/* A service that is gone for a while does not take the accounts with it. */
static void on_failed(struct exchange *e, const char *name, const char *text) {
}

static void on_start(struct exchange *e) {
	exchange_call(e, online_account_new_list_call(), on_list);
}

static void ask(void *userdata) {
	struct online_accounts *o = userdata;
	exchange_deinit(&o->exchange);
	(void)exchange_init(&o->exchange, o->connection, on_start, on_failed);
}

int online_accounts_new(struct connection *connection, void (*changed)(void *userdata),
	void *userdata, struct online_accounts **ret) {
	CLEANUP(online_accounts_free)
	struct online_accounts *o = MEMORY_NEW(struct online_accounts);
	o->connection = connection;
	o->changed = changed;
	o->userdata = userdata;
	int r = service_watch_new(
		connection, ONLINE_ACCOUNT_SERVICE, ONLINE_ACCOUNT_ROOT, &o->watch);
	if (r < 0)
		return r;
	/* It tells of a change as soon as the bus is there: the first question comes by that. */
	service_watch_set_changed(o->watch, ask, o);
	*ret = TAKE_PTR(o);
	return 0;
}

struct online_accounts *online_accounts_free(struct online_accounts *o) {
	if (!o)
		return NULL;
	exchange_deinit(&o->exchange);
	service_watch_free(o->watch);
	list_deinit(&o->list);
	return memory_free(o);
}

bool online_accounts_at(
	const struct online_accounts *o, size_t index, const char **ret_id, const char **ret_name) {
	if (index >= o->list.n)
		return false;
	*ret_id = o->list.entries[index].id;
	*ret_name = o->list.entries[index].name;
	return true;
}

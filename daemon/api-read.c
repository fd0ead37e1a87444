#include "daemon/api-read.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "bus/names.h"
#include "bus/object.h"
#include "daemon/account-config.h"
#include "daemon/account.h"
#include "daemon/api-account.h"
#include "daemon/api-event.h"
#include "daemon/api-view.h"
#include "store/store.h"

#define PAGE_MAX 1000
/* Rows of the log, and accounts, in one slice. */
#define EVENTS_A_SLICE 250
#define ACCOUNTS_A_SLICE 128

static uint32_t page_limit(uint32_t limit) {
	return limit == 0 || limit > PAGE_MAX ? PAGE_MAX : limit;
}

/* One answer while it grows. */
struct page {
	DBusMessage *reply; /* NULL: not begun */
	struct message_writer body;
	struct message_writer items;
	uint32_t limit;
	uint32_t n;
	/* of events */
	const struct api_view *view; /* while the log is read */
	uint64_t after; /* what the caller asked for */
	uint64_t position; /* the last row that was looked at */
	uint64_t last; /* that is in the page */
	/* of accounts */
	uint32_t offset;
	char *last_id;
};

static void *page_free(void *job) {
	struct page *page = job;
	if (page->reply) { /* libdbus keeps memory for what was not closed */
		message_write_close(&page->body, &page->items);
		page->reply = message_free(page->reply);
	}
	free(page->last_id);
	return memory_free(page);
}

static void page_begin(struct page *page, DBusMessage *call, const char *type) {
	if (page->reply)
		return;
	page->reply = message_new_reply(call);
	message_writer_init(&page->body, page->reply);
	message_write_open(&page->body, DBUS_TYPE_ARRAY, type, &page->items);
}

static bool page_is_full(const struct page *page) {
	return page->n >= page->limit || message_writer_is_full(&page->items);
}

/* Events */

static DBusMessage *events_failed(const struct object_call *call, uint64_t after, int error) {
	if (error == -ESTALE)
		return message_new_error(call->message, BUS_ERROR_SEQUENCE_GONE,
			"events behind %" PRIu64 " are not in the log any more; read from 0",
			after);
	return message_new_error(call->message, DBUS_ERROR_FAILED,
		"the event log cannot be read: %s", strerror(-error));
}

static int on_any_event(const struct store_event *event, void *userdata) {
	return 1;
}

/* Where the log begins is the number of somebody's event: who does not see all learns the hour. */
static int check_floor(const struct api_view *view, uint64_t after) {
	if (api_view_is_whole(view))
		return 0;
	uint64_t hour = after - after % USEC_PER_HOUR;
	return MIN(manager_read_events(view->manager, hour, 1, on_any_event, NULL), 0);
}

static int add_event(const struct store_event *event, void *userdata) {
	struct page *page = userdata;
	page->position = event->seq;
	if (!api_view_has_events_of(page->view, event->account))
		return 0;
	api_event_write(&page->items, event, true);
	page->last = event->seq;
	page->n++;
	/* The caller goes on from `last`, so that a page may be short. */
	return page_is_full(page) ? 1 : 0;
}

static DBusMessage *events_done(struct page *page) {
	message_write_close(&page->body, &page->items);
	message_write_u64(&page->body, page->n > 0 ? page->last : api_view_last_seq(page->view));
	return TAKE_PTR(page->reply);
}

/* Behind the last one that the caller may see nothing is read: the time it takes would tell how many
 * there are for others. 0: there is no more. */
static int read_slice(struct page *page) {
	if (page->position >= api_view_last_seq(page->view))
		return 0;
	return manager_read_events(
		page->view->manager, page->position, EVENTS_A_SLICE, add_event, page);
}

static DBusMessage *events_step(const struct object_call *call, void *job) {
	struct page *page = job;
	page->view = call->object;
	page_begin(page, call->message, "a{sv}");
	int r = page->position == page->after ? check_floor(page->view, page->after) : 0;
	if (r == 0)
		r = read_slice(page);
	if (r < 0)
		return events_failed(call, page->after, r);
	return r < EVENTS_A_SLICE || page_is_full(page) ? events_done(page) : NULL;
}

DBusMessage *api_read_events(const struct object_call *call) {
	static const struct object_slices slices = { events_step, page_free };
	struct page *page = MEMORY_NEW(struct page);
	struct message_reader arguments;
	message_reader_init(&arguments, call->message);
	(void)message_read_u64(&arguments, &page->after);
	(void)message_read_u32(&arguments, &page->limit);
	page->limit = page_limit(page->limit);
	page->position = page->after;
	return object_slices_reply(call, &slices, page);
}

/* Accounts */

static struct account *next_account(struct page *page, const struct api_view *view) {
	return page->last_id ? api_view_after(view, page->last_id)
			     : api_view_at(view, page->offset);
}

static void write_account(struct page *page, struct account *account) {
	CLEANUP_TEXT char *path = api_account_path(account);
	struct message_writer item;
	message_write_open(&page->items, DBUS_TYPE_STRUCT, NULL, &item);
	message_write_path(&item, path);
	api_account_write(&item, account);
	message_write_close(&page->items, &item);
	free(page->last_id);
	page->last_id = memory_strdup(account_config(account)->id);
	page->n++;
}

static DBusMessage *accounts_step(const struct object_call *call, void *job) {
	struct page *page = job;
	const struct api_view *view = call->object;
	struct account *account = NULL;
	page_begin(page, call->message, "(oa{sv})");
	for (unsigned i = 0;
		i < ACCOUNTS_A_SLICE && !page_is_full(page) && (account = next_account(page, view));
		i++)
		write_account(page, account);
	if (account && !page_is_full(page))
		return NULL;
	message_write_close(&page->body, &page->items);
	message_write_u32(&page->body, (uint32_t)api_view_n_accounts(view));
	return TAKE_PTR(page->reply);
}

DBusMessage *api_read_accounts(const struct object_call *call) {
	static const struct object_slices slices = { accounts_step, page_free };
	struct page *page = MEMORY_NEW(struct page);
	struct message_reader arguments;
	message_reader_init(&arguments, call->message);
	(void)message_read_u32(&arguments, &page->offset);
	(void)message_read_u32(&arguments, &page->limit);
	page->limit = page_limit(page->limit);
	return object_slices_reply(call, &slices, page);
}

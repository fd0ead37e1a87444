#include "daemon/api-event.h"

#include "base/text.h"
#include "bus/message.h"
#include "bus/names.h"
#include "store/store.h"

const char *api_event_type(const struct store_event *event) {
	switch (event->type) {
	case STORE_EVENT_NEW:
		return BUS_TYPE_NEW;
	case STORE_EVENT_RETIRED:
		return BUS_TYPE_RETIRED;
	case STORE_EVENT_RESET:
		return BUS_TYPE_RESET;
	}
	return "";
}

static void write_u32(struct message_writer *dict, const char *key, uint32_t value) {
	if (value)
		message_write_entry_u32(dict, key, value);
}

static void write_u64(struct message_writer *dict, const char *key, uint64_t value) {
	if (value)
		message_write_entry_u64(dict, key, value);
}

static void write_text(struct message_writer *dict, const char *key, const char *text) {
	message_write_entry_string(dict, key, text_is_empty(text) ? NULL : text);
}

void api_event_write(struct message_writer *w, const struct store_event *event, bool with_type) {
	struct message_writer dict;
	message_write_open_dict(w, &dict);
	if (with_type)
		write_text(&dict, BUS_KEY_TYPE, api_event_type(event));
	message_write_entry_u64(&dict, BUS_KEY_SEQ, event->seq);
	write_text(&dict, BUS_KEY_ID, event->id);
	write_text(&dict, BUS_KEY_ACCOUNT, event->account);
	write_text(&dict, BUS_KEY_MAILBOX, event->mailbox);
	write_u32(&dict, BUS_KEY_UID, event->uid);
	write_u32(&dict, BUS_KEY_UIDVALIDITY, event->uidvalidity);
	write_u64(&dict, BUS_KEY_RECEIVED, event->received_usec);
	write_u64(&dict, BUS_KEY_DATE, event->date_usec);
	write_text(&dict, BUS_KEY_FROM_NAME, event->from_name);
	write_text(&dict, BUS_KEY_FROM_ADDRESS, event->from_address);
	/* An empty subject is known to be empty. */
	message_write_entry_string(&dict, BUS_KEY_SUBJECT, event->subject);
	write_text(&dict, BUS_KEY_MESSAGE_ID, event->message_id);
	write_text(&dict, BUS_KEY_THREAD_ID, event->thread_id);
	write_text(&dict, BUS_KEY_EMAIL_ID, event->email_id);
	write_text(&dict, BUS_KEY_LIST_ID, event->list_id);
	write_text(&dict, BUS_KEY_AUTO_SUBMITTED, event->auto_submitted);
	write_text(&dict, BUS_KEY_PRECEDENCE, event->precedence);
	if (event->flags)
		message_write_entry_words(&dict, BUS_KEY_FLAGS, event->flags);
	if (event->labels)
		message_write_entry_lines(&dict, BUS_KEY_LABELS, event->labels);
	write_u64(&dict, BUS_KEY_SIZE, event->size);
	write_text(&dict, BUS_KEY_PREVIEW, event->preview);
	write_text(&dict, BUS_KEY_REASON, event->reason);
	message_write_close(w, &dict);
}

#include "store/store-event.h"

#include "store/store-sql.h"

#include <string.h>

/* Numbers of the columns, from 1 as SQLite binds; a result's column is one less. */
enum column {
	COLUMN_SEQ = 1,
	COLUMN_TYPE = 2,
	COLUMN_UID = 5,
	COLUMN_UIDVALIDITY = 6,
	COLUMN_RECEIVED = 7,
	COLUMN_DATE = 8,
	COLUMN_SIZE = 9,
};

static const struct {
	int column;
	size_t offset;
} texts[] = {
	{ STORE_EVENT_ACCOUNT, offsetof(struct store_event, account) },
	{ STORE_EVENT_MAILBOX, offsetof(struct store_event, mailbox) },
	{ 10, offsetof(struct store_event, id) },
	{ 11, offsetof(struct store_event, from_name) },
	{ 12, offsetof(struct store_event, from_address) },
	{ 13, offsetof(struct store_event, subject) },
	{ 14, offsetof(struct store_event, message_id) },
	{ 15, offsetof(struct store_event, thread_id) },
	{ 16, offsetof(struct store_event, list_id) },
	{ 17, offsetof(struct store_event, flags) },
	{ 18, offsetof(struct store_event, preview) },
	{ 19, offsetof(struct store_event, reason) },
	{ 21, offsetof(struct store_event, email_id) },
	{ 22, offsetof(struct store_event, labels) },
	{ 23, offsetof(struct store_event, auto_submitted) },
	{ 24, offsetof(struct store_event, precedence) },
};

static const char *text_at(const struct store_event *event, size_t i) {
	const char *text;
	memcpy(&text, (const char *)event + texts[i].offset, sizeof(text));
	return text;
}

bool store_event_fits(const struct store_event *event) {
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const char *text = text_at(event, i);
		if (text && strnlen(text, STORE_TEXT_MAX + 1) > STORE_TEXT_MAX)
			return false;
	}
	return true;
}

void store_event_bind(sqlite3_stmt *statement, const struct store_event *event) {
	store_sql_bind_number(statement, COLUMN_SEQ, event->seq);
	store_sql_bind_number(statement, COLUMN_TYPE, event->type);
	store_sql_bind_number(statement, COLUMN_UID, event->uid);
	store_sql_bind_number(statement, COLUMN_UIDVALIDITY, event->uidvalidity);
	store_sql_bind_number(statement, COLUMN_RECEIVED, event->received_usec);
	store_sql_bind_number(statement, COLUMN_DATE, event->date_usec);
	store_sql_bind_number(statement, COLUMN_SIZE, event->size);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (texts[i].column > COLUMN_SIZE)
			store_sql_bind_text(statement, texts[i].column, text_at(event, i));
}

void store_event_read(sqlite3_stmt *statement, struct store_event *ret) {
	*ret = (struct store_event){
		.seq = store_sql_column_number(statement, COLUMN_SEQ - 1),
		.type = (enum store_event_type)store_sql_column_number(statement, COLUMN_TYPE - 1),
		.uid = (uint32_t)store_sql_column_number(statement, COLUMN_UID - 1),
		.uidvalidity = (uint32_t)store_sql_column_number(statement, COLUMN_UIDVALIDITY - 1),
		.received_usec = store_sql_column_number(statement, COLUMN_RECEIVED - 1),
		.date_usec = store_sql_column_number(statement, COLUMN_DATE - 1),
		.size = store_sql_column_number(statement, COLUMN_SIZE - 1),
	};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const unsigned char *text = sqlite3_column_text(statement, texts[i].column - 1);
		memcpy((char *)ret + texts[i].offset, &text, sizeof(text));
	}
}

int store_event_find_copy(struct store_sql *sql, const struct store_event *event) {
	sqlite3_stmt *statement = store_sql_get(sql, STORE_SQL_EVENT_COPY);
	store_sql_bind_text(statement, 1, event->account);
	store_sql_bind_text(statement, 2, event->email_id);
	store_sql_bind_text(statement, 3, event->message_id);
	store_sql_bind_text(statement, 4, event->mailbox);
	int r = store_sql_step(statement);
	store_sql_reset(statement);
	return r;
}

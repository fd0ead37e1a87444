#pragma once
/* Writing and reading the bodies of D-Bus messages. libdbus aborts the process on invalid UTF-8
 * and says FALSE when memory is out; both end here: every text passes text_utf8() on its way in,
 * and no memory is an abort, so callers have no error branches. Reading is strict: the type is
 * asked for, and what was read is borrowed from the message. */
#include <dbus/dbus.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

/* Longer texts are cut between two code points. */
#define MESSAGE_TEXT_MAX (16 * 1024)
/* What we put into one message, but for GetManagedObjects; writers that loop ask
 * message_writer_is_full() before each round and overshoot by one round at most. */
#define MESSAGE_BODY_MAX (1024 * 1024)

/* NULL-safe dbus_message_unref() for CLEANUP(message_free). */
DBusMessage *message_free(DBusMessage *m);
DEFINE_CLEANUP(DBusMessage, message_free);

/* All of these abort when memory is out. Names and paths are the caller's promise. */
DBusMessage *message_new_call(
	const char *destination, const char *path, const char *interface, const char *member);
/* To the bus itself; `argument` is a text, or NULL: none. */
DBusMessage *message_new_bus_call(const char *member, const char *argument);
DBusMessage *message_new_signal(const char *path, const char *interface, const char *member);
DBusMessage *message_new_reply(DBusMessage *call);
DBusMessage *message_new_error(DBusMessage *call, const char *name, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* A writer at one level of a message; must not be moved while a level below it is open. */
struct message_writer {
	DBusMessageIter iter;
	struct message_writer *root;
	size_t n_bytes; /* root only: the size of the body so far, rounded up */
};

void message_writer_init(struct message_writer *w, DBusMessage *m);
bool message_writer_is_full(const struct message_writer *w);
size_t message_writer_size(const struct message_writer *w);

void message_write_string(struct message_writer *w, const char *text); /* NULL is "" */
void message_write_path(struct message_writer *w, const char *path); /* must be valid */
void message_write_u32(struct message_writer *w, uint32_t value);
void message_write_u64(struct message_writer *w, uint64_t value);
void message_write_double(struct message_writer *w, double value);
/* "ay" */
void message_write_bytes(struct message_writer *w, const uint8_t *bytes, size_t n);
void message_write_boolean(struct message_writer *w, bool value);
/* "as" from a NULL-terminated list; NULL is the empty one */
void message_write_strings(struct message_writer *w, const char *const *list);
/* "as" from words between blanks */
void message_write_words(struct message_writer *w, const char *words);

/* Levels: `type` is DBUS_TYPE_ARRAY, _VARIANT (with the signature inside), _STRUCT or
 * _DICT_ENTRY (without: NULL). Each open has its close. */
void message_write_open(
	struct message_writer *w, int type, const char *contents, struct message_writer *ret);
void message_write_close(struct message_writer *w, struct message_writer *child);

/* The a{sv}: open, entries, close. An entry with a NULL text is left out. */
void message_write_open_dict(struct message_writer *w, struct message_writer *ret);
void message_write_entry_string(struct message_writer *dict, const char *key, const char *text);
void message_write_entry_boolean(struct message_writer *dict, const char *key, bool value);
void message_write_entry_u32(struct message_writer *dict, const char *key, uint32_t value);
void message_write_entry_u64(struct message_writer *dict, const char *key, uint64_t value);
void message_write_entry_words(struct message_writer *dict, const char *key, const char *words);
/* "as" from lines, which may hold blanks */
void message_write_entry_lines(struct message_writer *dict, const char *key, const char *lines);

/* A reader at one level. Every read returns 0 and goes on, or -EBADMSG (another type, or the end)
 * and stays. */
struct message_reader {
	DBusMessageIter iter;
};

void message_reader_init(struct message_reader *r, DBusMessage *m);
/* DBUS_TYPE_...; DBUS_TYPE_INVALID at the end of the level */
int message_reader_type(struct message_reader *r);

int message_read_string(struct message_reader *r, const char **ret); /* s, o or g */
int message_read_u32(struct message_reader *r, uint32_t *ret);
int message_read_u64(struct message_reader *r, uint64_t *ret);
int message_read_double(struct message_reader *r, double *ret);
int message_read_i32(struct message_reader *r, int32_t *ret);
int message_read_descriptor(struct message_reader *r, int *ret); /* h: yours, close-on-exec */
int message_read_bytes(struct message_reader *r, const uint8_t **ret, size_t *ret_n); /* ay */
int message_read_boolean(struct message_reader *r, bool *ret);
/* Into an array, variant, struct or dict entry; `r` goes on behind it. */
int message_read_enter(struct message_reader *r, int type, struct message_reader *ret);
/* The next entry of an a{sv} that was entered: 1 with its key and the content of its variant,
 * 0 at the end, -EBADMSG when it is no such thing. */
int message_read_entry(
	struct message_reader *r, const char **ret_key, struct message_reader *ret_value);
/* Over one value of any type. */
int message_read_skip(struct message_reader *r);

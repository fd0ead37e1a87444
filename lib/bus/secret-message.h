#pragma once
/* The messages of the Secret Service specification that both halves, the daemon's and the command
 * line's, send and read. Writers abort without memory, readers are strict. */
#include <dbus/dbus.h>

#include "bus/message.h"
#include "bus/secret-cipher.h"

#define SECRET_MESSAGE_NAME "org.freedesktop.secrets"
#define SECRET_MESSAGE_PATH "/org/freedesktop/secrets"
#define SECRET_MESSAGE_SERVICE "org.freedesktop.Secret.Service"
#define SECRET_MESSAGE_COLLECTION "org.freedesktop.Secret.Collection"
#define SECRET_MESSAGE_ITEM "org.freedesktop.Secret.Item"
#define SECRET_MESSAGE_SESSION "org.freedesktop.Secret.Session"
#define SECRET_MESSAGE_PROMPT "org.freedesktop.Secret.Prompt"
#define SECRET_MESSAGE_ERROR_LOCKED "org.freedesktop.Secret.Error.IsLocked"

/* a{ss} from name, value, ..., NULL */
void secret_message_write_attributes(struct message_writer *w, const char *const *attributes);
DBusMessage *secret_message_new_search(const char *const *attributes);
/* The first path of each list of SearchItems' answer; NULL when it is empty. -EBADMSG. */
int secret_message_read_search(
	DBusMessage *reply, const char **ret_unlocked, const char **ret_locked);

DBusMessage *secret_message_new_open_session(const struct secret_cipher *cipher);
/* Agrees on the key. The session's path is borrowed from the reply; -EBADMSG. */
int secret_message_read_open_session(
	DBusMessage *reply, struct secret_cipher *cipher, const char **ret_session);

/* The struct (oayays) that GetSecret answers and CreateItem takes. */
int secret_message_read_secret(DBusMessage *reply, struct secret_wire *ret);
void secret_message_write_secret(
	struct message_writer *w, const char *session, const struct secret_wire *wire);

/* An owned sentence for an error that the service or the bus gave. */
char *secret_message_explain(const char *error, const char *text);
bool secret_message_is_absent(const char *error);

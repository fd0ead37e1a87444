#pragma once
/* An account of GNOME Online Accounts (org.gnome.OnlineAccounts), as its object tells of it. */
#include <dbus/dbus.h>
#include <stdbool.h>

#define ONLINE_ACCOUNT_SERVICE "org.gnome.OnlineAccounts"
#define ONLINE_ACCOUNT_ROOT "/org/gnome/OnlineAccounts"
#define ONLINE_ACCOUNT_INTERFACE "org.gnome.OnlineAccounts.Account"
#define ONLINE_ACCOUNT_INTERFACE_TOKEN "org.gnome.OnlineAccounts.OAuth2Based"
#define ONLINE_ACCOUNT_INTERFACE_PASSWORD "org.gnome.OnlineAccounts.PasswordBased"

/* Texts are borrowed from the answer, never NULL. */
struct online_account {
	const char *path;
	const char *id; /* lasts as long as the account */
	const char *name; /* what the user knows it by, an address as a rule */
	const char *address; /* of its mail; "" when there is none */
	const char *host; /* of IMAP, may have ":port" behind it; "" when there is no IMAP */
	const char *user;
	bool has_imap; /* and its owner wants it to be used for mail */
	bool is_tls, is_starttls; /* neither: no encryption */
	bool has_token, has_password;
	bool needs_attention; /* the user must sign in again */
};

typedef void (*online_account_each_fn)(const struct online_account *account, void *userdata);

DBusMessage *online_account_new_list_call(void);
/* Each account in the answer to it; -EBADMSG when it cannot be understood, perhaps behind some. */
int online_account_read(DBusMessage *reply, online_account_each_fn each, void *userdata);

#pragma once
/* Private to the session: greeting, STARTTLS, capabilities, login. Rules of the clear part:
 * nothing but the four things that are legal there, and none of it outlives it. */
struct imap_reply;
struct imap_session;

void imap_login_on_greeting(struct imap_session *s, const struct imap_reply *reply);
/* Everything that the server says between our STARTTLS and TLS. */
void imap_login_on_clear_reply(struct imap_session *s, const struct imap_reply *reply);
void imap_login_begin(struct imap_session *s);
void imap_login_on_continuation(struct imap_session *s, const struct imap_reply *reply);
void imap_login_on_tagged(struct imap_session *s, const struct imap_reply *reply);
void imap_login_forget(struct imap_session *s);

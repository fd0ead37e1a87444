#pragma once
/* Every name of the D-Bus contract, once. Plain macros, so that code on libdbus and code on GDBus
 * say the same words; what they mean stands in the XML files beside this header. */

#define BUS_NAME "org.posthorn.Posthorn1"
#define BUS_PATH "/org/posthorn/Posthorn1"
/* An account's object is this and its id, escaped (object-path.h). */
#define BUS_PATH_ACCOUNT "/org/posthorn/Posthorn1/account"

#define BUS_INTERFACE_MANAGER "org.posthorn.Posthorn1.Manager"
#define BUS_INTERFACE_ACCOUNT "org.posthorn.Posthorn1.Account"
#define BUS_INTERFACE_METRICS "org.posthorn.Posthorn1.Metrics"

/* Manager */
#define BUS_METHOD_READ_EVENTS "ReadEvents"
#define BUS_METHOD_LIST_ACCOUNTS "ListAccounts"
#define BUS_METHOD_CHECK_NOW "CheckNow" /* of an account too */
#define BUS_METHOD_RELOAD "Reload"
#define BUS_METHOD_SUBSCRIBE "Subscribe"
#define BUS_METHOD_UNSUBSCRIBE "Unsubscribe"
#define BUS_PROPERTY_VERSION "Version"
#define BUS_PROPERTY_UNSEEN "Unseen" /* of an account too */
#define BUS_PROPERTY_ACCOUNTS_ONLINE "AccountsOnline"
#define BUS_PROPERTY_ACCOUNTS_FAILED "AccountsFailed"
#define BUS_PROPERTY_LAST_SEQUENCE "LastSequence"
#define BUS_SIGNAL_NEW_MAIL "NewMail"
#define BUS_SIGNAL_MAIL_RETIRED "MailRetired"
#define BUS_SIGNAL_MAILBOX_RESET "MailboxReset"
#define BUS_SIGNAL_LAGGED "Lagged"

/* Metrics */
#define BUS_METHOD_GET_METRICS "GetMetrics"

/* Account */
#define BUS_METHOD_MARK_SEEN "MarkSeen"
#define BUS_METHOD_PAUSE "Pause"
#define BUS_METHOD_RESUME "Resume"
#define BUS_METHOD_LIST_MAILBOXES "ListMailboxes"
#define BUS_PROPERTY_ID "Id"
#define BUS_PROPERTY_NAME "Name"
#define BUS_PROPERTY_PROTOCOL "Protocol"
#define BUS_PROPERTY_HOST "Host"
#define BUS_PROPERTY_USER "User"
#define BUS_PROPERTY_STATE "State"
#define BUS_PROPERTY_REASON "Reason"
#define BUS_PROPERTY_REASON_TEXT "ReasonText"
#define BUS_PROPERTY_STRATEGY "Strategy"
#define BUS_PROPERTY_TOTAL "Total"
#define BUS_PROPERTY_LAST_CONTACT "LastContact"
#define BUS_PROPERTY_RETRY_AT "RetryAt"

/* Keys of an event: the a{sv} of NewMail, MailRetired and MailboxReset, and of ReadEvents, where `type` tells
 * them apart. What is not known is left out; readers ignore keys that they do not know. */
#define BUS_KEY_TYPE "type" /* s: new, retired, reset; ReadEvents only */
#define BUS_KEY_SEQ "seq" /* t */
#define BUS_KEY_ID "id" /* s */
#define BUS_KEY_ACCOUNT "account" /* s */
#define BUS_KEY_MAILBOX "mailbox" /* s */
#define BUS_KEY_UID "uid" /* u */
#define BUS_KEY_UIDVALIDITY "uidvalidity" /* u */
#define BUS_KEY_RECEIVED "received" /* t, usec */
#define BUS_KEY_DATE "date" /* t, usec */
#define BUS_KEY_FROM_NAME "from_name" /* s */
#define BUS_KEY_FROM_ADDRESS "from_address" /* s */
#define BUS_KEY_SUBJECT "subject" /* s */
#define BUS_KEY_MESSAGE_ID "message_id" /* s */
#define BUS_KEY_THREAD_ID "thread_id" /* s */
#define BUS_KEY_EMAIL_ID "email_id" /* s */
#define BUS_KEY_LIST_ID "list_id" /* s */
#define BUS_KEY_AUTO_SUBMITTED "auto_submitted" /* s */
#define BUS_KEY_PRECEDENCE "precedence" /* s */
#define BUS_KEY_FLAGS "flags" /* as */
#define BUS_KEY_LABELS "labels" /* as */
#define BUS_KEY_SIZE "size" /* t */
#define BUS_KEY_PREVIEW "preview" /* s */
#define BUS_KEY_REASON "reason" /* s */

/* Keys of a mailbox: the a{sv} of ListMailboxes. */
#define BUS_MAILBOX_NAME "name" /* s */
#define BUS_MAILBOX_SPECIAL_USE "special_use" /* s */
#define BUS_MAILBOX_WATCHED "watched" /* b */
#define BUS_MAILBOX_STATE "state" /* s: here, gone, refused */
#define BUS_MAILBOX_TOTAL "total" /* u */
#define BUS_MAILBOX_UNSEEN "unseen" /* u */

#define BUS_TYPE_NEW "new"
#define BUS_TYPE_RETIRED "retired"
#define BUS_TYPE_RESET "reset"

#define BUS_ERROR_SEQUENCE_GONE "org.posthorn.Posthorn1.Error.SequenceGone"
#define BUS_ERROR_NO_SUCH_ACCOUNT "org.posthorn.Posthorn1.Error.NoSuchAccount"
#define BUS_ERROR_NO_SUCH_MESSAGE "org.posthorn.Posthorn1.Error.NoSuchMessage"
#define BUS_ERROR_READ_ONLY "org.posthorn.Posthorn1.Error.ReadOnly"
#define BUS_ERROR_NOT_SUPPORTED "org.posthorn.Posthorn1.Error.NotSupported"
#define BUS_ERROR_OFFLINE "org.posthorn.Posthorn1.Error.Offline"
#define BUS_ERROR_REFUSED "org.posthorn.Posthorn1.Error.Refused"

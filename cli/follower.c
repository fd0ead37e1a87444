#include "cli/follower.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "bus/message.h"
#include "bus/names.h"
#include "cli/account-list.h"
#include "cli/exit-code.h"
#include "cli/output.h"
#include "cli/record-reader.h"
#include "cli/session.h"
#include "config/language.h"

#define EVENTS_A_PAGE 500
/* Between two attempts to reach a bus that went away; the longer one also before a daemon that
 * did not answer is asked again. */
#define RETRY_MIN_USEC (250 * USEC_PER_MSEC)
#define RETRY_MAX_USEC (10 * USEC_PER_SEC)

struct follower {
	struct follower_options options;
	struct client *client; /* owned; NULL: no bus */
	uint64_t retry_usec; /* the delay before the next attempt to reach a bus */
	uint64_t due_usec; /* for it, or for asking the daemon again; USEC_NEVER: nothing waits */
	uint64_t position;
	bool is_positioned; /* false while FOLLOWER_FROM_NOW has not become a number */
	bool is_behind;
	uint64_t after; /* where the log is read on; apart from the position after a gap only */
	DBusMessage *page; /* owned; the log's answer that is being told */
	struct message_reader events; /* in it */
	uint64_t page_last;
	struct record *keys; /* owned; of the event at hand */
	int exit_code;
};

static bool is_system(const struct follower *f) {
	return arguments_has(f->options.arguments, OPTION_SYSTEM);
}

static enum follower_news fail(struct follower *f, int exit_code) {
	f->exit_code = exit_code;
	return FOLLOWER_FAILED;
}

static enum follower_news fail_at_answer(struct follower *f) {
	return fail(f, session_complain(f->options.arguments, -EBADMSG, NULL));
}

static bool may_pass(int r) {
	return r == -ESRCH || r == -ETIMEDOUT || r == -ENOTCONN;
}

static void drop_page(struct follower *f) {
	f->page = message_free(f->page);
}

static void fall_behind(struct follower *f) {
	drop_page(f);
	f->is_behind = true;
	f->after = f->position;
}

static void lose_bus(struct follower *f, uint64_t now_usec) {
	fall_behind(f);
	f->client = client_free(f->client);
	f->retry_usec = RETRY_MIN_USEC;
	f->due_usec = now_usec + f->retry_usec;
}

/* 0, or what client_open() and client_follow() say. The signals are asked for before anything is
 * read, so that nothing falls between. */
static int connect_bus(struct follower *f, char **ret_problem) {
	CLEANUP(client_free) struct client *client = NULL;
	int r = client_open(is_system(f), &client, ret_problem);
	if (r == 0)
		r = client_follow(client, ret_problem);
	if (r == 0)
		f->client = TAKE_PTR(client);
	return r;
}

/* Nothing is said until there is a bus again. */
static void reconnect(struct follower *f, uint64_t now_usec) {
	CLEANUP_TEXT char *problem = NULL;
	if (connect_bus(f, &problem) == 0) {
		output_complain(_("The bus is back"));
		f->due_usec = USEC_NEVER;
		return;
	}
	f->retry_usec = MIN(2 * f->retry_usec, RETRY_MAX_USEC);
	f->due_usec = now_usec + f->retry_usec;
}

/* What a call that failed means for what follows: nothing yet, or the end. */
static enum follower_news take_failure(
	struct follower *f, int r, const char *problem, uint64_t now_usec) {
	bool can_wait = f->options.follows && may_pass(r);
	if (!can_wait)
		return fail(f, session_complain(f->options.arguments, r, problem));
	if (r == -ENOTCONN) {
		output_complain(_("The bus is gone, waiting for it to come back"));
		lose_bus(f, now_usec);
	} else {
		f->due_usec = now_usec + RETRY_MAX_USEC;
	}
	return FOLLOWER_NOTHING;
}

/* The number of the last event, behind which everything is new to somebody who did not ask for
 * older ones. */
static enum follower_news load_position(struct follower *f, uint64_t now_usec) {
	CLEANUP(message_free) DBusMessage *reply = NULL;
	CLEANUP_TEXT char *problem = NULL;
	DBusMessage *call = message_new_call(BUS_NAME, BUS_PATH, DBUS_INTERFACE_PROPERTIES, "Get");
	struct message_writer writer;
	message_writer_init(&writer, call);
	message_write_string(&writer, BUS_INTERFACE_MANAGER);
	message_write_string(&writer, BUS_PROPERTY_LAST_SEQUENCE);
	int r = client_call(f->client, call, SESSION_TIMEOUT_USEC, &reply, &problem);
	if (r < 0)
		return take_failure(f, r, problem, now_usec);
	struct message_reader reader, value;
	message_reader_init(&reader, reply);
	if (message_read_enter(&reader, DBUS_TYPE_VARIANT, &value) < 0 ||
		message_read_u64(&value, &f->position) < 0)
		return fail_at_answer(f);
	f->is_positioned = true;
	f->after = f->position;
	return FOLLOWER_POSITION;
}

/* aa{sv} t, not yet read. The number behind the events is read first, from a second reader. */
static int open_page(struct follower *f, DBusMessage *reply) {
	struct message_reader r;
	message_reader_init(&r, reply);
	if (message_read_enter(&r, DBUS_TYPE_ARRAY, &f->events) < 0 ||
		message_read_u64(&r, &f->page_last) < 0)
		return -EBADMSG;
	f->page = reply;
	return 0;
}

/* FOLLOWER_EVENT: there is a page. FOLLOWER_END: nothing is left. Where the log begins later it is
 * read from 0, which the daemon never refuses; the position sorts out what was told before. */
static enum follower_news load_page(struct follower *f, uint64_t now_usec) {
	CLEANUP(message_free) DBusMessage *reply = NULL;
	CLEANUP_TEXT char *problem = NULL;
	DBusMessage *call =
		message_new_call(BUS_NAME, BUS_PATH, BUS_INTERFACE_MANAGER, BUS_METHOD_READ_EVENTS);
	struct message_writer writer;
	message_writer_init(&writer, call);
	message_write_u64(&writer, f->after);
	message_write_u32(&writer, EVENTS_A_PAGE);
	int r = client_call(f->client, call, SESSION_TIMEOUT_USEC, &reply, &problem);
	if (r == -ESTALE && f->after > 0) {
		output_complain(_("Events after %" PRIu64 " are no longer in the log, "
				  "going on with the oldest one that is"),
			f->after);
		f->after = 0;
		return FOLLOWER_GAP;
	}
	if (r < 0)
		return take_failure(f, r, problem, now_usec);
	if (open_page(f, reply) < 0)
		return fail_at_answer(f);
	(void)TAKE_PTR(reply);
	if (message_reader_type(&f->events) == DBUS_TYPE_INVALID) {
		drop_page(f);
		f->position = MAX(f->position, f->page_last);
		return FOLLOWER_END;
	}
	return f->page_last > f->after ? FOLLOWER_EVENT : fail_at_answer(f);
}

static struct record *fresh_keys(struct follower *f) {
	f->keys = record_free(f->keys);
	return f->keys = record_new();
}

/* False: it was told before. */
static bool tell(struct follower *f, const struct event *event, struct event *ret) {
	if (event->seq <= f->position)
		return false;
	f->position = event->seq;
	*ret = *event;
	return true;
}

/* The next event of the page; FOLLOWER_END: it is told. A type that this version does not know is
 * passed over. */
static enum follower_news next_of_page(struct follower *f, struct event *ret) {
	while (message_reader_type(&f->events) != DBUS_TYPE_INVALID) {
		struct event event = { .keys = fresh_keys(f) };
		if (record_reader_read(&f->events, f->keys) < 0)
			return fail_at_answer(f);
		const char *type = record_text(f->keys, BUS_KEY_TYPE);
		event.seq = record_unsigned(f->keys, BUS_KEY_SEQ, 0);
		if (type && event_type_from_string(type, &event.type) && tell(f, &event, ret))
			return FOLLOWER_EVENT;
	}
	f->after = f->page_last;
	drop_page(f);
	return FOLLOWER_END;
}

/* From the log, until there is nothing left in it. FOLLOWER_END: we are behind no more. */
static enum follower_news next_of_log(struct follower *f, uint64_t now_usec, struct event *ret) {
	for (;;) {
		if (f->page) {
			enum follower_news news = next_of_page(f, ret);
			if (news != FOLLOWER_END)
				return news;
		}
		enum follower_news news = load_page(f, now_usec);
		if (news != FOLLOWER_EVENT)
			return news;
	}
}

/* t o a{sv}. False: it says nothing new, or cannot be read and is left to the log. */
static bool take_signal(struct follower *f, DBusMessage *m, struct event *ret) {
	static const struct {
		const char *member;
		enum event_type type;
	} members[] = {
		{ BUS_SIGNAL_NEW_MAIL, EVENT_NEW },
		{ BUS_SIGNAL_MAIL_RETIRED, EVENT_RETIRED },
		{ BUS_SIGNAL_MAILBOX_RESET, EVENT_RESET },
	};
	size_t i = 0;
	/* more than is signalled one by one */
	if (dbus_message_is_signal(m, BUS_INTERFACE_MANAGER, BUS_SIGNAL_LAGGED))
		fall_behind(f);
	while (i < ARRAY_SIZE(members) &&
		!dbus_message_is_signal(m, BUS_INTERFACE_MANAGER, members[i].member))
		i++;
	if (i == ARRAY_SIZE(members) || f->is_behind)
		return false;

	struct event event = { .type = members[i].type, .keys = fresh_keys(f) };
	struct message_reader r;
	const char *path;
	message_reader_init(&r, m);
	if (message_read_u64(&r, &event.seq) < 0 || message_read_string(&r, &path) < 0 ||
		record_reader_read(&r, f->keys) < 0) {
		fall_behind(f);
		return false;
	}
	return tell(f, &event, ret);
}

static bool take_client_event(
	struct follower *f, const struct client_event *event, struct event *ret) {
	switch (event->kind) {
	case CLIENT_EVENT_SIGNAL:
		return take_signal(f, event->signal, ret);
	case CLIENT_EVENT_APPEARED:
		output_complain(_("The daemon is back"));
		f->due_usec = USEC_NEVER;
		fall_behind(f);
		break;
	case CLIENT_EVENT_VANISHED:
		output_complain(_("The daemon has ended, waiting for it to come back"));
		fall_behind(f);
		break;
	}
	return false;
}

static bool can_read_log(const struct follower *f, uint64_t now_usec) {
	return f->is_behind && client_is_daemon_present(f->client) &&
	       (f->due_usec == USEC_NEVER || now_usec >= f->due_usec);
}

static enum follower_news next_of_bus(struct follower *f, uint64_t now_usec, struct event *ret) {
	for (;;) {
		struct client_event event;
		int r = client_next(f->client, 0, &event);
		if (r == 0)
			return FOLLOWER_NOTHING;
		if (r < 0)
			return take_failure(f, r, _("it was closed"), now_usec);
		if (take_client_event(f, &event, ret))
			return FOLLOWER_EVENT;
		if (can_read_log(f, now_usec))
			return FOLLOWER_END;
	}
}

enum follower_news follower_next(struct follower *f, uint64_t now_usec, struct event *ret) {
	for (;;) {
		enum follower_news news;
		if (!f->client) {
			if (now_usec < f->due_usec)
				return FOLLOWER_NOTHING;
			reconnect(f, now_usec);
			if (!f->client)
				return FOLLOWER_NOTHING;
		}
		if (can_read_log(f, now_usec)) {
			f->due_usec = USEC_NEVER;
			news = f->is_positioned ? next_of_log(f, now_usec, ret)
						: load_position(f, now_usec);
			/* What came before an answer is read with it: no poll() tells of that. */
			bool may_be_news = news == FOLLOWER_NOTHING && f->client;
			if (news != FOLLOWER_END && !may_be_news)
				return news;
			f->is_behind = news != FOLLOWER_END;
			if (news == FOLLOWER_END && !f->options.follows)
				return FOLLOWER_END;
		}
		news = next_of_bus(f, now_usec, ret);
		if (news != FOLLOWER_END)
			return news;
	}
}

void follower_skip(struct follower *f) {
	struct client_event event;
	struct event unused;
	if (!f->client)
		return;
	if (!f->is_behind)
		fall_behind(f);
	while (client_next(f->client, 0, &event) > 0)
		(void)take_client_event(f, &event, &unused);
}

/* At the beginning, where an error of the caller's is told from one that passes. */
static int take_no_connection(struct follower *f, int r, const char *problem) {
	bool passes = r != -EACCES && r != -EPERM;
	if (!passes || (!f->options.is_patient && r != -ENOTCONN))
		return session_complain(f->options.arguments, r, problem);
	if (!f->options.is_patient)
		return session_complain_about_bus(f->options.arguments, problem);
	output_complain(r == -ENOTCONN ? _("There is no bus, waiting for it: %s")
				       : _("The daemon cannot be followed, waiting for it: %s"),
		problem);
	f->retry_usec = RETRY_MIN_USEC;
	f->due_usec = 0;
	return EXIT_CODE_OK;
}

int follower_new(const struct follower_options *options, struct follower **ret) {
	CLEANUP(follower_free) struct follower *f = MEMORY_NEW(struct follower);
	CLEANUP_TEXT char *problem = NULL;
	f->options = *options;
	f->is_positioned = options->position != FOLLOWER_FROM_NOW;
	f->position = f->is_positioned ? options->position : 0;
	f->due_usec = USEC_NEVER;
	fall_behind(f);
	int r = connect_bus(f, &problem);
	if (r < 0) {
		int code = take_no_connection(f, r, problem);
		if (code != EXIT_CODE_OK)
			return code;
	} else if (!client_is_daemon_present(f->client)) {
		if (!options->is_patient)
			return session_complain(options->arguments, -ESRCH, "");
		output_complain(_("The daemon does not run, waiting for it"));
	} else {
		account_list_warn(f->client, SESSION_TIMEOUT_USEC, options->arguments);
	}
	*ret = TAKE_PTR(f);
	return EXIT_CODE_OK;
}

struct follower *follower_free(struct follower *f) {
	if (!f)
		return NULL;
	drop_page(f);
	(void)record_free(f->keys);
	(void)client_free(f->client);
	return memory_free(f);
}

struct record *follower_take_keys(struct follower *f) {
	return TAKE_PTR(f->keys);
}

int follower_descriptor(const struct follower *f) {
	return f->client ? client_descriptor(f->client) : -1;
}

uint64_t follower_deadline_usec(const struct follower *f) {
	return f->due_usec;
}

int follower_exit_code(const struct follower *f) {
	return f->exit_code;
}

uint64_t follower_position(const struct follower *f) {
	return f->position;
}

/* Follows the log of events. One rule makes it whole: while we are behind, what comes by signal is
 * left to the log, which has it already. We are behind at the start, when the daemon or the bus
 * has come back, and as long as the daemon does not answer. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "bus/message.h"
#include "bus/names.h"
#include "cli/event.h"
#include "cli/exit-code.h"
#include "cli/output.h"
#include "cli/record-reader.h"
#include "cli/session.h"
#include "cli/verbs.h"

#define EVENTS_A_PAGE 1000
/* Between two attempts to reach a bus that went away; the longer one also before a daemon that
 * did not answer is asked again. */
#define RETRY_MIN_USEC (250 * USEC_PER_MSEC)
#define RETRY_MAX_USEC (10 * USEC_PER_SEC)

struct watch {
	const struct arguments *arguments; /* borrowed */
	struct client *client; /* owned; NULL only inside reconnect() */
	struct event_filter filter;
	uint64_t position; /* seq of the last event that was shown or passed over */
	bool behind;
	bool follows;
	bool json;
	bool color;
	int exit_code; /* for -ECANCELED, which every function here returns at the end */
};

static int end(struct watch *w, int exit_code) {
	w->exit_code = exit_code;
	return -ECANCELED;
}

static int show(struct watch *w, const struct event *event) {
	if (event->seq <= w->position)
		return 0;
	w->position = event->seq;
	if (!event_filter_admits(&w->filter, event))
		return 0;
	struct buffer out;
	buffer_init(&out, OUTPUT_MAX);
	if (w->json)
		event_print_json(event, &out);
	else
		event_print_line(event, w->color, &out);
	int r = output_write(&out);
	buffer_deinit(&out);
	return r < 0 ? end(w, output_exit_code(r)) : 0;
}

/* A type that this version does not know is passed over. */
static int show_logged(struct watch *w, const struct record *keys) {
	struct event event = { .keys = keys, .seq = record_unsigned(keys, BUS_KEY_SEQ, 0) };
	const char *type = record_text(keys, BUS_KEY_TYPE);
	if (!type || !event_type_from_string(type, &event.type))
		return 0;
	return show(w, &event);
}

/* aa{sv} t. -EBADMSG, or -ECANCELED. */
static int show_page(struct watch *w, DBusMessage *reply, size_t *ret_n, uint64_t *ret_last) {
	struct message_reader r, list;
	size_t n = 0;
	message_reader_init(&r, reply);
	if (message_read_enter(&r, DBUS_TYPE_ARRAY, &list) < 0)
		return -EBADMSG;
	for (; message_reader_type(&list) != DBUS_TYPE_INVALID; n++) {
		CLEANUP(record_free) struct record *keys = record_new();
		int result = record_reader_read(&list, keys);
		if (result == 0)
			result = show_logged(w, keys);
		if (result < 0)
			return result;
	}
	*ret_n = n;
	return message_read_u64(&r, ret_last);
}

static bool may_pass(int r) {
	return r == -ESRCH || r == -ETIMEDOUT || r == -ENOTCONN;
}

/* -ESTALE: the log begins behind `after`; what may_pass() when we follow; everything else is the end. */
static int read_page(struct watch *w, uint64_t after, size_t *ret_n, uint64_t *ret_last) {
	CLEANUP(message_free) DBusMessage *reply = NULL;
	CLEANUP_TEXT char *problem = NULL;
	DBusMessage *call =
		message_new_call(BUS_NAME, BUS_PATH, BUS_INTERFACE_MANAGER, BUS_METHOD_READ_EVENTS);
	struct message_writer writer;
	message_writer_init(&writer, call);
	message_write_u64(&writer, after);
	message_write_u32(&writer, EVENTS_A_PAGE);

	int r = client_call(w->client, call, SESSION_TIMEOUT_USEC, &reply, &problem);
	if ((r == -ESTALE && after > 0) || (w->follows && may_pass(r)))
		return r;
	if (r < 0)
		return end(w, session_complain(w->arguments, r, problem));
	r = show_page(w, reply, ret_n, ret_last);
	if (r == -EBADMSG || (r == 0 && *ret_n > 0 && *ret_last <= after)) {
		output_complain("The daemon's answer cannot be understood");
		return end(w, EXIT_CODE_REFUSED);
	}
	return r;
}

/* Shows all that the log holds behind the position. Where the log begins later it is read from 0,
 * which the daemon never refuses; the position sorts out what was shown before. */
static int catch_up(struct watch *w) {
	uint64_t after = w->position;
	for (;;) {
		size_t n = 0;
		uint64_t last = 0;
		int r = read_page(w, after, &n, &last);
		if (r == -ESTALE) {
			output_complain("Events after %" PRIu64 " are no longer in the log, "
					"going on with the oldest one that is",
				after);
			after = 0;
			continue;
		}
		if (r < 0)
			return r;
		if (n == 0)
			break;
		after = last;
	}
	w->behind = false;
	return 0;
}

/* Nothing to read from us, but poll() tells of every descriptor when its other end has gone. */
static bool has_no_reader(const struct pollfd *output) {
	return output->revents & (POLLERR | POLLHUP | POLLNVAL);
}

static int to_msec(uint64_t usec) {
	return usec / USEC_PER_MSEC < INT_MAX ? (int)(usec / USEC_PER_MSEC) : -1;
}

/* 1: an event of the bus; 0: none in time; -ENOTCONN: no bus any more. */
static int wait_for_event(struct watch *w, uint64_t timeout_usec, struct client_event *ret) {
	struct pollfd fds[] = {
		{ .fd = STDOUT_FILENO },
		{ .fd = client_descriptor(w->client), .events = POLLIN },
	};
	for (;;) {
		int r = client_next(w->client, 0, ret);
		if (r != 0)
			return r;
		r = poll(fds, ARRAY_SIZE(fds), to_msec(timeout_usec));
		if (r == 0)
			return 0;
		if (r > 0 && has_no_reader(&fds[0]))
			return end(w, EXIT_CODE_OK);
	}
}

static int pause_for(struct watch *w, uint64_t usec) {
	struct pollfd output = { .fd = STDOUT_FILENO };
	if (poll(&output, 1, to_msec(usec)) > 0 && has_no_reader(&output))
		return end(w, EXIT_CODE_OK);
	return 0;
}

static int reconnect(struct watch *w) {
	output_complain("The bus is gone, waiting for it to come back");
	for (uint64_t delay = RETRY_MIN_USEC;; delay = MIN(2 * delay, RETRY_MAX_USEC)) {
		CLEANUP_TEXT char *no_bus = NULL;
		CLEANUP_TEXT char *no_signals = NULL;
		w->client = client_free(w->client);
		int r = pause_for(w, delay);
		if (r < 0)
			return r;
		bool system = arguments_has(w->arguments, OPTION_SYSTEM);
		if (client_open(system, &w->client, &no_bus) == 0 &&
			client_follow(w->client, &no_signals) == 0)
			break;
	}
	output_complain("The bus is back");
	w->behind = true;
	return 0;
}

/* t o a{sv}. What cannot be read is left to the log. */
static int take_signal(struct watch *w, DBusMessage *m) {
	static const struct {
		const char *member;
		enum event_type type;
	} members[] = {
		{ BUS_SIGNAL_NEW_MAIL, EVENT_NEW },
		{ BUS_SIGNAL_MAILBOX_RESET, EVENT_RESET },
	};
	size_t i = 0;
	while (i < ARRAY_SIZE(members) &&
		!dbus_message_is_signal(m, BUS_INTERFACE_MANAGER, members[i].member))
		i++;
	if (i == ARRAY_SIZE(members) || w->behind)
		return 0;

	CLEANUP(record_free) struct record *keys = record_new();
	struct event event = { .type = members[i].type, .keys = keys };
	struct message_reader r;
	const char *path;
	message_reader_init(&r, m);
	if (message_read_u64(&r, &event.seq) < 0 || message_read_string(&r, &path) < 0 ||
		record_reader_read(&r, keys) < 0) {
		w->behind = true;
		return 0;
	}
	return show(w, &event);
}

static int take_event(struct watch *w, const struct client_event *event) {
	switch (event->kind) {
	case CLIENT_EVENT_SIGNAL:
		return take_signal(w, event->signal);
	case CLIENT_EVENT_APPEARED:
		output_complain("The daemon is back");
		w->behind = true;
		break;
	case CLIENT_EVENT_VANISHED:
		output_complain("The daemon has ended, waiting for it to come back");
		w->behind = true;
		break;
	}
	return 0;
}

/* Ends only by -ECANCELED. */
static int follow(struct watch *w) {
	for (;;) {
		struct client_event event;
		uint64_t timeout_usec = USEC_NEVER;
		int r = 0;
		if (w->behind && client_is_daemon_present(w->client))
			r = catch_up(w);
		if (r == -ESRCH || r == -ETIMEDOUT) {
			timeout_usec = RETRY_MAX_USEC;
			r = 0;
		}
		if (r == 0)
			r = wait_for_event(w, timeout_usec, &event);
		if (r == -ENOTCONN)
			r = reconnect(w);
		else if (r > 0)
			r = take_event(w, &event);
		if (r < 0)
			return r;
	}
}

/* The number of the last event, behind which everything is new to somebody who did not ask for
 * older ones. */
static int load_position(struct watch *w) {
	CLEANUP(message_free) DBusMessage *reply = NULL;
	DBusMessage *call = message_new_call(BUS_NAME, BUS_PATH, DBUS_INTERFACE_PROPERTIES, "Get");
	struct message_writer writer;
	message_writer_init(&writer, call);
	message_write_string(&writer, BUS_INTERFACE_MANAGER);
	message_write_string(&writer, BUS_PROPERTY_LAST_SEQUENCE);
	int code = session_call(w->client, w->arguments, call, &reply);
	if (code != 0)
		return end(w, code);
	struct message_reader r, value;
	message_reader_init(&r, reply);
	if (message_read_enter(&r, DBUS_TYPE_VARIANT, &value) < 0 ||
		message_read_u64(&value, &w->position) < 0) {
		output_complain("The daemon's answer cannot be understood");
		return end(w, EXIT_CODE_REFUSED);
	}
	return 0;
}

/* The signals are asked for before anything is read, so that nothing falls between. */
static int start(struct watch *w) {
	CLEANUP_TEXT char *problem = NULL;
	int code = session_open(w->arguments, &w->client);
	if (code != 0)
		return end(w, code);
	int r = client_follow(w->client, &problem);
	if (r == 0 && !client_is_daemon_present(w->client))
		r = -ESRCH;
	if (r < 0)
		return end(w, session_complain(w->arguments, r, problem));
	if (w->follows && !arguments_has(w->arguments, OPTION_SINCE))
		return load_position(w);
	return 0;
}

static int parse_arguments(struct watch *w, const struct arguments *arguments) {
	CLEANUP_TEXT char *problem = NULL;
	const char *since = arguments_value(arguments, OPTION_SINCE);
	if (since && number_parse_u64(since, strlen(since), &w->position) < 0) {
		output_complain("'%s' is no number of an event", since);
		return end(w, EXIT_CODE_USAGE);
	}
	if (event_filter_parse(arguments, &w->filter, &problem) < 0) {
		output_complain("%s", problem);
		return end(w, EXIT_CODE_USAGE);
	}
	w->follows = !arguments_has(arguments, OPTION_NO_FOLLOW);
	w->json = arguments_has(arguments, OPTION_JSON);
	w->color = output_wants_color();
	return 0;
}

int verb_watch(const struct arguments *arguments) {
	struct watch w = { .arguments = arguments, .behind = true };
	int r = parse_arguments(&w, arguments);
	if (r == 0)
		r = start(&w);
	if (r == 0)
		(void)(w.follows ? follow(&w) : catch_up(&w));
	w.client = client_free(w.client);
	return w.exit_code;
}

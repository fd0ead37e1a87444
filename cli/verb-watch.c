/* Shows events until nobody reads them any more, and waits for one. */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/memory.h"
#include "cli/clock.h"
#include "cli/event.h"
#include "cli/exit-code.h"
#include "cli/follower.h"
#include "cli/option-value.h"
#include "cli/output.h"
#include "cli/verbs.h"

struct watch {
	struct follower *follower; /* owned */
	struct event_filter filter;
	uint64_t deadline_usec; /* of the whole; USEC_NEVER: none */
	bool only_one; /* ends after the first event */
	bool json;
	bool color;
	int exit_code; /* for -ECANCELED, which every function here returns at the end */
};

static int end(struct watch *w, int exit_code) {
	w->exit_code = exit_code;
	return -ECANCELED;
}

static int show(struct watch *w, const struct event *event) {
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
	if (r < 0)
		return end(w, output_exit_code(r));
	return w->only_one ? end(w, EXIT_CODE_OK) : 0;
}

/* Nothing to read from us, but poll() tells of every descriptor when its other end has gone. */
static bool has_no_reader(const struct pollfd *output) {
	return output->revents & (POLLERR | POLLHUP | POLLNVAL);
}

static int wait_for_more(struct watch *w) {
	struct pollfd fds[] = {
		{ .fd = STDOUT_FILENO },
		{ .fd = follower_descriptor(w->follower), .events = POLLIN },
	};
	uint64_t now_usec = clock_monotonic_usec();
	if (now_usec >= w->deadline_usec)
		return end(w, EXIT_CODE_TIMEOUT);
	uint64_t until_usec = MIN(w->deadline_usec, follower_deadline_usec(w->follower));
	int r = poll(fds, ARRAY_SIZE(fds), clock_poll_msec(now_usec, until_usec));
	return r > 0 && has_no_reader(&fds[0]) ? end(w, EXIT_CODE_OK) : 0;
}

static int take_news(struct watch *w, enum follower_news news, const struct event *event) {
	switch (news) {
	case FOLLOWER_EVENT:
		return show(w, event);
	case FOLLOWER_NOTHING:
		return wait_for_more(w);
	case FOLLOWER_POSITION:
	case FOLLOWER_GAP:
		return 0;
	case FOLLOWER_END:
		return end(w, EXIT_CODE_OK);
	case FOLLOWER_FAILED:
		return end(w, follower_exit_code(w->follower));
	}
	return 0;
}

static int follow(struct watch *w) {
	int r;
	do {
		struct event event;
		enum follower_news news =
			follower_next(w->follower, clock_monotonic_usec(), &event);
		r = take_news(w, news, &event);
	} while (r == 0);
	w->follower = follower_free(w->follower);
	return w->exit_code;
}

static int parse_arguments(
	struct watch *w, const struct arguments *arguments, struct follower_options *ret) {
	CLEANUP_TEXT char *problem = NULL;
	bool follows = !arguments_has(arguments, OPTION_NO_FOLLOW);
	/* Without --since from now on, and what does not follow from the oldest. */
	*ret = (struct follower_options){
		.arguments = arguments,
		.position = follows ? FOLLOWER_FROM_NOW : 0,
		.follows = follows,
	};
	int code = option_value_seq(arguments, OPTION_SINCE, &ret->position);
	if (code != EXIT_CODE_OK)
		return code;
	if (event_filter_parse(arguments, &w->filter, &problem) < 0) {
		output_complain("%s", problem);
		return EXIT_CODE_USAGE;
	}
	w->json = arguments_has(arguments, OPTION_JSON);
	return option_value_color(arguments, &w->color);
}

int verb_watch(const struct arguments *arguments) {
	struct watch w = { .deadline_usec = USEC_NEVER };
	struct follower_options options;
	int code = parse_arguments(&w, arguments, &options);
	if (code == EXIT_CODE_OK)
		code = follower_new(&options, &w.follower);
	return code == EXIT_CODE_OK ? follow(&w) : code;
}

int verb_watch_one(const struct arguments *arguments) {
	struct watch w = { .deadline_usec = USEC_NEVER, .only_one = true };
	struct follower_options options;
	uint64_t timeout_usec = USEC_NEVER;
	int code = parse_arguments(&w, arguments, &options);
	if (code == EXIT_CODE_OK)
		code = option_value_span(arguments, OPTION_TIMEOUT, &timeout_usec);
	if (timeout_usec != USEC_NEVER)
		w.deadline_usec = clock_monotonic_usec() + timeout_usec;
	/* Only new mail is what somebody waits for who does not say what. */
	if (!arguments_has(arguments, OPTION_TYPE))
		w.filter.types = 1u << EVENT_NEW;
	if (code == EXIT_CODE_OK)
		code = follower_new(&options, &w.follower);
	return code == EXIT_CODE_OK ? follow(&w) : code;
}

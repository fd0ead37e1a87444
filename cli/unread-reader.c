#include "cli/unread-reader.h"

#include "base/memory.h"
#include "cli/clock.h"
#include "cli/exit-code.h"
#include "cli/follower.h"
#include "cli/output.h"

/* -1: go on. */
static int take_news(struct follower *f, const struct event_filter *filter,
	struct unread_list *list, enum follower_news news, const struct event *event) {
	switch (news) {
	case FOLLOWER_EVENT:
		if (event_filter_admits(filter, event))
			unread_list_feed(list, event, follower_take_keys(f));
		break;
	case FOLLOWER_END:
		return EXIT_CODE_OK;
	case FOLLOWER_FAILED:
		return follower_exit_code(f);
	case FOLLOWER_NOTHING:
	case FOLLOWER_POSITION:
	case FOLLOWER_GAP:
		break;
	}
	return -1;
}

int unread_reader_load(const struct arguments *arguments, struct unread_list *list) {
	CLEANUP(follower_free) struct follower *f = NULL;
	CLEANUP_TEXT char *problem = NULL;
	struct event_filter filter;
	struct follower_options options = { .arguments = arguments };
	if (event_filter_parse(arguments, &filter, &problem) < 0) {
		output_complain("%s", problem);
		return EXIT_CODE_USAGE;
	}
	int code = follower_new(&options, &f);
	if (code == EXIT_CODE_OK)
		do {
			struct event event;
			enum follower_news news = follower_next(f, clock_monotonic_usec(), &event);
			code = take_news(f, &filter, list, news, &event);
		} while (code < 0);
	return code;
}

#include "cli/event.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "bus/names.h"
#include "cli/moment.h"
#include "cli/table.h"
#include "config/language.h"

static const char *const type_words[EVENT_TYPE_COUNT_ + 1] = {
	[EVENT_NEW] = "new",
	[EVENT_RETIRED] = "retired",
	[EVENT_RESET] = "reset",
};

const char *event_type_to_string(enum event_type type) {
	assert(type < EVENT_TYPE_COUNT_);
	return type_words[type];
}

bool event_type_from_string(const char *word, enum event_type *ret) {
	for (unsigned i = 0; i < EVENT_TYPE_COUNT_; i++)
		if (strcmp(type_words[i], word) == 0) {
			*ret = (enum event_type)i;
			return true;
		}
	return false;
}

static const char *text_of(const struct event *event, const char *name) {
	return record_text_or_empty(event->keys, name);
}

/* The time at which a new message reached its server; of everything else the time at which it was
 * noticed, which `seq` is: it counts microseconds of the wall clock. */
static uint64_t time_of(const struct event *event) {
	if (event->type == EVENT_NEW)
		return record_unsigned(event->keys, BUS_KEY_RECEIVED, event->seq);
	return event->seq;
}

/* "work", "work/Projects": INBOX goes without saying. */
static char *place_of(const struct event *event) {
	const char *mailbox = text_of(event, BUS_KEY_MAILBOX);
	const char *account = text_of(event, BUS_KEY_ACCOUNT);
	if (text_is_empty(mailbox) || text_equal_nocase(mailbox, "INBOX"))
		return memory_strdup(account);
	return memory_format("%s/%s", account, mailbox);
}

/* The name alone never stands for the sender: it is free text, an address of somebody else too. */
static char *sender_of(const struct event *event) {
	const char *name = text_of(event, BUS_KEY_FROM_NAME);
	const char *address = text_of(event, BUS_KEY_FROM_ADDRESS);
	if (text_is_empty(address))
		return memory_strdup(text_is_empty(name) ? _("(no sender)") : name);
	if (text_is_empty(name))
		return memory_strdup(address);
	return memory_format("%s <%s>", name, address);
}

/* New, or why it is no longer: "seen", "gone". A reason that is not known here is shown as is. */
static const char *word_of(const struct event *event) {
	const char *reason = text_of(event, BUS_KEY_REASON);
	if (event->type == EVENT_RETIRED && !text_is_empty(reason))
		return reason;
	return event_type_to_string(event->type);
}

static char *reset_sentence(const char *reason) {
	if (strcmp(reason, "uidvalidity") == 0)
		return memory_strdup(_("The server numbered the mailbox anew"));
	if (strcmp(reason, "uidnext") == 0)
		return memory_strdup(_("The server's numbers went back"));
	if (strcmp(reason, "state-lost") == 0)
		return memory_strdup(_("The state of the mailbox was lost"));
	return memory_strdup(text_is_empty(reason) ? _("The mailbox is looked at afresh") : reason);
}

static char *what_of(const struct event *event) {
	const char *subject = text_of(event, BUS_KEY_SUBJECT);
	if (event->type == EVENT_RESET)
		return reset_sentence(text_of(event, BUS_KEY_REASON));
	/* what is not new says no more than which one it is */
	if (event->type == EVENT_RETIRED && text_is_empty(subject))
		return memory_strdup(text_of(event, BUS_KEY_ID));
	CLEANUP_TEXT char *sender = sender_of(event);
	return memory_format(
		"%s  %s", sender, text_is_empty(subject) ? _("(no subject)") : subject);
}

static enum table_style style_of(enum event_type type) {
	switch (type) {
	case EVENT_NEW:
		return TABLE_STYLE_GOOD;
	case EVENT_RETIRED:
		return TABLE_STYLE_PLAIN;
	case EVENT_RESET:
	case EVENT_TYPE_COUNT_:
		break;
	}
	return TABLE_STYLE_WAITING;
}

void event_print_line(const struct event *event, bool color, struct buffer *out) {
	CLEANUP_TEXT char *time = moment_format_local(time_of(event));
	CLEANUP_TEXT char *place = place_of(event);
	CLEANUP_TEXT char *what = what_of(event);
	(void)buffer_append_format(out, "%s  ", time);
	table_print_styled(TABLE_STYLE_PLAIN, place, color, out);
	(void)buffer_append_text(out, "  ");
	table_print_styled(style_of(event->type), word_of(event), color, out);
	(void)buffer_append_text(out, "  ");
	table_print_styled(TABLE_STYLE_PLAIN, what, color, out);
	(void)buffer_append_text(out, "\n");
}

struct table *event_new_table(void) {
	static const char *const heads[] = { "NUMBER", "TIME", "ACCOUNT", "FROM", "SUBJECT" };
	struct table *table = table_new(ARRAY_SIZE(heads));
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		table_add(table, TABLE_STYLE_HEAD, heads[i]);
	table_keep_whole(table, 0);
	table_keep_whole(table, 1);
	return table;
}

void event_add_row(const struct event *event, struct table *table) {
	CLEANUP_TEXT char *number = memory_format("%" PRIu64, event->seq);
	CLEANUP_TEXT char *time = moment_format_local(time_of(event));
	CLEANUP_TEXT char *place = place_of(event);
	CLEANUP_TEXT char *sender = sender_of(event);
	const char *subject = text_of(event, BUS_KEY_SUBJECT);
	table_add(table, TABLE_STYLE_PLAIN, number);
	table_add(table, TABLE_STYLE_PLAIN, time);
	table_add(table, TABLE_STYLE_PLAIN, place);
	table_add(table, TABLE_STYLE_PLAIN, sender);
	table_add(table, TABLE_STYLE_PLAIN, text_is_empty(subject) ? _("(no subject)") : subject);
}

void event_print_json(const struct event *event, struct buffer *out) {
	static const char *const said[] = { BUS_KEY_TYPE, BUS_KEY_SEQ, NULL };
	struct json_writer w;
	json_init(&w, out);
	json_begin_object(&w);
	json_key_string(&w, BUS_KEY_TYPE, event_type_to_string(event->type));
	json_key(&w, BUS_KEY_SEQ);
	json_unsigned(&w, event->seq);
	record_write_json(event->keys, said, &w);
	json_end_object(&w);
	(void)buffer_append_text(out, "\n");
}

/* "new,retired" into a set. */
static int parse_types(const char *list, unsigned *types, char **ret_problem) {
	for (const char *p = list;;) {
		size_t n = strcspn(p, ",");
		CLEANUP_TEXT char *word = memory_strndup(p, n);
		enum event_type type;
		if (!event_type_from_string(word, &type)) {
			CLEANUP_TEXT char *shown = text_printable(word);
			const char *nearest = text_nearest(word, type_words);
			*ret_problem = nearest ? memory_format(_("Unknown event type '%s', did you "
								 "mean '%s'?"),
							 shown, nearest)
					       : memory_format(_("Unknown event type '%s', it is "
								 "one of new, retired, reset"),
							 shown);
			return -EINVAL;
		}
		*types |= 1u << type;
		if (p[n] == '\0')
			return 0;
		p += n + 1;
	}
}

int event_filter_parse(
	const struct arguments *arguments, struct event_filter *ret, char **ret_problem) {
	unsigned types = 0;
	const char *list;
	for (size_t i = 0; (list = arguments_nth_value(arguments, OPTION_TYPE, i)); i++) {
		int r = parse_types(list, &types, ret_problem);
		if (r < 0)
			return r;
	}
	*ret = (struct event_filter){ arguments, types ? types : (1u << EVENT_TYPE_COUNT_) - 1 };
	return 0;
}

/* INBOX is the one name whose case does not count (RFC 9051 section 5.1). */
static bool same_mailbox(const char *a, const char *b) {
	return strcmp(a, b) == 0 ||
	       (text_equal_nocase(a, "INBOX") && text_equal_nocase(b, "INBOX"));
}

static bool same_account(const char *a, const char *b) {
	return strcmp(a, b) == 0;
}

static bool is_wanted(const struct event_filter *filter, enum option option, const char *text,
	bool (*same)(const char *, const char *)) {
	const char *wanted;
	for (size_t i = 0; (wanted = arguments_nth_value(filter->arguments, option, i)); i++)
		if (same(wanted, text))
			return true;
	return !arguments_has(filter->arguments, option);
}

bool event_filter_admits(const struct event_filter *filter, const struct event *event) {
	return (filter->types & (1u << event->type)) &&
	       is_wanted(filter, OPTION_ACCOUNT, text_of(event, BUS_KEY_ACCOUNT), same_account) &&
	       is_wanted(filter, OPTION_MAILBOX, text_of(event, BUS_KEY_MAILBOX), same_mailbox);
}

/* What is new and unread, and what to do with it. */
#include "base/memory.h"
#include "cli/exit-code.h"
#include "cli/option-value.h"
#include "cli/output.h"
#include "cli/unread-reader.h"
#include "cli/verbs.h"
#include "config/language.h"

static void print_table(const struct unread_list *list, bool color, struct buffer *out) {
	CLEANUP(table_free) struct table *t = event_new_table();
	const struct event *event = NULL;
	while ((event = unread_list_next(list, event)))
		event_add_row(event, t);
	table_print(t, &(struct table_look){ color, output_columns() }, out);
	if (unread_list_n_dropped(list) > 0) {
		size_t n = unread_list_n_dropped(list);

		(void)buffer_append_text(out, "\n");
		(void)buffer_append_format(out,
			language_plural("%zu older message is not shown",
				"%zu older messages are not shown", n),
			n);
		(void)buffer_append_text(out, "\n");
	}
}

static void print_json(const struct unread_list *list, struct buffer *out) {
	const struct event *event = NULL;
	while ((event = unread_list_next(list, event)))
		event_print_json(event, out);
}

int verb_list(const struct arguments *arguments) {
	CLEANUP(unread_list_free) struct unread_list *list = unread_list_new();
	bool color;
	int code = option_value_color(arguments, &color);
	if (code == EXIT_CODE_OK)
		code = unread_reader_load(arguments, list);
	if (code != EXIT_CODE_OK)
		return code;

	struct buffer out;
	buffer_init(&out, OUTPUT_MAX);
	if (arguments_has(arguments, OPTION_JSON))
		print_json(list, &out);
	else if (unread_list_count(list) == 0)
		(void)buffer_append_text(&out, _("No new messages\n"));
	else
		print_table(list, color, &out);
	int r = output_write(&out);
	buffer_deinit(&out);
	return output_exit_code(r);
}

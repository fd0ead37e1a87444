#include "cli/bar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"

struct account {
	const char *name, *state, *why;
	unsigned n_unseen;
};

struct row {
	bool is_away;
	struct account accounts[3];
	const char *waybar, *i3blocks, *polybar, *plain;
};

#define WAYBAR(text, alt, tooltip, class, percentage)                       \
	"{\"text\":\"" text "\",\"alt\":\"" alt "\",\"tooltip\":\"" tooltip \
	"\",\"class\":[" class "],\"percentage\":" percentage "}\n"

static const struct row rows[] = {
	{ .is_away = true,
		.waybar = WAYBAR(
			"-", "offline", "The mailbox monitor does not run", "\"offline\"", "0"),
		.i3blocks = "{\"full_text\":\"-\",\"short_text\":\"-\",\"color\":\"#dc322f\","
			    "\"urgent\":false}\n",
		.polybar = "%{F#dc322f}-%{F-}\n",
		.plain = "offline\n" },
	{ .waybar = WAYBAR("0", "none", "No account is configured", "\"none\"", "100"),
		.i3blocks = "{\"full_text\":\"0\",\"short_text\":\"0\",\"urgent\":false}\n",
		.polybar = "0\n",
		.plain = "0 unseen\n" },
	{ .accounts = { { "Work", "online", "", 3 }, { "Home", "paused", "", 0 } },
		.waybar = WAYBAR(
			"3", "unseen", "Work: 3 unseen\\u000aHome: paused", "\"unseen\"", "50"),
		.i3blocks = "{\"full_text\":\"3\",\"short_text\":\"3\",\"urgent\":false}\n",
		.polybar = "3\n",
		.plain = "3 unseen\n" },
	{ .accounts = { { "Work", "online", "", 3 }, { "Home", "failed", "No <b>way</b>", 0 },
		  { "Club", "offline", "", 0 } },
		.waybar = WAYBAR("3", "failed",
			"Work: 3 unseen\\u000aHome: failed, No &lt;b&gt;way&lt;/b&gt;\\u000aClub: "
			"offline",
			"\"failed\",\"degraded\",\"unseen\"", "33"),
		.i3blocks = "{\"full_text\":\"3\",\"short_text\":\"3\",\"color\":\"#dc322f\","
			    "\"urgent\":true}\n",
		.polybar = "%{F#dc322f}3%{F-}\n",
		.plain = "3 unseen, failed\n" },
	{ .accounts = { { "A & 'B' \"C\"", "online", "", 0 },
		  { "\033]0;x\a", "connecting", "", 0 } },
		.waybar = WAYBAR("0", "degraded",
			"A &amp; &#39;B&#39; &quot;C&quot;: 0 unseen\\u000a\\\\u{1b}]0;x\\\\u{7}: "
			"connecting",
			"\"degraded\"", "50"),
		.i3blocks = "{\"full_text\":\"0\",\"short_text\":\"0\",\"urgent\":false}\n",
		.polybar = "0\n",
		.plain = "0 unseen, degraded\n" },
};

static void fill(struct status *status, const struct row *row) {
	unsigned n_unseen = 0;
	for (size_t i = 0; i < ARRAY_SIZE(row->accounts) && row->accounts[i].name; i++) {
		const struct account *a = &row->accounts[i];
		struct record *r = status_add_account(status);
		record_set_text(r, "Id", a->name);
		record_set_text(r, "Name", a->name);
		record_set_text(r, "State", a->state);
		record_set_text(r, "ReasonText", a->why);
		record_set_unsigned(r, "Unseen", a->n_unseen);
		n_unseen += a->n_unseen;
	}
	record_set_unsigned(status->manager, "Unseen", n_unseen);
}

static void assert_bar(const struct status *status, enum bar_format format, const char *expected) {
	struct buffer out;
	buffer_init(&out, 65536);
	bar_print(status, format, &out);
	CLEANUP_TEXT char *line = buffer_take_text(&out);
	buffer_deinit(&out);
	assert_string_equal(line, expected);
}

static void test_rows(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(status_free) struct status *status = status_new();
		fill(status, &rows[i]);
		const struct status *shown = rows[i].is_away ? NULL : status;
		assert_bar(shown, BAR_FORMAT_WAYBAR, rows[i].waybar);
		assert_bar(shown, BAR_FORMAT_I3BLOCKS, rows[i].i3blocks);
		assert_bar(shown, BAR_FORMAT_POLYBAR, rows[i].polybar);
		assert_bar(shown, BAR_FORMAT_PLAIN, rows[i].plain);
	}
}

/* Of accounts that were asked for by name. */
static void test_selected(void **state) {
	static const char *const home[] = { "Home", NULL }, *const none[] = { "nobody", NULL };
	CLEANUP(status_free) struct status *status = status_new();
	fill(status, &rows[3]);
	status_select(status, home);
	assert_bar(status, BAR_FORMAT_PLAIN, "0 unseen, failed\n");
	assert_bar(status, BAR_FORMAT_WAYBAR,
		WAYBAR("0", "failed", "Home: failed, No &lt;b&gt;way&lt;/b&gt;", "\"failed\"",
			"0"));
	CLEANUP(status_free) struct status *nobody = status_new();
	fill(nobody, &rows[3]);
	status_select(nobody, none);
	assert_bar(nobody, BAR_FORMAT_WAYBAR,
		WAYBAR("0", "failed", "There is no such account", "\"failed\"", "100"));
}

/* A tooltip has its limit; the counts have none. */
static void test_many_accounts(void **state) {
	CLEANUP(status_free) struct status *status = status_new();
	struct buffer out;
	for (size_t i = 0; i < BAR_ACCOUNTS_MAX + 7; i++) {
		struct record *r = status_add_account(status);
		record_set_text(r, "Id", "x");
		record_set_text(r, "State", "online");
	}
	buffer_init(&out, 65536);
	bar_print(status, BAR_FORMAT_WAYBAR, &out);
	CLEANUP_TEXT char *line = buffer_take_text(&out);
	buffer_deinit(&out);
	size_t n = 0;
	for (const char *p = line; (p = strstr(p, "x: 0 unseen")); p++)
		n++;
	assert_int_equal(n, BAR_ACCOUNTS_MAX);
	assert_non_null(strstr(line, "\\u000a... and 7 more\""));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_selected),
		cmocka_unit_test(test_many_accounts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

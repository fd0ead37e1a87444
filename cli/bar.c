#include "cli/bar.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "bus/names.h"
#include "config/language.h"

/* What the bar tells, the most important first: `alt` is the first that holds, `class` has all. */
enum mood {
	MOOD_OFFLINE, /* no daemon */
	MOOD_FAILED, /* an account waits for somebody */
	MOOD_DEGRADED, /* an account is not online */
	MOOD_UNSEEN,
	MOOD_NONE, /* nothing to do */
	MOOD_COUNT_
};

static const char *const mood_words[MOOD_COUNT_] = {
	[MOOD_OFFLINE] = "offline",
	[MOOD_FAILED] = "failed",
	[MOOD_DEGRADED] = "degraded",
	[MOOD_UNSEEN] = "unseen",
	[MOOD_NONE] = "none",
};

/* Of the bars that have no style sheet. */
#define COLOR_BAD "#dc322f"

struct summary {
	unsigned moods; /* 1 << enum mood */
	uint64_t n_unseen;
	unsigned percentage; /* of the accounts, online */
};

static struct summary summarize(const struct status *status) {
	struct summary s = { .moods = 1u << MOOD_OFFLINE };
	if (!status)
		return s;
	s.moods = 0;
	s.n_unseen = status_unseen(status);
	s.percentage = status->n_accounts > 0
			       ? (unsigned)(status_online(status) * 100 / status->n_accounts)
			       : 100;
	if (status->n_accounts == 0 && status->mailboxes)
		s.moods |= 1u << MOOD_FAILED;
	for (size_t i = 0; i < status->n_accounts; i++) {
		const char *state = record_text_or_empty(status->accounts[i], BUS_PROPERTY_STATE);
		if (strcmp(state, "failed") == 0)
			s.moods |= 1u << MOOD_FAILED;
		else if (strcmp(state, "online") != 0 && strcmp(state, "paused") != 0)
			s.moods |= 1u << MOOD_DEGRADED;
	}
	if (s.n_unseen > 0)
		s.moods |= 1u << MOOD_UNSEEN;
	if (s.moods == 0)
		s.moods = 1u << MOOD_NONE;
	return s;
}

static bool has(const struct summary *s, enum mood mood) {
	return s->moods & (1u << mood);
}

static enum mood first_mood(const struct summary *s) {
	enum mood mood = MOOD_OFFLINE;
	while (!has(s, mood))
		mood++;
	return mood;
}

static char *count_of(const struct summary *s) {
	return has(s, MOOD_OFFLINE) ? memory_strdup("-") : memory_format("%" PRIu64, s->n_unseen);
}

/* "Work: 3 unseen", "Home: failed, The server refuses ..." */
static char *account_line(const struct record *account) {
	const char *name = record_text_or_empty(account, BUS_PROPERTY_NAME);
	const char *state = record_text_or_empty(account, BUS_PROPERTY_STATE);
	const char *why = record_text_or_empty(account, BUS_PROPERTY_REASON_TEXT);
	if (text_is_empty(name))
		name = record_text_or_empty(account, BUS_PROPERTY_ID);
	if (strcmp(state, "online") == 0)
		return memory_format(_("%s: %" PRIu64 " unseen"), name,
			record_unsigned(account, BUS_PROPERTY_UNSEEN, 0));
	return memory_format("%s: %s%s%s", name, state, text_is_empty(why) ? "" : ", ", why);
}

static char *tooltip_of(const struct status *status) {
	struct buffer text;
	if (!status)
		return memory_strdup(_("The mailbox monitor does not run"));
	if (status->n_accounts == 0)
		return memory_strdup(status->mailboxes ? _("There is no such account")
						       : _("No account is configured"));
	buffer_init(&text, SIZE_MAX / 2);
	for (size_t i = 0; i < MIN(status->n_accounts, (size_t)BAR_ACCOUNTS_MAX); i++) {
		CLEANUP_TEXT char *line = account_line(status->accounts[i]);
		CLEANUP_TEXT char *printable = text_printable(line);
		(void)buffer_append_format(&text, "%s%s", i > 0 ? "\n" : "", printable);
	}
	if (status->n_accounts > BAR_ACCOUNTS_MAX) {
		size_t n_more = status->n_accounts - BAR_ACCOUNTS_MAX;

		(void)buffer_append_text(&text, "\n");
		(void)buffer_append_format(&text,
			language_plural("... and %zu more", "... and %zu more", n_more), n_more);
	}
	char *taken = buffer_take_text(&text);
	buffer_deinit(&text);
	return taken;
}

/* Pango's markup, which waybar takes texts for. */
static char *escape_markup(const char *text) {
	static const struct {
		char c;
		const char *entity;
	} entities[] = { { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" },
		{ '\'', "&#39;" } };
	struct buffer out;
	buffer_init(&out, SIZE_MAX / 2);
	for (; *text; text++) {
		size_t i = 0;
		while (i < ARRAY_SIZE(entities) && entities[i].c != *text)
			i++;
		if (i < ARRAY_SIZE(entities))
			(void)buffer_append_text(&out, entities[i].entity);
		else
			(void)buffer_append(&out, text, 1);
	}
	char *taken = buffer_take_text(&out);
	buffer_deinit(&out);
	return taken;
}

static void print_waybar(const struct status *status, const struct summary *s, struct buffer *out) {
	CLEANUP_TEXT char *count = count_of(s);
	CLEANUP_TEXT char *tooltip = tooltip_of(status);
	CLEANUP_TEXT char *escaped = escape_markup(tooltip);
	struct json_writer w;
	json_init(&w, out);
	json_begin_object(&w);
	json_key_string(&w, "text", count);
	json_key_string(&w, "alt", mood_words[first_mood(s)]);
	json_key_string(&w, "tooltip", escaped);
	json_key(&w, "class");
	json_begin_array(&w);
	for (enum mood mood = 0; mood < MOOD_COUNT_; mood++)
		if (has(s, mood))
			json_string(&w, mood_words[mood]);
	json_end_array(&w);
	json_key(&w, "percentage");
	json_unsigned(&w, s->percentage);
	json_end_object(&w);
}

static bool is_bad(const struct summary *s) {
	return has(s, MOOD_OFFLINE) || has(s, MOOD_FAILED);
}

static void print_i3blocks(const struct summary *s, struct buffer *out) {
	CLEANUP_TEXT char *count = count_of(s);
	struct json_writer w;
	json_init(&w, out);
	json_begin_object(&w);
	json_key_string(&w, "full_text", count);
	json_key_string(&w, "short_text", count);
	if (is_bad(s))
		json_key_string(&w, "color", COLOR_BAD);
	json_key(&w, "urgent");
	json_boolean(&w, has(s, MOOD_FAILED));
	json_end_object(&w);
}

static void print_polybar(const struct summary *s, struct buffer *out) {
	CLEANUP_TEXT char *count = count_of(s);
	if (is_bad(s))
		(void)buffer_append_format(out, "%%{F" COLOR_BAD "}%s%%{F-}", count);
	else
		(void)buffer_append_text(out, count);
}

/* "3 unseen", "3 unseen, failed", "offline" */
static void print_plain(const struct summary *s, struct buffer *out) {
	if (has(s, MOOD_OFFLINE)) {
		(void)buffer_append_text(out, mood_words[MOOD_OFFLINE]);
		return;
	}
	enum mood mood = first_mood(s);
	bool is_well = mood == MOOD_UNSEEN || mood == MOOD_NONE;
	(void)buffer_append_format(out,
		language_plural("%" PRIu64 " unseen", "%" PRIu64 " unseen", s->n_unseen),
		s->n_unseen);
	if (!is_well)
		(void)buffer_append_format(out, ", %s", mood_words[mood]);
}

void bar_print(const struct status *status, enum bar_format format, struct buffer *out) {
	struct summary s = summarize(status);
	switch (format) {
	case BAR_FORMAT_WAYBAR:
		print_waybar(status, &s, out);
		break;
	case BAR_FORMAT_I3BLOCKS:
		print_i3blocks(&s, out);
		break;
	case BAR_FORMAT_POLYBAR:
		print_polybar(&s, out);
		break;
	case BAR_FORMAT_PLAIN:
		print_plain(&s, out);
		break;
	}
	(void)buffer_append_text(out, "\n");
}

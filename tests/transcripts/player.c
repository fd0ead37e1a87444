#include "player.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "transcript.h"

#define TAGS_MAX 100
#define TAG_LENGTH 6
#define OUTPUT_MAX ((size_t)64 * 1024 * 1024)
/* Bytes fed in all to one conversation while it is cut. One of some kilobytes is cut everywhere, a
 * longer one at places that are spread evenly. */
#define BYTES_CUT_MAX ((size_t)4 * 1024 * 1024)

enum cutting {
	CUTTING_NONE,
	CUTTING_BYTES,
	CUTTING_AT
};

struct player {
	const struct transcript *transcript;
	enum cutting cutting;
	size_t cut_at; /* of what the server sends at once */
	size_t longest; /* of that */
	size_t n_fed;
	const struct player_engine *engine;
	void *session;
	uint64_t now_usec;
	bool is_held;
	char tags[TAGS_MAX][TAG_LENGTH + 1];
	struct buffer output; /* lines of the client, not compared yet */
	struct buffer starts; /* one byte for each line of it: a write began there */
	struct buffer events; /* lines */
	bool is_stimulated; /* since the last comparison */
	char *problem;
	unsigned problem_line;
};

static void fail(struct player *p, const struct transcript_line *line, char *problem) {
	if (!p->problem) {
		p->problem = problem;
		p->problem_line = line->number;
	} else {
		free(problem);
	}
}

static void take_output(struct player *p) {
	const uint8_t *bytes;
	size_t n = p->is_held ? 0 : p->engine->output(p->session, &bytes);
	if (n == 0)
		return;
	for (size_t i = 0, first = 1; i < n; i++)
		if (bytes[i] == '\n') {
			(void)buffer_append(&p->starts, first ? "1" : "0", 1);
			first = 0;
		}
	(void)buffer_append(&p->output, bytes, n);
	p->engine->sent(p->session, n);
}

static void drain(struct player *p) {
	while (p->engine->next(p->session, &p->events) > 0)
		(void)buffer_append(&p->events, "\n", 1);
	take_output(p);
}

static void feed(struct player *p, const char *bytes, size_t n) {
	size_t cut = p->cutting == CUTTING_AT ? MIN(n, p->cut_at) : 0;
	p->longest = MAX(p->longest, n);
	p->n_fed += n;
	while (n > 0) {
		size_t part = n;
		if (p->cutting == CUTTING_BYTES)
			part = 1;
		else if (cut > 0)
			part = cut;
		cut = 0;
		/* as large as it is, so that a sanitizer sees the first byte read behind it */
		uint8_t *copy = memory_resize(NULL, part, 1);
		memcpy(copy, bytes, part);
		p->engine->tick(p->session, p->now_usec);
		p->engine->feed(p->session, copy, part);
		free(copy);
		drain(p);
		bytes += part;
		n -= part;
	}
}

static void pass_time(struct player *p, uint64_t usec) {
	uint64_t end = p->now_usec + usec;
	for (unsigned n = 0; p->engine->deadline(p->session) <= end; n++) {
		if (n > 10000) {
			fprintf(stderr, "%s: a deadline that does not move\n", p->transcript->path);
			exit(EXIT_FAILURE);
		}
		p->now_usec = MAX(p->now_usec, p->engine->deadline(p->session));
		p->engine->tick(p->session, p->now_usec);
		drain(p);
	}
	p->now_usec = end;
	p->engine->tick(p->session, p->now_usec);
	drain(p);
}

static size_t take_number(const char **p) {
	size_t n = 0;
	while (**p >= '0' && **p <= '9' && n < TAGS_MAX / 10)
		n = n * 10 + (size_t)(*(*p)++ - '0');
	return n;
}

/* Puts the tags in the place of $1 and the like. */
static char *with_tags(struct player *p, const char *text) {
	struct buffer out;
	buffer_init(&out, OUTPUT_MAX);
	for (const char *at = text; *at;) {
		if (at[0] == '$' && at[1] >= '1' && at[1] <= '9') {
			at++;
			(void)buffer_append_text(&out, p->tags[take_number(&at)]);
		} else {
			(void)buffer_append(&out, at++, 1);
		}
	}
	return buffer_take_text(&out);
}

static bool is_tag(const char *text) {
	return strlen(text) > TAG_LENGTH && text[TAG_LENGTH] == ' ' &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") >= TAG_LENGTH;
}

/* Binds a tag that is new. It must be unlike all others. */
static bool bind(struct player *p, const char *pattern, const char *actual) {
	if (*pattern != '$' || !is_tag(actual))
		return true;
	const char *at = pattern + 1;
	char *tag = p->tags[take_number(&at)];
	if (*tag)
		return true;
	for (size_t i = 0; i < TAGS_MAX; i++)
		if (strncmp(p->tags[i], actual, TAG_LENGTH) == 0)
			return false;
	memcpy(tag, actual, TAG_LENGTH);
	return true;
}

/* The first line of `from`, owned, without its end; NULL when there is none. */
static char *take_line(struct buffer *from) {
	const char *bytes = (const char *)buffer_bytes(from);
	const char *end = from->n > 0 ? memchr(bytes, '\n', from->n) : NULL;
	if (!end)
		return NULL;
	size_t n = (size_t)(end - bytes);
	char *line = memory_strndup(bytes, n > 0 && bytes[n - 1] == '\r' ? n - 1 : n);
	buffer_consume(from, n + 1);
	return line;
}

static bool matches(const char *pattern, const char *text) {
	size_t n = strlen(pattern);
	if (n >= 3 && strcmp(pattern + n - 3, "...") == 0)
		return strncmp(pattern, text, n - 3) == 0;
	return strcmp(pattern, text) == 0;
}

static void compare_client(struct player *p, const struct transcript_line *line) {
	CLEANUP_TEXT char *actual = take_line(&p->output);
	bool starts = p->starts.n > 0 && *buffer_bytes(&p->starts) == '1';
	if (p->starts.n > 0)
		buffer_consume(&p->starts, 1);
	if (!actual) {
		fail(p, line, memory_format("nothing was sent, not \"%s\"", line->text));
		return;
	}
	bool bound = bind(p, line->text, actual);
	CLEANUP_TEXT char *expected = with_tags(p, line->text);
	if (!bound)
		fail(p, line, memory_format("a tag came twice: %s", actual));
	else if (!matches(expected, actual))
		fail(p, line, memory_format("sent \"%s\", not \"%s\"", actual, expected));
	else if (starts != (line->kind == TRANSCRIPT_CLIENT))
		fail(p, line,
			memory_format("%s write of its own: %s", starts ? "a" : "no", actual));
}

static void compare_event(struct player *p, const struct transcript_line *line) {
	struct buffer peek = p->events;
	CLEANUP_TEXT char *actual = take_line(&peek);
	bool allowed = line->kind == TRANSCRIPT_EVENT || p->cutting != CUTTING_NONE;
	if (actual && allowed && matches(line->text, actual)) {
		buffer_consume(&p->events, p->events.n - peek.n);
		return;
	}
	if (line->kind == TRANSCRIPT_EVENT)
		fail(p, line,
			memory_format(
				"event \"%s\", not \"%s\"", actual ? actual : "", line->text));
}

/* Before the next thing happens everything that came must have been expected. */
static void expect_nothing(struct player *p, const struct transcript_line *line) {
	CLEANUP_TEXT char *sent = take_line(&p->output);
	CLEANUP_TEXT char *event = take_line(&p->events);
	if (sent)
		fail(p, line, memory_format("before this line was sent: %s", sent));
	if (event)
		fail(p, line, memory_format("before this line came: %s", event));
}

static void play_line(struct player *p, const struct transcript_line *line) {
	uint64_t usec = 0;
	CLEANUP_TEXT char *bytes = NULL;
	switch (line->kind) {
	case TRANSCRIPT_LOGIN:
		p->session = p->engine->new (line->text);
		return;
	case TRANSCRIPT_WATCH:
		if (!p->session)
			p->session = p->engine->new ("");
		p->engine->watch(p->session, line->text);
		p->engine->tick(p->session, p->now_usec);
		return;
	case TRANSCRIPT_SERVER:
		bytes = with_tags(p, line->text);
		feed(p, bytes, strlen(bytes));
		return;
	case TRANSCRIPT_TIME:
		if (number_parse_timespan(line->text, &usec) < 0)
			fail(p, line, memory_strdup("not a time span"));
		pass_time(p, usec);
		return;
	case TRANSCRIPT_SECURED:
		p->engine->secured(p->session);
		break;
	case TRANSCRIPT_CHECK:
		p->engine->check(p->session);
		break;
	case TRANSCRIPT_MARK:
		p->engine->mark(p->session, line->text);
		break;
	case TRANSCRIPT_LOGOUT:
		p->engine->logout(p->session);
		break;
	case TRANSCRIPT_HOLD:
		p->is_held = true;
		return;
	case TRANSCRIPT_RELEASE:
		p->is_held = false;
		break;
	case TRANSCRIPT_CLIENT:
	case TRANSCRIPT_CLIENT_SAME_WRITE:
		compare_client(p, line);
		return;
	case TRANSCRIPT_EVENT:
	case TRANSCRIPT_EVENT_MAYBE:
		compare_event(p, line);
		return;
	}
	drain(p);
}

static bool is_expectation(const struct transcript_line *line) {
	return line->kind >= TRANSCRIPT_CLIENT;
}

/* Lines of the server that follow one another arrive together. */
static void play_all(struct player *p) {
	const struct transcript *t = p->transcript;
	bool expected = false;
	for (size_t i = 0; i < t->n_lines && !p->problem; i++) {
		const struct transcript_line *line = &t->lines[i];
		if (expected && !is_expectation(line))
			expect_nothing(p, line);
		expected = is_expectation(line);
		if (line->kind != TRANSCRIPT_SERVER || p->problem) {
			play_line(p, line);
			continue;
		}
		struct buffer block;
		buffer_init(&block, OUTPUT_MAX);
		for (; i < t->n_lines && t->lines[i].kind == TRANSCRIPT_SERVER; i++)
			(void)buffer_append_text(&block, t->lines[i].text);
		i--;
		CLEANUP_TEXT char *text = buffer_take_text(&block);
		play_line(p, &(struct transcript_line){ .kind = TRANSCRIPT_SERVER, .text = text });
	}
	if (!p->problem && t->n_lines > 0)
		expect_nothing(p, &t->lines[t->n_lines - 1]);
}

/* False, and a diagnosis on the output, when anything was not as written. */
static bool play(struct player *p) {
	buffer_init(&p->output, OUTPUT_MAX);
	buffer_init(&p->starts, OUTPUT_MAX);
	buffer_init(&p->events, OUTPUT_MAX);
	p->now_usec = PLAYER_BEGIN_USEC;
	play_all(p);
	bool ok = !p->problem;
	static const char *const ways[] = { "whole", "byte by byte", "cut" };
	if (!ok)
		printf("# %s:%u: %s, at %zu: %s\n", p->transcript->path, p->problem_line,
			ways[p->cutting], p->cut_at, p->problem);
	buffer_deinit(&p->output);
	buffer_deinit(&p->starts);
	buffer_deinit(&p->events);
	p->engine->free(p->session);
	free(p->problem);
	return ok;
}

static bool play_every_way(const struct player_engine *engine, const struct transcript *t) {
	struct player whole = { .engine = engine, .transcript = t, .cutting = CUTTING_NONE };
	struct player bytes = { .engine = engine, .transcript = t, .cutting = CUTTING_BYTES };
	if (!play(&whole) || !play(&bytes))
		return false;
	size_t step = whole.n_fed * whole.longest / BYTES_CUT_MAX + 1;
	for (size_t at = 1; at < whole.longest; at += step) {
		struct player cut = {
			.engine = engine,
			.transcript = t,
			.cutting = CUTTING_AT,
			.cut_at = at,
		};
		if (!play(&cut))
			return false;
	}
	return true;
}

int player_main(const struct player_engine *engine, int argc, char **argv) {
	int n_failed = 0, n = 0;
	for (int i = 1; i < argc; i++) {
		struct transcript *all = transcript_load(argv[i]);
		const char *slash = strrchr(argv[i], '/');
		for (struct transcript *t = all; t; t = t->next) {
			bool ok = play_every_way(engine, t);
			n_failed += ok ? 0 : 1;
			printf("%s %d - %s %s\n", ok ? "ok" : "not ok", ++n,
				slash ? slash + 1 : argv[i], t->title);
			fflush(stdout);
		}
		transcript_free(all);
	}
	printf("1..%d\n", n);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#include "cli/run-message.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "bus/names.h"

#define PREFIX "POSTHORN_"

struct environment {
	char **variables;
	size_t n;
};

static void add(struct environment *e, char *variable) {
	e->variables = memory_resize(e->variables, e->n + 2, sizeof(*e->variables));
	e->variables[e->n++] = variable;
	e->variables[e->n] = NULL;
}

static bool is_variable(const char *variable, const char *name) {
	size_t n = strlen(name);
	return strncmp(variable, name, n) == 0 && variable[n] == '=';
}

/* What a service manager says to us alone, and what an outer `run` said to us. */
static bool is_private(const char *variable) {
	static const char *const names[] = { "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC",
		"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES" };
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (is_variable(variable, names[i]))
			return true;
	return strncmp(variable, PREFIX, strlen(PREFIX)) == 0 &&
	       !is_variable(variable, "POSTHORN_DAEMON");
}

/* C0 and DEL are one byte, C1 is C2 80 to C2 9F. */
static size_t control_length(const char *p, bool is_list) {
	const unsigned char *bytes = (const unsigned char *)p;
	if (bytes[0] == '\n' && is_list)
		return 0;
	if (bytes[0] < 0x20 || bytes[0] == 0x7f)
		return 1;
	return bytes[0] == 0xc2 && bytes[1] >= 0x80 && bytes[1] <= 0x9f ? 2 : 0;
}

static char *clean(const char *value, bool is_list) {
	struct buffer out;
	buffer_init(&out, SIZE_MAX / 2);
	for (const char *p = value; *p;) {
		size_t n = control_length(p, is_list);
		if (n > 0)
			(void)buffer_append_text(&out, "\xef\xbf\xbd");
		else
			(void)buffer_append(&out, p, 1);
		p += n > 0 ? n : 1;
	}
	char *text = buffer_take_text(&out);
	text[text_fit(text, RUN_MESSAGE_VALUE_MAX)] = '\0';
	return text;
}

/* NULL: it can be no variable, or is one of those that are told apart. */
static char *variable_name(const char *key) {
	static const char *const apart[] = { "type", "seq", "count", "attempt", "daemon" };
	size_t n = strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_");
	if (n == 0 || key[n] != '\0')
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(apart); i++)
		if (strcmp(key, apart[i]) == 0)
			return NULL;
	char *name = memory_strdup(key);
	for (char *p = name; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	return name;
}

/* Do all events of the job have this value? */
static bool is_agreed(const struct run_job *job, const char *key, const char *value) {
	for (size_t i = 1; i < run_queue_n_events(job); i++) {
		CLEANUP_TEXT char *other = record_format(run_queue_event(job, i)->keys, key);
		if (!other || strcmp(other, value) != 0)
			return false;
	}
	return true;
}

static void add_key(struct environment *e, const struct run_job *job, const char *key) {
	const struct record *keys = run_queue_event(job, 0)->keys;
	CLEANUP_TEXT char *name = variable_name(key);
	CLEANUP_TEXT char *value = record_format(keys, key);
	if (!name || !is_agreed(job, key, value))
		return;
	CLEANUP_TEXT char *cleaned = clean(value, !record_text(keys, key));
	add(e, memory_format(PREFIX "%s=%s", name, cleaned));
}

static void add_type(struct environment *e, const struct run_job *job) {
	enum event_type type = run_queue_event(job, 0)->type;
	for (size_t i = 1; i < run_queue_n_events(job); i++)
		if (run_queue_event(job, i)->type != type)
			return;
	add(e, memory_format(PREFIX "TYPE=%s", event_type_to_string(type)));
}

char **run_message_environment(char *const *inherited, const struct run_job *job) {
	struct environment e = { 0 };
	size_t n = run_queue_n_events(job);
	const struct record *keys = run_queue_event(job, 0)->keys;
	const char *key;
	for (; *inherited; inherited++)
		if (!is_private(*inherited))
			add(&e, memory_strdup(*inherited));
	add_type(&e, job);
	add(&e, memory_format(PREFIX "SEQ=%" PRIu64, run_queue_event(job, n - 1)->seq));
	add(&e, memory_format(PREFIX "COUNT=%zu", n));
	add(&e, memory_format(PREFIX "ATTEMPT=%u", run_queue_attempt(job)));
	for (size_t i = 0; i < RUN_MESSAGE_KEYS_MAX && (key = record_nth_name(keys, i)); i++)
		add_key(&e, job, key);
	return e.variables;
}

void run_message_input(const struct run_job *job, struct buffer *out) {
	for (size_t i = 0; i < run_queue_n_events(job); i++)
		event_print_json(run_queue_event(job, i), out);
}

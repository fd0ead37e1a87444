#include "notify/errand.h"

#include "base/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Of what it complains the last line is shown. */
#define COMPLAINT_MAX 1024

/* A program that runs for so long has begun well, however it ends. */
#define PATIENCE_SECONDS 10

struct errand {
	GSubprocess *process;
	GCancellable *cancellable;
	errand_done_fn done; /* NULL: it was called */
	void *userdata;
	guint timer;
	char complaint[COMPLAINT_MAX + 1];
	size_t n_complaint;
	char chunk[COMPLAINT_MAX];
};

static struct errand *errand_free(struct errand *e) {
	if (e->timer)
		(void)g_source_remove(e->timer);
	g_clear_object(&e->process);
	g_clear_object(&e->cancellable);
	return memory_free(e);
}

/* --- what it says --- */

static const char *last_line(struct errand *e) {
	char *line = e->complaint;

	g_strchomp(line);
	char *newline = strrchr(line, '\n');
	return newline ? newline + 1 : line;
}

static void keep(struct errand *e, size_t n) {
	size_t n_gone = e->n_complaint + n > COMPLAINT_MAX ? e->n_complaint + n - COMPLAINT_MAX : 0;

	memmove(e->complaint, e->complaint + n_gone, e->n_complaint - n_gone);
	e->n_complaint -= n_gone;
	memcpy(e->complaint + e->n_complaint, e->chunk, n);
	e->n_complaint += n;
	e->complaint[e->n_complaint] = '\0';
}

static void tell(struct errand *e, const char *problem) {
	errand_done_fn done = e->done;

	e->done = NULL;
	if (done && !g_cancellable_is_cancelled(e->cancellable))
		done(problem, e->userdata);
}

static gboolean on_patience(gpointer userdata) {
	struct errand *e = userdata;

	e->timer = 0;
	tell(e, NULL);
	return G_SOURCE_REMOVE;
}

static void on_end(GObject *source, GAsyncResult *result, gpointer userdata) {
	struct errand *e = userdata;
	bool is_waited = g_subprocess_wait_finish(e->process, result, NULL);
	bool is_good = is_waited && g_subprocess_get_successful(e->process);
	const char *line = last_line(e);

	tell(e, is_good ? NULL : line);
	errand_free(e);
}

static void read_on(struct errand *e);

static void on_read(GObject *source, GAsyncResult *result, gpointer userdata) {
	struct errand *e = userdata;
	gssize n = g_input_stream_read_finish(G_INPUT_STREAM(source), result, NULL);

	if (n <= 0) {
		g_subprocess_wait_async(e->process, e->cancellable, on_end, e);
		return;
	}
	keep(e, (size_t)n);
	read_on(e);
}

static void read_on(struct errand *e) {
	g_input_stream_read_async(g_subprocess_get_stderr_pipe(e->process), e->chunk,
		sizeof(e->chunk), G_PRIORITY_DEFAULT, e->cancellable, on_read, e);
}

/* --- how it runs --- */

static void add(GPtrArray *words, const char *word) {
	g_ptr_array_add(words, g_strdup(word));
}

/* Our own unit has no network, and new programs inherit that. */
static bool is_in_unit(void) {
	g_autofree char *program = g_find_program_in_path("systemd-run");

	return getenv("INVOCATION_ID") && program;
}

static GPtrArray *command_of(const char *const *argv, const char *token) {
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);

	if (is_in_unit()) {
		for (const char *const *word = (const char *const[]){ "systemd-run", "--user",
			     "--collect", "--quiet", "--pipe", "--wait", NULL };
			*word; word++)
			add(words, *word);
		if (token) {
			g_ptr_array_add(
				words, g_strconcat("--setenv=XDG_ACTIVATION_TOKEN=", token, NULL));
			g_ptr_array_add(
				words, g_strconcat("--setenv=DESKTOP_STARTUP_ID=", token, NULL));
		}
		add(words, "--");
	}
	for (; *argv; argv++)
		add(words, *argv);
	g_ptr_array_add(words, NULL);
	return words;
}

struct refusal {
	errand_done_fn done;
	void *userdata;
	GCancellable *cancellable;
	char *problem;
};

static gboolean on_refusal(gpointer userdata) {
	struct refusal *refusal = userdata;

	if (!g_cancellable_is_cancelled(refusal->cancellable))
		refusal->done(refusal->problem, refusal->userdata);
	g_object_unref(refusal->cancellable);
	memory_free(refusal->problem);
	memory_free(refusal);
	return G_SOURCE_REMOVE;
}

void errand_run(const char *const *argv, const char *token, GCancellable *cancellable,
	errand_done_fn done, void *userdata) {
	g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
		G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
	g_autoptr(GPtrArray) words = command_of(argv, token);
	g_autoptr(GError) error = NULL;
	GSubprocess *process;

	if (token) {
		g_subprocess_launcher_setenv(launcher, "XDG_ACTIVATION_TOKEN", token, TRUE);
		g_subprocess_launcher_setenv(launcher, "DESKTOP_STARTUP_ID", token, TRUE);
	}
	process = g_subprocess_launcher_spawnv(launcher, (const char *const *)words->pdata, &error);
	if (!process) {
		struct refusal *refusal = MEMORY_NEW(struct refusal);

		*refusal = (struct refusal){ done, userdata, g_object_ref(cancellable),
			memory_strdup(error->message) };
		(void)g_idle_add(on_refusal, refusal);
		return;
	}
	struct errand *e = MEMORY_NEW(struct errand);
	e->process = process;
	e->cancellable = g_object_ref(cancellable);
	e->done = done;
	e->userdata = userdata;
	e->timer = g_timeout_add_seconds(PATIENCE_SECONDS, on_patience, e);
	read_on(e);
}

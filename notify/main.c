/* posthorn-notify: tells on the desktop what posthornd tells on the bus. Joins the follower (what
 * has come) to the popup (what is on the screen), and keeps in a file how far that went. */
#include "notify/accounts.h"
#include "notify/cursor.h"
#include "notify/follower.h"
#include "notify/popup.h"

#include "base/log.h"
#include "base/memory.h"
#include "configuration.h"

#include <gio/gio.h>
#include <glib-unix.h>
#include <inttypes.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM_NAME "posthorn-notify"

/* Owned by the agent that runs in this session: a second one would show everything twice. */
#define AGENT_BUS_NAME "org.posthorn.Notify1"

/* Wrong use, or not needed: nothing that another try would change. The unit does not restart it. */
#define EXIT_USELESS 2

struct agent {
	GMainLoop *loop;
	GDBusConnection *bus;
	char *cursor_path;
	bool has_cursor, is_cursor_broken;
	uint64_t cursor; /* as in the file */
	struct accounts *accounts;
	struct popup *popup;
	struct follower *follower;
	int status;
};

/* --- the log: lines for a terminal, with a level in front for the journal --- */

static void write_line(const struct log_line *line, void *userdata) {
	const bool *is_journal = userdata;
	const char *account = line->account ? line->account : "";
	const char *colon = line->account ? ": " : "";

	if (*is_journal)
		fprintf(stderr, "<%d>%s%s%s\n", (int)line->level, account, colon, line->text);
	else
		fprintf(stderr, PROGRAM_NAME ": %s%s%s\n", account, colon, line->text);
}

/* --- the cursor --- */

static void load_cursor(struct agent *a) {
	int r;

	a->cursor_path = cursor_default_path();
	if (!a->cursor_path) {
		log_warning("neither $XDG_STATE_HOME nor $HOME is set: a restart begins anew");
		return;
	}
	r = cursor_load(a->cursor_path, &a->cursor);
	if (r < 0)
		log_warning("%s cannot be read: %s; what came before now is taken as known",
			a->cursor_path, strerror(-r));
	a->has_cursor = r > 0;
}

/* Everything up to here was shown, or needs no showing. */
static void save_cursor(struct agent *a) {
	uint64_t position, first_untold = a->popup ? popup_first_untold(a->popup) : 0;

	if (!a->follower || !follower_position(a->follower, &position))
		return;
	if (first_untold > 0)
		position = MIN(position, first_untold - 1);
	if (!a->cursor_path || (a->has_cursor && position == a->cursor))
		return;
	int r = cursor_save(a->cursor_path, position);
	if (r < 0 && !a->is_cursor_broken)
		log_warning("%s cannot be written: %s; a restart may repeat notifications",
			a->cursor_path, strerror(-r));
	a->is_cursor_broken = r < 0;
	a->has_cursor = true;
	a->cursor = position;
}

/* --- what happens --- */

static void on_told(void *userdata) {
	save_cursor(userdata);
}

static void on_position(void *userdata) {
	save_cursor(userdata);
}

static void on_mail(const char *account, const struct news_mail *mail, void *userdata) {
	struct agent *a = userdata;

	log_write(LOG_LEVEL_DEBUG, account, "mail, event %" PRIu64, mail->seq);
	popup_add(a->popup, account, mail);
}

static void end(struct agent *a, int status) {
	a->status = status;
	g_main_loop_quit(a->loop);
}

static void on_name_acquired(GDBusConnection *bus, const gchar *name, gpointer userdata) {
	struct agent *a = userdata;
	const struct follower_listener listener = {
		.on_mail = on_mail,
		.on_position = on_position,
		.userdata = a,
	};

	a->accounts = accounts_new(bus);
	a->popup = popup_new(bus, a->accounts, on_told, a);
	a->follower = follower_new(bus, a->accounts, a->has_cursor ? &a->cursor : NULL, &listener);
	log_info("ready");
}

static void on_name_lost(GDBusConnection *bus, const gchar *name, gpointer userdata) {
	struct agent *a = userdata;

	if (bus && !g_dbus_connection_is_closed(bus)) {
		log_error("another " PROGRAM_NAME " runs in this session");
		end(a, EXIT_USELESS);
	}
}

/* The session ends, and we with it. */
static void on_bus_closed(
	GDBusConnection *bus, gboolean remote_peer_vanished, GError *error, gpointer userdata) {
	log_info("the session's bus has ended");
	end(userdata, EXIT_SUCCESS);
}

static gboolean on_signal(gpointer userdata) {
	end(userdata, EXIT_SUCCESS);
	return G_SOURCE_CONTINUE;
}

static int run(void) {
	struct agent a = { .status = EXIT_SUCCESS };
	g_autoptr(GError) error = NULL;
	guint name;

	a.bus = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, &error);
	if (!a.bus) {
		log_error("no session bus: %s", error->message);
		return EXIT_FAILURE;
	}
	load_cursor(&a);
	a.loop = g_main_loop_new(NULL, FALSE);
	g_dbus_connection_set_exit_on_close(a.bus, FALSE);
	(void)g_signal_connect(a.bus, "closed", G_CALLBACK(on_bus_closed), &a);
	(void)g_unix_signal_add(SIGTERM, on_signal, &a);
	(void)g_unix_signal_add(SIGINT, on_signal, &a);
	name = g_bus_own_name_on_connection(a.bus, AGENT_BUS_NAME,
		G_BUS_NAME_OWNER_FLAGS_DO_NOT_QUEUE, on_name_acquired, on_name_lost, &a, NULL);

	g_main_loop_run(a.loop);

	save_cursor(&a);
	g_bus_unown_name(name);
	a.follower = follower_free(a.follower);
	a.popup = popup_free(a.popup);
	a.accounts = accounts_free(a.accounts);
	memory_free(a.cursor_path);
	g_main_loop_unref(a.loop);
	(void)g_signal_handlers_disconnect_by_data(a.bus, &a);
	g_object_unref(a.bus);
	return a.status;
}

int main(int argc, char **argv) {
	g_autofree char *level_word = NULL;
	gboolean wants_version = FALSE;
	const GOptionEntry entries[] = {
		{ "version", 0, 0, G_OPTION_ARG_NONE, &wants_version, "Show the version", NULL },
		{ "log-level", 0, 0, G_OPTION_ARG_STRING, &level_word,
			"error, warning, info (default) or debug", "LEVEL" },
		{ NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
	};
	g_autoptr(GOptionContext) options =
		g_option_context_new("- mail notifications of Posthorn");
	g_autoptr(GError) error = NULL;
	enum log_level level = LOG_LEVEL_INFO;
	bool is_journal = getenv("JOURNAL_STREAM") != NULL;

	(void)setlocale(LC_ALL, "");
	g_set_prgname(PROGRAM_NAME);
	g_option_context_add_main_entries(options, entries, NULL);
	if (!g_option_context_parse(options, &argc, &argv, &error)) {
		fprintf(stderr, PROGRAM_NAME ": %s\n", error->message);
		return EXIT_USELESS;
	}
	if (argc > 1 || (level_word && log_level_parse(level_word, &level) < 0)) {
		fprintf(stderr, PROGRAM_NAME ": try --help\n");
		return EXIT_USELESS;
	}
	if (wants_version) {
		puts(PROGRAM_NAME " " POSTHORN_VERSION);
		return EXIT_SUCCESS;
	}
	log_set_sink(write_line, &is_journal);
	log_set_level(level);
	return run();
}

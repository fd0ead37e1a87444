/* posthorn-notify: tells on the desktop what posthornd tells on the bus. */
#include "notify/agent.h"

#include "base/log.h"
#include "base/words.h"
#include "config/config-folders.h"
#include "config/language.h"
#include "configuration.h"
#include "notify/agent-config.h"

#include <gio/gio.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define PROGRAM_NAME "posthorn-notify"

/* Owned by the agent that runs in this session: a second one would show everything twice. */
#define AGENT_BUS_NAME "org.posthorn.Notify1"

/* Wrong use, or not needed: nothing that another try would change. The unit does not restart it. */
#define EXIT_USELESS 2

/* What main() waits for. */
struct life {
	GMainLoop *loop;
	struct agent *agent;
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

/* --- what happens --- */

static void end(struct life *l, int status) {
	l->status = status;
	g_main_loop_quit(l->loop);
}

static void on_name_acquired(GDBusConnection *bus, const gchar *name, gpointer userdata) {
	struct life *l = userdata;

	l->agent = agent_new(bus);
	log_info("ready");
}

static void on_name_lost(GDBusConnection *bus, const gchar *name, gpointer userdata) {
	if (bus && !g_dbus_connection_is_closed(bus)) {
		log_error("another " PROGRAM_NAME " runs in this session");
		end(userdata, EXIT_USELESS);
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

static gboolean on_hangup(gpointer userdata) {
	struct life *l = userdata;

	if (l->agent)
		agent_reload(l->agent);
	return G_SOURCE_CONTINUE;
}

static int run(void) {
	struct life l = { .status = EXIT_SUCCESS };
	g_autoptr(GError) error = NULL;
	GDBusConnection *bus = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, &error);
	guint name;

	if (!bus) {
		log_error("no session bus: %s", error->message);
		return EXIT_FAILURE;
	}
	l.loop = g_main_loop_new(NULL, FALSE);
	g_dbus_connection_set_exit_on_close(bus, FALSE);
	(void)g_signal_connect(bus, "closed", G_CALLBACK(on_bus_closed), &l);
	(void)g_unix_signal_add(SIGTERM, on_signal, &l);
	(void)g_unix_signal_add(SIGINT, on_signal, &l);
	(void)g_unix_signal_add(SIGHUP, on_hangup, &l);
	name = g_bus_own_name_on_connection(bus, AGENT_BUS_NAME,
		G_BUS_NAME_OWNER_FLAGS_DO_NOT_QUEUE, on_name_acquired, on_name_lost, &l, NULL);

	g_main_loop_run(l.loop);

	g_bus_unown_name(name);
	l.agent = agent_free(l.agent);
	g_main_loop_unref(l.loop);
	(void)g_signal_handlers_disconnect_by_data(bus, &l);
	g_object_unref(bus);
	return l.status;
}

/* What is wrong with [Notify], for whoever writes it. */
static int check_config(void) {
	char **folders = config_folders_of_user(POSTHORN_VENDORDIR);
	CLEANUP(agent_config_free)
	struct agent_config *config = agent_config_load((const char *const *)folders);
	const struct config_messages *messages = agent_config_messages(config);

	for (size_t i = 0; i < messages->n; i++)
		fprintf(stderr, "%s: %s\n", messages->items[i].is_error ? "error" : "warning",
			messages->items[i].text);
	(void)words_free(folders);
	return messages->n_errors > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv) {
	g_autofree char *level_word = NULL;
	gboolean wants_version = FALSE, wants_check = FALSE;
	const GOptionEntry entries[] = {
		{ "version", 0, 0, G_OPTION_ARG_NONE, &wants_version, N_("Show the version"),
			NULL },
		{ "check-config", 0, 0, G_OPTION_ARG_NONE, &wants_check,
			N_("Say what is wrong with [Notify] and end"), NULL },
		{ "log-level", 0, 0, G_OPTION_ARG_STRING, &level_word,
			N_("error, warning, info (default) or debug"), N_("LEVEL") },
		{ NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
	};
	g_autoptr(GOptionContext) options = g_option_context_new(NULL);
	g_autoptr(GError) error = NULL;
	enum log_level level = LOG_LEVEL_INFO;
	bool is_journal = getenv("JOURNAL_STREAM") != NULL;

	language_start(POSTHORN_LOCALEDIR);
	g_set_prgname(PROGRAM_NAME);
	g_option_context_set_summary(options, _("Mail notifications of Posthorn"));
	g_option_context_add_main_entries(options, entries, LANGUAGE_DOMAIN);
	if (!g_option_context_parse(options, &argc, &argv, &error)) {
		fprintf(stderr, PROGRAM_NAME ": %s\n", error->message);
		return EXIT_USELESS;
	}
	if (argc > 1 || (level_word && log_level_parse(level_word, &level) < 0)) {
		fprintf(stderr, PROGRAM_NAME ": %s\n", _("try --help"));
		return EXIT_USELESS;
	}
	if (wants_version) {
		puts(PROGRAM_NAME " " POSTHORN_VERSION);
		return EXIT_SUCCESS;
	}
	if (wants_check)
		return check_config();
	log_set_sink(write_line, &is_journal);
	log_set_level(level);
	return run();
}

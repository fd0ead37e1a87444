#include "notify/marking.h"

#include "base/memory.h"
#include "base/words.h"
#include "bus/names.h"
#include "config/language.h"
#include "notify/daemon-proxy.h"

#include <string.h>

/* The daemon waits for the server, which has time for a command. */
#define TIMEOUT_MSEC (90 * 1000)

struct marking {
	const struct accounts *accounts;
	char *account;
	char **ids;
	struct marking_listener listener;
};

static void free_marking(struct marking *m) {
	memory_free(m->account);
	(void)words_free(m->ids);
	memory_free(m);
}

static void tell_mail(const struct marking *m, const char *id, bool is_marked) {
	if (m->listener.on_mail)
		m->listener.on_mail(m->account, id, is_marked, m->listener.userdata);
}

static void tell_all(struct marking *m, GVariant *outcomes) {
	const char *problem = NULL;

	for (char **id = m->ids; *id; id++) {
		const char *outcome = "";

		(void)g_variant_lookup(outcomes, *id, "&s", &outcome);
		bool is_marked = !strcmp(outcome, "seen") || !strcmp(outcome, "gone");
		if (!is_marked)
			problem = _("the server refused it");
		tell_mail(m, *id, is_marked);
	}
	m->listener.on_end(m->account, problem, m->listener.userdata);
}

static void tell_failure(struct marking *m, GError *error) {
	g_autofree char *name = error ? g_dbus_error_get_remote_error(error) : NULL;
	struct account *account = accounts_find(m->accounts, m->account);

	if (account && (!g_strcmp0(name, BUS_ERROR_READ_ONLY) ||
			       !g_strcmp0(name, BUS_ERROR_NOT_SUPPORTED)))
		account->is_read_only = true;
	if (error)
		(void)g_dbus_error_strip_remote_error(error);
	for (char **id = m->ids; *id; id++)
		tell_mail(m, *id, false);
	m->listener.on_end(m->account, error ? error->message : _("the daemon is not running"),
		m->listener.userdata);
}

static void on_answer(GObject *source, GAsyncResult *result, gpointer userdata) {
	struct marking *m = userdata;
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) outcomes = NULL;
	bool is_answered = posthorn_account_call_mark_seen_finish(
		POSTHORN_ACCOUNT(source), &outcomes, result, &error);

	if (is_answered)
		tell_all(m, outcomes);
	else if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		tell_failure(m, error);
	free_marking(m);
}

void marking_start(const struct marking_question *question, GCancellable *cancellable,
	const struct marking_listener *listener) {
	struct marking *m = MEMORY_NEW(struct marking);
	g_autoptr(PosthornAccount) proxy = NULL;

	m->accounts = question->accounts;
	m->account = memory_strdup(question->account->id);
	m->ids = question->ids;
	m->listener = *listener;
	if (question->owner)
		proxy = daemon_proxy_account(
			question->bus, question->owner, question->account->path);
	if (!proxy) {
		tell_failure(m, NULL);
		free_marking(m);
		return;
	}
	g_dbus_proxy_set_default_timeout(G_DBUS_PROXY(proxy), TIMEOUT_MSEC);
	posthorn_account_call_mark_seen(
		proxy, (const char *const *)m->ids, cancellable, on_answer, m);
}

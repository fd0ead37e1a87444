#include "notify/tray-deeds.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/words.h"
#include "bus/names.h"
#include "notify/daemon-proxy.h"
#include "notify/errand.h"
#include "notify/mail-program.h"
#include "notify/marking.h"
#include "notify/tray-words.h"
#include "notify/wording.h"

#include <stdbool.h>
#include <string.h>

struct tray_deeds {
	GDBusConnection *bus;
	const struct accounts *accounts;
	tray_deeds_failed_fn on_failed;
	void *userdata;
	GCancellable *cancellable;
	char *owner;
};

struct tray_deeds *tray_deeds_new(GDBusConnection *bus, const struct accounts *accounts,
	tray_deeds_failed_fn on_failed, void *userdata) {
	struct tray_deeds *d = MEMORY_NEW(struct tray_deeds);

	d->bus = bus;
	d->accounts = accounts;
	d->on_failed = on_failed;
	d->userdata = userdata;
	d->cancellable = g_cancellable_new();
	return d;
}

struct tray_deeds *tray_deeds_free(struct tray_deeds *d) {
	if (!d)
		return NULL;
	g_cancellable_cancel(d->cancellable);
	g_object_unref(d->cancellable);
	memory_free(d->owner);
	return memory_free(d);
}

void tray_deeds_set_owner(struct tray_deeds *d, const char *owner) {
	memory_free(d->owner);
	d->owner = memory_strdup(owner);
}

static void fail(struct tray_deeds *d, char *problem) {
	log_warning("a choice in the tray's menu could not be followed");
	d->on_failed(problem, d->userdata);
	memory_free(problem);
}

/* --- the daemon --- */

static char *word_failure(enum tray_deed deed, const char *detail) {
	switch (deed) {
	case TRAY_CHECK:
		return tray_words_not_checked(detail);
	case TRAY_PAUSE:
	case TRAY_PAUSE_HOUR:
		return tray_words_not_paused(detail);
	case TRAY_RESUME:
		return tray_words_not_resumed(detail);
	case TRAY_NOTHING:
	case TRAY_SEPARATOR:
	case TRAY_OPEN:
	case TRAY_MARK:
		break;
	}
	return memory_strdup(detail);
}

struct question {
	struct tray_deeds *deeds;
	enum tray_deed deed;
};

static void on_answer(GObject *source, GAsyncResult *result, gpointer userdata) {
	struct question *question = userdata;
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply = g_dbus_proxy_call_finish(G_DBUS_PROXY(source), result, &error);

	if (!reply && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
		(void)g_dbus_error_strip_remote_error(error);
		fail(question->deeds, word_failure(question->deed, error->message));
	}
	memory_free(question);
}

static GVariant *arguments_of(enum tray_deed deed) {
	if (deed == TRAY_PAUSE_HOUR)
		return g_variant_new("(t)", (guint64)g_get_real_time() + USEC_PER_HOUR);
	return deed == TRAY_PAUSE ? g_variant_new("(t)", (guint64)0) : NULL;
}

static const char *method_of(enum tray_deed deed) {
	if (deed == TRAY_CHECK)
		return BUS_METHOD_CHECK_NOW;
	return deed == TRAY_RESUME ? BUS_METHOD_RESUME : BUS_METHOD_PAUSE;
}

static void ask(struct tray_deeds *d, enum tray_deed deed, GDBusProxy *proxy, GVariant *arguments) {
	struct question *question = MEMORY_NEW(struct question);

	*question = (struct question){ .deeds = d, .deed = deed };
	g_dbus_proxy_call(proxy, method_of(deed), arguments, G_DBUS_CALL_FLAGS_NO_AUTO_START, -1,
		d->cancellable, on_answer, question);
}

/* A login that was refused is tried only for accounts that are named, so "all" names none. */
static void check_all(struct tray_deeds *d) {
	g_autoptr(PosthornManager) manager = daemon_proxy_manager(d->bus, d->owner);

	if (manager)
		ask(d, TRAY_CHECK, G_DBUS_PROXY(manager), g_variant_new("(as)", NULL));
}

static void tell_account(struct tray_deeds *d, enum tray_deed deed, const struct account *account) {
	g_autoptr(PosthornAccount) proxy = daemon_proxy_account(d->bus, d->owner, account->path);
	bool is_paused = !strcmp(account->state, "paused");

	if (proxy && is_paused == (deed == TRAY_RESUME))
		ask(d, deed, G_DBUS_PROXY(proxy), arguments_of(deed));
}

void tray_deeds_tell(struct tray_deeds *d, enum tray_deed deed, const char *account) {
	g_autoptr(GPtrArray) all = accounts_list(d->accounts);

	if (!d->owner) {
		fail(d, word_failure(deed, tray_words_away()));
		return;
	}
	if (deed == TRAY_CHECK && !account) {
		check_all(d);
		return;
	}
	for (guint i = 0; i < all->len; i++) {
		const struct account *one = all->pdata[i];

		if (!account || !strcmp(one->id, account))
			tell_account(d, deed, one);
	}
}

/* --- mail --- */

static void on_marking_end(const char *account, const char *problem, void *userdata) {
	if (problem)
		fail(userdata, wording_not_marked(problem));
}

void tray_deeds_mark(struct tray_deeds *d, const char *account, const char *id) {
	/* What is marked the daemon says to everybody, as a retired message. */
	const struct marking_listener listener = {
		.on_end = on_marking_end,
		.userdata = d,
	};
	struct marking_question question = {
		.bus = d->bus,
		.accounts = d->accounts,
		.owner = d->owner,
		.account = accounts_find(d->accounts, account),
	};

	if (!question.account)
		return;
	question.ids = MEMORY_NEW_ARRAY(char *, 2);
	question.ids[0] = memory_strdup(id);
	marking_start(&question, d->cancellable, &listener);
}

static void on_opened(const char *problem, void *userdata) {
	if (problem)
		fail(userdata, wording_not_opened(problem));
}

void tray_deeds_open(struct tray_deeds *d, const struct settings *settings, const char *account,
	const struct news_mail *mail, const char *token) {
	char **argv = mail_program_command(settings_open_command(settings), account, mail);

	if (argv)
		errand_run((const char *const *)argv, token, d->cancellable, on_opened, d);
	else
		fail(d, wording_not_opened(wording_no_mail_program()));
	(void)words_free(argv);
}

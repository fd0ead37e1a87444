#include "notify/clicks.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/words.h"
#include "notify/card.h"
#include "notify/errand.h"
#include "notify/mail-program.h"
#include "notify/marking.h"
#include "notify/wording.h"

#include <stdbool.h>
#include <string.h>

struct clicks {
	GDBusConnection *bus;
	struct popup *popup;
	struct accounts *accounts;
	const struct agent_config *config;
	GCancellable *cancellable;
};

/* A program that runs for a notification. */
struct run {
	struct clicks *clicks;
	enum board_kind kind;
	char *account;
	char **ids; /* of the mails that are told again when it fails; NULL: none */
};

struct clicks *clicks_new(GDBusConnection *bus, struct popup *popup, struct accounts *accounts) {
	struct clicks *c = MEMORY_NEW(struct clicks);

	c->bus = bus;
	c->popup = popup;
	c->accounts = accounts;
	c->cancellable = g_cancellable_new();
	return c;
}

struct clicks *clicks_free(struct clicks *c) {
	if (!c)
		return NULL;
	g_cancellable_cancel(c->cancellable);
	g_object_unref(c->cancellable);
	return memory_free(c);
}

void clicks_set_config(struct clicks *c, const struct agent_config *config) {
	c->config = config;
}

/* --- programs --- */

static void fail(struct clicks *c, enum board_kind kind, const char *account, const char *detail) {
	CLEANUP_TEXT char *problem = wording_not_opened(detail);

	log_write(LOG_LEVEL_WARNING, account, "a click could not be followed");
	popup_set_problem(c->popup, kind, account, problem);
}

static void on_run_end(const char *problem, void *userdata) {
	struct run *run = userdata;

	for (char **id = run->ids; id && *id; id++)
		popup_release(run->clicks->popup, run->account, *id, !problem);
	if (problem)
		fail(run->clicks, run->kind, run->account, problem);
	(void)words_free(run->ids);
	memory_free(run->account);
	memory_free(run);
}

/* The service closes what was clicked: when the program fails, there is to be something left that
 * says so. */
static void run(struct clicks *c, const struct popup_click *click, char **argv,
	const char *problem_without) {
	struct run *started = MEMORY_NEW(struct run);

	if (click->kind == BOARD_MAIL)
		started->ids = popup_hold(c->popup, click->account);

	started->clicks = c;
	started->kind = click->kind;
	started->account = memory_strdup(click->account);
	if (argv)
		errand_run((const char *const *)argv, click->token, c->cancellable, on_run_end,
			started);
	else
		on_run_end(problem_without, started);
}

static void open_mail(struct clicks *c, const struct popup_click *click) {
	const struct news_mail *mail = popup_newest(c->popup, click->account);
	char *const *configured = settings_open_command(agent_config_of(c->config, click->account));
	char **argv = mail ? mail_program_command(configured, click->account, mail) : NULL;

	if (mail)
		run(c, click, argv, wording_no_mail_program());
	(void)words_free(argv);
}

/* The doctor asks and answers on a terminal. */
static void open_doctor(struct clicks *c, const struct popup_click *click) {
	static const char *const terminals[][2] = {
		{ "xdg-terminal-exec", NULL },
		{ "x-terminal-emulator", "-e" },
	};
	const char *argv[8];
	unsigned n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(terminals) && n == 0; i++) {
		g_autofree char *found = g_find_program_in_path(terminals[i][0]);

		if (!found)
			continue;
		argv[n++] = terminals[i][0];
		if (terminals[i][1])
			argv[n++] = terminals[i][1];
	}
	bool has_terminal = n > 0;
	/* A terminal closes with its program: what it said is to be read. */
	argv[n++] = "sh";
	argv[n++] = "-c";
	argv[n++] = "posthorn doctor \"$1\"; read -r line";
	argv[n++] = "posthorn-doctor";
	argv[n++] = click->account;
	argv[n] = NULL;
	run(c, click, has_terminal ? (char **)argv : NULL, wording_no_terminal());
}

/* --- mail --- */

static void on_mail_marked(const char *account, const char *id, bool is_marked, void *userdata) {
	struct clicks *c = userdata;

	popup_release(c->popup, account, id, is_marked);
}

static void on_marking_end(const char *account, const char *problem, void *userdata) {
	struct clicks *c = userdata;

	if (!problem) {
		log_write(LOG_LEVEL_DEBUG, account, "marked as read");
		return;
	}
	CLEANUP_TEXT char *sentence = wording_not_marked(problem);
	log_write(LOG_LEVEL_WARNING, account, "mail could not be marked as read");
	popup_set_problem(c->popup, BOARD_MAIL, account, sentence);
}

static void mark(struct clicks *c, const struct popup_click *click, const char *owner) {
	const struct account *account = accounts_find(c->accounts, click->account);
	const struct marking_listener listener = {
		.on_mail = on_mail_marked,
		.on_end = on_marking_end,
		.userdata = c,
	};
	struct marking_question question = {
		.bus = c->bus,
		.accounts = c->accounts,
		.owner = owner,
		.account = account,
	};

	if (account)
		question.ids = popup_hold(c->popup, click->account);
	if (question.ids)
		marking_start(&question, c->cancellable, &listener);
}

void clicks_take(struct clicks *c, const struct popup_click *click, const char *owner) {
	uint64_t snooze_usec = card_snooze_usec(click->action);

	log_write(LOG_LEVEL_DEBUG, click->account, "clicked: %s", click->action);
	if (!strcmp(click->action, CARD_OPEN) && click->kind == BOARD_TROUBLE)
		open_doctor(c, click);
	else if (!strcmp(click->action, CARD_OPEN))
		open_mail(c, click);
	else if (!strcmp(click->action, CARD_MARK))
		mark(c, click, owner);
	else if (snooze_usec > 0)
		popup_snooze(c->popup, click->account, snooze_usec);
}

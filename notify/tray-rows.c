#include "notify/tray-rows.h"

#include "base/memory.h"
#include "base/text.h"
#include "notify/tray-words.h"
#include "notify/wording.h"

#include <string.h>

static struct tray_row *add(struct tray_rows *r, unsigned level, enum tray_deed deed, char *label) {
	r->items = memory_resize(r->items, r->n + 1, sizeof(*r->items));
	r->items[r->n] = (struct tray_row){
		.level = level, .deed = deed, .label = label, .is_enabled = true
	};
	return &r->items[r->n++];
}

static struct tray_row *add_deed(
	struct tray_rows *r, enum tray_deed deed, const char *label, const char *account) {
	struct tray_row *row = add(r, 1, deed, memory_strdup(label));

	row->account = memory_strdup(account);
	return row;
}

static void add_words(struct tray_rows *r, unsigned level, char *label) {
	add(r, level, TRAY_NOTHING, label)->is_enabled = false;
}

/* Between two groups: never first, never two of them. */
static void add_separator(struct tray_rows *r) {
	if (r->n > 0 && r->items[r->n - 1].deed != TRAY_SEPARATOR)
		(void)add(r, 0, TRAY_SEPARATOR, NULL);
}

static bool is_paused(const struct account *account) {
	return !strcmp(account->state, "paused");
}

static void add_account(struct tray_rows *r, const struct account *account) {
	CLEANUP_TEXT char *reason = tray_words_reason(account);

	(void)add(r, 0, TRAY_NOTHING, tray_words_account(account));
	if (*reason)
		add_words(r, 1, TAKE_PTR(reason));
	if (is_paused(account)) {
		(void)add_deed(r, TRAY_RESUME, tray_words_resume(), account->id);
		return;
	}
	(void)add_deed(r, TRAY_CHECK, tray_words_check(), account->id);
	(void)add_deed(r, TRAY_PAUSE_HOUR, tray_words_pause_hour(), account->id);
	(void)add_deed(r, TRAY_PAUSE, tray_words_pause(), account->id);
}

static void add_accounts(struct tray_rows *r, const struct tray_facts *facts) {
	size_t n = MIN(facts->n_accounts, (size_t)TRAY_ROWS_ACCOUNTS_MAX);

	if (n == 0)
		add_words(r, 0, memory_strdup(tray_words_no_accounts()));
	for (size_t i = 0; i < n; i++)
		add_account(r, facts->accounts[i]);
	if (n < facts->n_accounts)
		add_words(r, 0, tray_words_more(facts->n_accounts - n));
}

static const struct account *find_account(const struct tray_facts *facts, const char *id) {
	for (size_t i = 0; i < facts->n_accounts; i++)
		if (!strcmp(facts->accounts[i]->id, id))
			return facts->accounts[i];
	return NULL;
}

static void add_mail(struct tray_rows *r, const struct tray_facts *facts,
	const struct news_mail *mail, const char *account) {
	const struct settings *settings = agent_config_of(facts->config, account);

	(void)add(r, 0, TRAY_NOTHING, tray_words_mail(mail, settings_privacy(settings)));
	add_deed(r, TRAY_OPEN, wording_open(), account)->mail = memory_strdup(mail->id);
	if (accounts_can_mark(find_account(facts, account)))
		add_deed(r, TRAY_MARK, wording_mark(1), account)->mail = memory_strdup(mail->id);
}

static void add_mails(struct tray_rows *r, const struct tray_facts *facts) {
	const struct news_mail *mail;
	const char *account;
	unsigned n = 0;

	if (facts->is_locked)
		return;
	for (size_t i = 0;
		n < TRAY_ROWS_MAILS_MAX && (mail = tray_mails_newest(facts->mails, i, &account));
		i++) {
		const struct settings *settings = agent_config_of(facts->config, account);

		if (settings_privacy(settings) == SETTINGS_PRIVACY_COUNT)
			continue;
		add_mail(r, facts, mail, account);
		n++;
	}
}

static void add_deeds(struct tray_rows *r, const struct tray_facts *facts) {
	size_t n_paused = 0;

	for (size_t i = 0; i < facts->n_accounts; i++)
		n_paused += is_paused(facts->accounts[i]);
	if (n_paused < facts->n_accounts) {
		(void)add(r, 0, TRAY_CHECK, memory_strdup(tray_words_check()));
		(void)add(r, 0, TRAY_PAUSE_HOUR, memory_strdup(tray_words_pause_hour()));
		(void)add(r, 0, TRAY_PAUSE, memory_strdup(tray_words_pause()));
	}
	if (n_paused > 0)
		(void)add(r, 0, TRAY_RESUME, memory_strdup(tray_words_resume_all()));
}

struct tray_rows *tray_rows_new(const struct tray_facts *facts) {
	struct tray_rows *r = MEMORY_NEW(struct tray_rows);

	if (!facts->is_running) {
		add_words(r, 0, memory_strdup(tray_words_away()));
		return r;
	}
	if (facts->problem) {
		add_words(r, 0, memory_strdup(facts->problem));
		add_separator(r);
	}
	add_accounts(r, facts);
	if (facts->n_accounts == 0)
		return r;
	add_separator(r);
	add_mails(r, facts);
	add_separator(r);
	add_deeds(r, facts);
	return r;
}

struct tray_rows *tray_rows_free(struct tray_rows *r) {
	if (!r)
		return NULL;
	for (size_t i = 0; i < r->n; i++) {
		memory_free(r->items[i].label);
		memory_free(r->items[i].account);
		memory_free(r->items[i].mail);
	}
	memory_free(r->items);
	return memory_free(r);
}

static bool is_same(const struct tray_row *a, const struct tray_row *b) {
	return a->deed == b->deed && a->level == b->level && a->is_enabled == b->is_enabled &&
	       text_equal(a->label, b->label) && text_equal(a->account, b->account) &&
	       text_equal(a->mail, b->mail);
}

bool tray_rows_equal(const struct tray_rows *a, const struct tray_rows *b) {
	if (!a || !b || a->n != b->n)
		return a == b;
	for (size_t i = 0; i < a->n; i++)
		if (!is_same(&a->items[i], &b->items[i]))
			return false;
	return true;
}

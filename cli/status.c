#include "cli/status.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/reason.h"
#include "base/text.h"
#include "bus/names.h"
#include "cli/moment.h"
#include "config/language.h"

/* The words of the property State, in the order in which the summary counts them. */
static const struct {
	const char *word;
	enum table_style style;
} states[] = {
	{ "online", TABLE_STYLE_GOOD },
	{ "connecting", TABLE_STYLE_WAITING },
	{ "degraded", TABLE_STYLE_WAITING },
	{ "offline", TABLE_STYLE_WAITING },
	{ "paused", TABLE_STYLE_PLAIN },
	{ "failed", TABLE_STYLE_BAD },
};

struct status *status_new(void) {
	struct status *s = MEMORY_NEW(struct status);
	s->manager = record_new();
	return s;
}

struct status *status_free(struct status *s) {
	if (!s)
		return NULL;
	for (size_t i = 0; i < s->n_accounts; i++) {
		record_free(s->accounts[i]);
		if (s->mailboxes)
			mailbox_list_deinit(&s->mailboxes[i]);
	}
	free(s->accounts);
	free(s->mailboxes);
	record_free(s->manager);
	return memory_free(s);
}

struct record *status_add_account(struct status *s) {
	s->accounts = memory_resize(s->accounts, s->n_accounts + 1, sizeof(*s->accounts));
	s->accounts[s->n_accounts] = record_new();
	return s->accounts[s->n_accounts++];
}

static bool is_among(const char *const *ids, const char *id) {
	for (; *ids; ids++)
		if (strcmp(*ids, id) == 0)
			return true;
	return false;
}

void status_select(struct status *s, const char *const *ids) {
	size_t n = 0;
	for (size_t i = 0; i < s->n_accounts; i++)
		if (is_among(ids, record_text_or_empty(s->accounts[i], BUS_PROPERTY_ID)))
			s->accounts[n++] = s->accounts[i];
		else
			(void)record_free(s->accounts[i]);
	s->n_accounts = n;
	s->mailboxes = MEMORY_NEW_ARRAY(struct mailbox_list, n + 1);
}

bool status_has_account(const struct status *s, const char *id) {
	for (size_t i = 0; i < s->n_accounts; i++)
		if (strcmp(record_text_or_empty(s->accounts[i], BUS_PROPERTY_ID), id) == 0)
			return true;
	return false;
}

static bool is_in_state(const struct record *account, const char *word) {
	return strcmp(record_text_or_empty(account, BUS_PROPERTY_STATE), word) == 0;
}

bool status_all_online(const struct status *s) {
	for (size_t i = 0; i < s->n_accounts; i++)
		if (!is_in_state(s->accounts[i], "online"))
			return false;
	return true;
}

uint64_t status_unseen(const struct status *s) {
	uint64_t n = 0;
	if (!s->mailboxes)
		return record_unsigned(s->manager, BUS_PROPERTY_UNSEEN, 0);
	for (size_t i = 0; i < s->n_accounts; i++)
		n += record_unsigned(s->accounts[i], BUS_PROPERTY_UNSEEN, 0);
	return n;
}

size_t status_online(const struct status *s) {
	size_t n = 0;
	for (size_t i = 0; i < s->n_accounts; i++)
		n += is_in_state(s->accounts[i], "online") ||
		     is_in_state(s->accounts[i], "degraded");
	return n;
}

static enum table_style style_of(const struct record *account) {
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (is_in_state(account, states[i].word))
			return states[i].style;
	return TABLE_STYLE_PLAIN;
}

/* "Work (work)": the id in brackets is what other verbs want to be told. */
static char *name_of(const struct record *account) {
	const char *id = record_text_or_empty(account, BUS_PROPERTY_ID);
	const char *name = record_text_or_empty(account, BUS_PROPERTY_NAME);
	if (text_is_empty(name) || strcmp(id, name) == 0)
		return memory_strdup(id);
	return memory_format("%s (%s)", name, id);
}

static const char *dash_if_empty(const char *text) {
	return text_is_empty(text) ? "-" : text;
}

/* "The server does not answer: read timed out; next try in 14 min", or NULL when there is nothing
 * to say. A reason that is not known here stands as the daemon's word. */
static char *note_of(const struct record *account, uint64_t now_usec) {
	const char *word = record_text_or_empty(account, BUS_PROPERTY_REASON);
	const char *detail = record_text_or_empty(account, BUS_PROPERTY_REASON_TEXT);
	uint64_t retry_usec = record_unsigned(account, BUS_PROPERTY_RETRY_AT, 0);
	if (is_in_state(account, "online"))
		return NULL;

	enum reason reason = reason_from_string(word);
	const char *sentence = reason == REASON_NONE ? word : reason_to_sentence(reason);
	CLEANUP_TEXT char *retry = NULL;
	if (retry_usec > 0) {
		CLEANUP_TEXT char *ahead = moment_format_ahead(now_usec, retry_usec);
		retry = memory_format(_("next try %s"), ahead);
	}
	/* A detail may begin with the sentence already. */
	bool has_detail = !text_is_empty(detail) && strcmp(detail, sentence) != 0;
	bool has_sentence = !text_is_empty(sentence) &&
			    !(has_detail && strncmp(detail, sentence, strlen(sentence)) == 0);
	if (!has_sentence && !has_detail && !retry)
		return NULL;
	return memory_format("%s%s%s%s%s", has_sentence ? sentence : "",
		has_sentence && has_detail ? ": " : "", has_detail ? detail : "",
		retry && (has_sentence || has_detail) ? "; " : "", retry ? retry : "");
}

static void add_account(struct table *t, const struct record *account, uint64_t now_usec) {
	CLEANUP_TEXT char *name = name_of(account);
	CLEANUP_TEXT char *unseen =
		memory_format("%" PRIu64, record_unsigned(account, BUS_PROPERTY_UNSEEN, 0));
	uint64_t contact_usec = record_unsigned(account, BUS_PROPERTY_LAST_CONTACT, 0);
	CLEANUP_TEXT char *contact = contact_usec > 0 ? moment_format_ago(now_usec, contact_usec)
						      : memory_strdup("never");
	CLEANUP_TEXT char *note = note_of(account, now_usec);

	table_add(t, TABLE_STYLE_PLAIN, name);
	table_add(t, style_of(account),
		dash_if_empty(record_text_or_empty(account, BUS_PROPERTY_STATE)));
	table_add(t, TABLE_STYLE_PLAIN,
		dash_if_empty(record_text_or_empty(account, BUS_PROPERTY_STRATEGY)));
	table_add(t, TABLE_STYLE_PLAIN, unseen);
	table_add(t, TABLE_STYLE_PLAIN, contact);
	if (note)
		table_add_note(t, note);
}

static void print_mailboxes(
	const struct status *s, const struct table_look *look, struct buffer *out) {
	CLEANUP(table_free) struct table *t = mailbox_list_new_table();
	size_t n = 0;
	for (size_t i = 0; i < s->n_accounts; i++) {
		const char *id = s->n_accounts > 1
					 ? record_text_or_empty(s->accounts[i], BUS_PROPERTY_ID)
					 : NULL;
		mailbox_list_add_rows(&s->mailboxes[i], id, t);
		n += s->mailboxes[i].n;
	}
	if (n == 0)
		return;
	table_print(t, look, out);
	(void)buffer_append_text(out, "\n");
}

/* "3 accounts: 2 online, 1 failed; 5 unseen messages" */
static void print_summary(const struct status *s, struct buffer *out) {
	uint64_t unseen = status_unseen(s);
	const char *separator = ": ";
	(void)buffer_append_format(out,
		language_plural("%" PRIu64 " account", "%" PRIu64 " accounts", s->n_accounts),
		(uint64_t)s->n_accounts);
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		size_t n = 0;
		for (size_t j = 0; j < s->n_accounts; j++)
			n += is_in_state(s->accounts[j], states[i].word);
		if (n == 0)
			continue;
		(void)buffer_append_format(out, "%s%zu %s", separator, n, states[i].word);
		separator = ", ";
	}
	(void)buffer_append_text(out, "; ");
	(void)buffer_append_format(out,
		language_plural(
			"%" PRIu64 " unseen message", "%" PRIu64 " unseen messages", unseen),
		unseen);
	(void)buffer_append_text(out, "\n");
}

void status_print_table(const struct status *s, uint64_t now_usec, const struct table_look *look,
	struct buffer *out) {
	static const char *const heads[] = { "ACCOUNT", "STATE", "STRATEGY", "UNSEEN",
		"LAST CONTACT" };
	CLEANUP(table_free) struct table *t = table_new(ARRAY_SIZE(heads));
	table_align_right(t, 3);
	for (size_t i = 1; i < ARRAY_SIZE(heads); i++)
		table_keep_whole(t, i);
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		table_add(t, TABLE_STYLE_HEAD, heads[i]);
	for (size_t i = 0; i < s->n_accounts; i++)
		add_account(t, s->accounts[i], now_usec);

	if (s->n_accounts == 0 && s->mailboxes)
		return;
	if (s->n_accounts == 0) {
		(void)buffer_append_text(
			out, _("No account is configured, see posthorn.conf(5)\n"));
		return;
	}
	table_print(t, look, out);
	(void)buffer_append_text(out, "\n");
	if (s->mailboxes)
		print_mailboxes(s, look, out);
	print_summary(s, out);
}

void status_print_json(const struct status *s, struct buffer *out) {
	static const char *const said[] = { "accounts", NULL };
	struct json_writer w;
	json_init(&w, out);
	json_begin_object(&w);
	json_key(&w, "accounts");
	json_begin_array(&w);
	for (size_t i = 0; i < s->n_accounts; i++) {
		json_begin_object(&w);
		record_write_json(s->accounts[i], NULL, &w);
		if (s->mailboxes) {
			json_key(&w, "Mailboxes");
			mailbox_list_write_json(&s->mailboxes[i], &w);
		}
		json_end_object(&w);
	}
	json_end_array(&w);
	record_write_json(s->manager, said, &w);
	json_end_object(&w);
	(void)buffer_append_text(out, "\n");
}

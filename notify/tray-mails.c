#include "notify/tray-mails.h"

#include "base/memory.h"
#include "notify/news-mail.h"

#include <string.h>

/* A subject may be as long as a header is allowed to be; nobody reads more than its beginning. */
#define TEXT_BYTES_MAX 1024

struct entry {
	char *account;
	struct news_mail mail; /* its texts are owned */
};

struct tray_mails {
	struct entry entries[TRAY_MAILS_MAX]; /* newest first */
	size_t n;
};

static void clear_entry(struct entry *entry) {
	memory_free(entry->account);
	news_mail_clear(&entry->mail);
}

struct tray_mails *tray_mails_new(void) {
	return MEMORY_NEW(struct tray_mails);
}

void tray_mails_clear(struct tray_mails *m) {
	while (m->n > 0)
		clear_entry(&m->entries[--m->n]);
}

struct tray_mails *tray_mails_free(struct tray_mails *m) {
	if (!m)
		return NULL;
	tray_mails_clear(m);
	return memory_free(m);
}

static size_t find(const struct tray_mails *m, const char *id) {
	size_t i = 0;

	while (i < m->n && strcmp(m->entries[i].mail.id, id))
		i++;
	return i;
}

static void remove_at(struct tray_mails *m, size_t i) {
	clear_entry(&m->entries[i]);
	m->n--;
	memmove(&m->entries[i], &m->entries[i + 1], (m->n - i) * sizeof(m->entries[0]));
}

void tray_mails_add(struct tray_mails *m, const char *account, const struct news_mail *mail) {
	size_t i = 0;

	if (!mail->id || find(m, mail->id) < m->n)
		return;
	while (i < m->n && m->entries[i].mail.seq > mail->seq)
		i++;
	if (i == TRAY_MAILS_MAX)
		return;
	if (m->n == TRAY_MAILS_MAX)
		remove_at(m, m->n - 1);
	memmove(&m->entries[i + 1], &m->entries[i], (m->n - i) * sizeof(m->entries[0]));
	m->entries[i].account = memory_strdup(account);
	news_mail_copy(mail, TEXT_BYTES_MAX, &m->entries[i].mail);
	m->n++;
}

void tray_mails_retire(struct tray_mails *m, const char *id) {
	size_t i = find(m, id);

	if (i < m->n)
		remove_at(m, i);
}

const struct news_mail *tray_mails_newest(
	const struct tray_mails *m, size_t i, const char **ret_account) {
	if (i >= m->n)
		return NULL;
	*ret_account = m->entries[i].account;
	return &m->entries[i].mail;
}

const struct news_mail *tray_mails_find(
	const struct tray_mails *m, const char *id, const char **ret_account) {
	return tray_mails_newest(m, find(m, id), ret_account);
}

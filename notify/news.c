#include "notify/news.h"

#include "base/memory.h"
#include "base/text.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/* A subject may be as long as a header is allowed to be; nobody reads more than its beginning. */
#define TEXT_BYTES_MAX 4096

struct owned_mail {
	uint64_t seq;
	char *mailbox;
	char *from_name;
	char *from_address;
	char *subject;
	struct news_mail view; /* the same, as given out */
};

struct news {
	char *account;
	uint64_t n_told, n_in_flight, n_untold;
	uint64_t first_in_flight, first_untold; /* numbers of mails; 0: none */
	uint64_t first_usec, last_usec; /* when the untold ones came */
	bool again; /* what was told is to be told once more */
	struct owned_mail newest[NEWS_NEWEST_MAX]; /* newest first */
	unsigned n_newest;
};

static void clear_mail(struct owned_mail *m) {
	memory_free(m->mailbox);
	memory_free(m->from_name);
	memory_free(m->from_address);
	memory_free(m->subject);
	*m = (struct owned_mail){ 0 };
}

static char *copy_text(const char *text) {
	return text ? text_utf8(text, strlen(text), TEXT_BYTES_MAX) : NULL;
}

static void copy_mail(struct owned_mail *m, const struct news_mail *mail) {
	*m = (struct owned_mail){
		.seq = mail->seq,
		.mailbox = copy_text(mail->mailbox),
		.from_name = copy_text(mail->from_name),
		.from_address = copy_text(mail->from_address),
		.subject = copy_text(mail->subject),
	};
	m->view = (struct news_mail){
		.seq = m->seq,
		.mailbox = m->mailbox,
		.from_name = m->from_name,
		.from_address = m->from_address,
		.subject = m->subject,
	};
}

struct news *news_new(const char *account) {
	struct news *n = MEMORY_NEW(struct news);

	n->account = memory_strdup(account);
	return n;
}

static void trim(struct news *n, uint64_t n_kept) {
	while (n->n_newest > n_kept)
		clear_mail(&n->newest[--n->n_newest]);
}

struct news *news_free(struct news *n) {
	if (!n)
		return NULL;
	trim(n, 0);
	memory_free(n->account);
	return memory_free(n);
}

const char *news_account(const struct news *n) {
	return n->account;
}

void news_add(struct news *n, const struct news_mail *mail, uint64_t now_usec) {
	trim(n, NEWS_NEWEST_MAX - 1);
	memmove(&n->newest[1], &n->newest[0], n->n_newest * sizeof(n->newest[0]));
	copy_mail(&n->newest[0], mail);
	n->n_newest++;

	if (n->n_untold++ == 0) {
		n->first_untold = mail->seq;
		n->first_usec = now_usec;
	}
	n->last_usec = now_usec;
}

uint64_t news_due(const struct news *n) {
	if (n->n_in_flight > 0)
		return USEC_NEVER;
	if (n->again)
		return 0;
	if (n->n_untold == 0)
		return USEC_NEVER;
	return MIN(n->last_usec + NEWS_QUIET_USEC, n->first_usec + NEWS_PATIENCE_USEC);
}

void news_take(struct news *n) {
	assert(n->n_in_flight == 0);
	/* What is told again flies too: a failure must not lose it. */
	n->n_in_flight = n->again ? n->n_told + n->n_untold : n->n_untold;
	if (n->again)
		n->n_told = 0;
	n->first_in_flight = n->first_untold;
	n->n_untold = n->first_untold = 0;
	n->again = false;
}

void news_told(struct news *n) {
	n->n_told += n->n_in_flight;
	n->n_in_flight = n->first_in_flight = 0;
}

void news_failed(struct news *n, uint64_t now_usec) {
	n->n_untold += n->n_in_flight;
	if (n->first_in_flight > 0)
		n->first_untold = n->first_in_flight;
	n->n_in_flight = n->first_in_flight = 0;
	n->first_usec = n->last_usec = now_usec;
}

void news_closed(struct news *n) {
	n->n_told = 0;
	n->again = false;
	trim(n, n->n_in_flight + n->n_untold);
}

void news_lost(struct news *n, uint64_t now_usec) {
	n->again = n->again || n->n_told > 0;
	n->last_usec = now_usec;
}

uint64_t news_n_mails(const struct news *n) {
	return n->n_told + n->n_in_flight + n->n_untold;
}

const struct news_mail *news_newest(const struct news *n, unsigned i) {
	return i < n->n_newest ? &n->newest[i].view : NULL;
}

uint64_t news_first_untold(const struct news *n) {
	return n->first_in_flight > 0 ? n->first_in_flight : n->first_untold;
}

bool news_is_idle(const struct news *n) {
	return news_n_mails(n) == 0;
}

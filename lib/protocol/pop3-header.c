#include "protocol/pop3-header.h"

#include <string.h>

#include "base/buffer.h"
#include "base/macros.h"
#include "base/memory.h"
#include "base/text.h"

static const char *const names[POP3_FIELD_COUNT_] = {
	[POP3_FIELD_FROM] = "From",
	[POP3_FIELD_SUBJECT] = "Subject",
	[POP3_FIELD_DATE] = "Date",
	[POP3_FIELD_MESSAGE_ID] = "Message-ID",
	[POP3_FIELD_LIST_ID] = "List-Id",
	[POP3_FIELD_AUTO_SUBMITTED] = "Auto-Submitted",
};

void pop3_header_init(struct pop3_header *h) {
	*h = (struct pop3_header){ .current = POP3_FIELD_COUNT_ };
}

void pop3_header_deinit(struct pop3_header *h) {
	for (size_t i = 0; i < POP3_FIELD_COUNT_; i++)
		free(h->fields[i]);
	pop3_header_init(h);
}

static bool is_blank(char c) {
	return c == ' ' || c == '\t';
}

static void append(struct pop3_header *h, const char *bytes, size_t n) {
	const char *old = h->fields[h->current] ? h->fields[h->current] : "";
	size_t n_old = strlen(old), n_new = MIN(n, POP3_FIELD_MAX - n_old);
	/* the fold that does not fit is not copied for nothing, however many there are */
	if (h->fields[h->current] && n_new == 0)
		return;
	char *text = memory_resize(h->fields[h->current], n_old + n_new + 1, 1);
	memcpy(text + n_old, bytes, n_new);
	for (size_t i = n_old; i < n_old + n_new; i++)
		if (text[i] == '\0')
			text[i] = '?';
	text[n_old + n_new] = '\0';
	h->fields[h->current] = text;
}

/* field = name *WSP ":" body (RFC 5322 3.6.8, 4.5) */
static void begin_field(struct pop3_header *h, const char *line, size_t n) {
	const char *colon = memchr(line, ':', n);
	h->current = POP3_FIELD_COUNT_;
	if (!colon)
		return;
	size_t n_name = (size_t)(colon - line);
	while (n_name > 0 && is_blank(line[n_name - 1]))
		n_name--;
	for (size_t i = 0; i < POP3_FIELD_COUNT_; i++)
		if (!h->fields[i] && text_equal_nocase_n(line, n_name, names[i]))
			h->current = (enum pop3_field)i;
	if (h->current == POP3_FIELD_COUNT_)
		return;
	const char *body = colon + 1, *end = line + n;
	while (body < end && is_blank(*body))
		body++;
	append(h, body, (size_t)(end - body));
}

void pop3_header_add(struct pop3_header *h, const char *line, size_t n) {
	h->n_read += n + 2;
	if (n == 0 || h->n_read > POP3_TOP_MAX)
		h->is_complete = true;
	if (h->is_complete)
		return;
	if (!is_blank(line[0]))
		begin_field(h, line, n);
	else if (h->current != POP3_FIELD_COUNT_)
		/* unfolding takes the line end alone (RFC 5322 2.2.3) */
		append(h, line, n);
}

uint64_t pop3_header_hash(const struct pop3_header *h, const uint8_t key[KEYED_HASH_KEY_SIZE]) {
	static const enum pop3_field identifying[] = {
		POP3_FIELD_FROM,
		POP3_FIELD_SUBJECT,
		POP3_FIELD_DATE,
		POP3_FIELD_MESSAGE_ID,
	};
	struct buffer all;
	bool is_empty = true;
	buffer_init(&all, (POP3_FIELD_MAX + 1) * ARRAY_SIZE(identifying));
	for (size_t i = 0; i < ARRAY_SIZE(identifying); i++) {
		const char *field = h->fields[identifying[i]];
		is_empty = is_empty && text_is_empty(field);
		(void)buffer_append_text(&all, field ? field : "");
		(void)buffer_append(&all, "", 1);
	}
	uint64_t hash = keyed_hash(key, buffer_bytes(&all), all.n) & ~UINT64_C(1);
	buffer_deinit(&all);
	return is_empty ? 0 : MAX(hash, UINT64_C(2));
}

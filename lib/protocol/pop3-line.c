#include "protocol/pop3-line.h"

#include <errno.h>
#include <string.h>

#include "base/macros.h"

/* Room for CR and the final NUL. */
#define KEPT_MAX (POP3_LINE_MAX + 2)

void pop3_line_init(struct pop3_line_reader *r) {
	*r = (struct pop3_line_reader){ 0 };
	buffer_init(&r->line, KEPT_MAX);
}

void pop3_line_deinit(struct pop3_line_reader *r) {
	buffer_deinit(&r->line);
}

static void begin_next(struct pop3_line_reader *r) {
	if (!r->is_taken)
		return;
	buffer_clear(&r->line);
	r->n_dropped = 0;
	r->is_taken = false;
}

static void keep(struct pop3_line_reader *r, const uint8_t *bytes, size_t n) {
	/* one byte stays free for the NUL */
	size_t room = KEPT_MAX - 1 - r->line.n;
	(void)buffer_append(&r->line, bytes, MIN(n, room));
	r->n_dropped += n - MIN(n, room);
}

static void take(struct pop3_line_reader *r, struct pop3_line *ret) {
	size_t n = r->line.n;
	*ret = (struct pop3_line){ .n_wire = n + r->n_dropped + 1 };
	if (r->n_dropped == 0 && n > 0 && buffer_bytes(&r->line)[n - 1] == '\r')
		n--;
	ret->is_cut = r->n_dropped > 0 || n > POP3_LINE_MAX;
	ret->n = MIN(n, POP3_LINE_MAX);
	(void)buffer_append(&r->line, "", 1);
	char *text = (char *)r->line.data + r->line.start;
	text[ret->n] = '\0';
	ret->text = text;
	r->is_taken = true;
}

int pop3_line_next(struct pop3_line_reader *r, struct buffer *input, struct pop3_line *ret) {
	begin_next(r);
	if (input->n == 0)
		return 0;
	const uint8_t *bytes = buffer_bytes(input);
	const uint8_t *end = memchr(bytes, '\n', input->n);
	size_t n = end ? (size_t)(end - bytes) : input->n;
	keep(r, bytes, n);
	buffer_consume(input, end ? n + 1 : n);
	if (r->n_dropped > POP3_LINE_DRAINED_MAX)
		return -ENOBUFS;
	if (!end)
		return 0;
	take(r, ret);
	return 1;
}

bool pop3_line_is_partial(const struct pop3_line_reader *r) {
	return !r->is_taken && r->line.n > 0;
}

void pop3_line_release(struct pop3_line_reader *r) {
	begin_next(r);
	buffer_release(&r->line);
}

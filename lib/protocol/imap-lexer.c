#include "protocol/imap-lexer.h"

#include <string.h>

#include "base/macros.h"
#include "base/number.h"
#include "base/text.h"
#include "protocol/limits.h"

enum state {
	STATE_BETWEEN,
	STATE_TILDE, /* of ~{n}, or of an atom */
	STATE_ATOM,
	STATE_SECTION,
	STATE_QUOTED,
	STATE_ESCAPE,
	STATE_LITERAL_SIZE,
	STATE_LITERAL_END_OF_LINE, /* a CR was read behind {n} */
	STATE_LITERAL,
	STATE_TEXT,
	STATE_END_OF_LINE, /* a CR was read between tokens */
	STATE_DEAD,
};

enum mode {
	MODE_ITEMS,
	MODE_SET,
	MODE_TEXT_OR_CODE,
	MODE_TEXT,
	MODE_CODE,
};

void imap_lexer_init(struct imap_lexer *l) {
	*l = (struct imap_lexer){ .keep = true };
	/* one more for the NUL that ends what is handed out */
	buffer_init(&l->token, IMAP_LITERAL_KEPT_MAX + 1);
}

void imap_lexer_deinit(struct imap_lexer *l) {
	buffer_deinit(&l->token);
}

void imap_lexer_expect_text(struct imap_lexer *l, bool with_code) {
	l->mode = with_code ? MODE_TEXT_OR_CODE : MODE_TEXT;
}

void imap_lexer_expect_set(struct imap_lexer *l) {
	l->mode = MODE_SET;
}

void imap_lexer_set_keep(struct imap_lexer *l, bool keep) {
	l->keep = keep;
}

bool imap_lexer_is_between(const struct imap_lexer *l) {
	return l->state == STATE_BETWEEN && l->n_response == 0;
}

void imap_lexer_release(struct imap_lexer *l) {
	if (l->state == STATE_BETWEEN)
		buffer_clear(&l->token);
	buffer_release(&l->token);
}

static uint8_t first(const struct imap_input *in) {
	return in->bytes[0];
}

static void skip(struct imap_input *in, size_t n) {
	in->bytes += n;
	in->n -= n;
}

/* Moves `n` bytes from the input to the token, as far as they are kept. */
static void take(struct imap_lexer *l, struct imap_input *in, size_t n) {
	size_t max = l->state == STATE_LITERAL ? IMAP_LITERAL_KEPT_MAX : IMAP_TOKEN_MAX;
	size_t room = l->keep && l->token.n < max ? max - l->token.n : 0;
	if (n > room)
		l->cut = true;
	(void)buffer_append(&l->token, in->bytes, MIN(n, room));
	skip(in, n);
}

static bool give(struct imap_lexer *l, struct imap_token *ret, enum imap_token_kind kind) {
	l->state = kind == IMAP_TOKEN_LIMIT ? STATE_DEAD : STATE_BETWEEN;
	*ret = (struct imap_token){ .kind = kind, .bytes = "" };
	return true;
}

/* Hands out what was taken. */
static bool give_token(struct imap_lexer *l, struct imap_token *ret, enum imap_token_kind kind) {
	give(l, ret, kind);
	ret->cut = l->cut;
	if (l->token.n == 0)
		return true;

	ret->n = l->token.n;
	(void)buffer_append(&l->token, "", 1);
	char *bytes = (char *)buffer_bytes(&l->token);
	for (char *nul; (nul = memchr(bytes, '\0', ret->n));)
		*nul = '?';
	ret->bytes = bytes;
	return true;
}

static bool give_atom(struct imap_lexer *l, struct imap_token *ret) {
	give_token(l, ret, IMAP_TOKEN_ATOM);
	if (ret->cut)
		return true;
	if (number_parse_u64(ret->bytes, ret->n, &ret->number) == 0)
		ret->kind = IMAP_TOKEN_NUMBER;
	else if (text_equal_nocase_n(ret->bytes, ret->n, "NIL"))
		ret->kind = IMAP_TOKEN_NIL;
	return true;
}

static bool give_end_of_line(struct imap_lexer *l, struct imap_token *ret) {
	l->mode = MODE_ITEMS;
	l->keep = true;
	l->depth = 0;
	l->n_response = 0;
	return give(l, ret, IMAP_TOKEN_EOL);
}

static bool begin(struct imap_lexer *l, enum state state) {
	l->state = state;
	return false;
}

static bool begin_literal(struct imap_lexer *l, struct imap_input *in) {
	skip(in, 1);
	l->literal = 0;
	l->has_size = l->is_closed = false;
	return begin(l, STATE_LITERAL_SIZE);
}

static bool parenthesis(struct imap_lexer *l, struct imap_input *in, struct imap_token *ret) {
	bool open = first(in) == '(';
	skip(in, 1);
	if (open)
		return give(l, ret, ++l->depth > IMAP_DEPTH_MAX ? IMAP_TOKEN_BAD : IMAP_TOKEN_OPEN);
	if (l->depth == 0)
		return give(l, ret, IMAP_TOKEN_BAD);
	l->depth--;
	return give(l, ret, IMAP_TOKEN_CLOSE);
}

/* resp-text = ["[" resp-text-code "]" SP] text */
static bool step_text_begin(struct imap_lexer *l, struct imap_input *in, struct imap_token *ret) {
	if (first(in) == ' ') {
		skip(in, 1);
		return false;
	}
	if (l->mode == MODE_TEXT_OR_CODE && first(in) == '[') {
		skip(in, 1);
		l->mode = MODE_CODE;
		return give(l, ret, IMAP_TOKEN_CODE_OPEN);
	}
	l->mode = MODE_ITEMS;
	return begin(l, STATE_TEXT);
}

static bool step_between(struct imap_lexer *l, struct imap_input *in, struct imap_token *ret) {
	if (l->mode == MODE_TEXT || l->mode == MODE_TEXT_OR_CODE)
		return step_text_begin(l, in, ret);

	switch (first(in)) {
	case ' ':
	case '\t':
		skip(in, 1);
		return false;
	case '(':
	case ')':
		return parenthesis(l, in, ret);
	case '"':
		skip(in, 1);
		return begin(l, STATE_QUOTED);
	case '{':
		return begin_literal(l, in);
	case '~':
		skip(in, 1);
		return begin(l, STATE_TILDE);
	case '\r':
		skip(in, 1);
		return begin(l, STATE_END_OF_LINE);
	case '\n':
		skip(in, 1);
		return give_end_of_line(l, ret);
	case ']':
		if (l->mode != MODE_CODE)
			return begin(l, STATE_ATOM);
		skip(in, 1);
		l->mode = MODE_TEXT;
		l->depth = 0;
		return give(l, ret, IMAP_TOKEN_CODE_CLOSE);
	case ',':
		if (l->mode != MODE_SET)
			return begin(l, STATE_ATOM);
		skip(in, 1);
		return false;
	default:
		return begin(l, STATE_ATOM);
	}
}

/* literal8 = "~{" number "}" CRLF *OCTET (RFC 3516) */
static bool step_tilde(struct imap_lexer *l, struct imap_input *in) {
	if (first(in) == '{')
		return begin_literal(l, in);
	struct imap_input tilde = { .bytes = (const uint8_t *)"~", .n = 1 };
	l->state = STATE_ATOM;
	take(l, &tilde, 1);
	return false;
}

/* How many bytes from the front are ordinary ones of an atom. Looser than ATOM-CHAR: flags begin
 * with a backslash, and servers write more than they may. */
static size_t atom_run(const struct imap_lexer *l, const struct imap_input *in) {
	for (size_t i = 0; i < in->n; i++)
		switch (in->bytes[i]) {
		case ' ':
		case '\t':
		case '(':
		case ')':
		case '"':
		case '{':
		case '[':
		case '\r':
		case '\n':
			return i;
		case ']':
			if (l->mode == MODE_CODE)
				return i;
			break;
		case ',':
			if (l->mode == MODE_SET)
				return i;
			break;
		}
	return in->n;
}

/* msg-att-static: "BODY" section, "BINARY" section-binary, and BODY.PEEK of servers that repeat what
 * was asked; [ in any other atom is a letter, as in
 * the mailbox name [Gmail]/All. */
static bool has_section(const struct imap_lexer *l) {
	const char *bytes = (const char *)buffer_bytes(&l->token);
	size_t n = l->token.n;
	return n > 0 && (text_equal_nocase_n(bytes, n, "BODY") ||
				text_equal_nocase_n(bytes, n, "BODY.PEEK") ||
				text_equal_nocase_n(bytes, n, "BINARY") ||
				text_equal_nocase_n(bytes, n, "BINARY.SIZE"));
}

static bool step_atom(struct imap_lexer *l, struct imap_input *in, struct imap_token *ret) {
	take(l, in, atom_run(l, in));
	if (in->n == 0)
		return false;
	if (first(in) == '[') {
		bool section = l->mode == MODE_ITEMS && has_section(l);
		take(l, in, 1);
		return begin(l, section ? STATE_SECTION : STATE_ATOM);
	}
	return give_atom(l, ret);
}

/* In a section blanks, parentheses and quotes are part of the atom. One that never ends is cut off
 * by the end of the line. */
static bool step_section(struct imap_lexer *l, struct imap_input *in, struct imap_token *ret) {
	size_t n = 0;
	while (n < in->n && in->bytes[n] != ']' && in->bytes[n] != '\r' && in->bytes[n] != '\n')
		n++;
	take(l, in, n);
	if (in->n == 0)
		return false;
	if (first(in) != ']')
		return give_token(l, ret, IMAP_TOKEN_BAD);
	take(l, in, 1);
	return begin(l, STATE_ATOM);
}

static bool step_quoted(struct imap_lexer *l, struct imap_input *in, struct imap_token *ret) {
	size_t n = 0;
	while (n < in->n && !strchr("\"\\\r\n", in->bytes[n]))
		n++;
	/* strchr() finds the NUL too */
	if (n < in->n && in->bytes[n] == '\0')
		n++;
	take(l, in, n);
	if (in->n == 0)
		return false;
	switch (first(in)) {
	case '"':
		skip(in, 1);
		return give_token(l, ret, IMAP_TOKEN_STRING);
	case '\\':
		skip(in, 1);
		return begin(l, STATE_ESCAPE);
	case '\r':
	case '\n':
		/* A quoted string has no line end: the line ends here all the same. */
		return give_token(l, ret, IMAP_TOKEN_BAD);
	default:
		return false;
	}
}

static bool step_escape(struct imap_lexer *l, struct imap_input *in, struct imap_token *ret) {
	l->state = STATE_QUOTED;
	if (first(in) != '\r' && first(in) != '\n')
		take(l, in, 1);
	return false;
}

static bool begin_literal_bytes(struct imap_lexer *l, struct imap_token *ret) {
	if (l->literal > IMAP_LITERAL_MAX)
		return give(l, ret, IMAP_TOKEN_LIMIT);
	if (l->literal == 0)
		return give_token(l, ret, IMAP_TOKEN_STRING);
	return begin(l, STATE_LITERAL);
}

/* literal = "{" number ["+"] "}" CRLF; anything else is not one, and is read as what it is. */
static bool step_literal_size(struct imap_lexer *l, struct imap_input *in, struct imap_token *ret) {
	uint8_t c = first(in);
	if (!l->is_closed && c >= '0' && c <= '9') {
		/* beyond the limit it only has to stay there */
		if (l->literal <= IMAP_LITERAL_MAX)
			l->literal = l->literal * 10 + (c - '0');
		l->has_size = true;
	} else if (!l->is_closed && l->has_size && c == '}') {
		l->is_closed = true;
	} else if (l->is_closed && c == '\r') {
		l->state = STATE_LITERAL_END_OF_LINE;
	} else if (l->is_closed && c == '\n') {
		skip(in, 1);
		return begin_literal_bytes(l, ret);
	} else if (l->is_closed || !l->has_size || c != '+') {
		return give(l, ret, IMAP_TOKEN_BAD);
	}
	skip(in, 1);
	return false;
}

static bool step_literal_line(struct imap_lexer *l, struct imap_input *in, struct imap_token *ret) {
	if (first(in) != '\n')
		return give(l, ret, IMAP_TOKEN_BAD);
	skip(in, 1);
	return begin_literal_bytes(l, ret);
}

static bool step_literal(struct imap_lexer *l, struct imap_input *in, struct imap_token *ret) {
	size_t n = MIN((uint64_t)in->n, l->literal);
	take(l, in, n);
	l->literal -= n;
	return l->literal == 0 && give_token(l, ret, IMAP_TOKEN_STRING);
}

static bool step_text(struct imap_lexer *l, struct imap_input *in, struct imap_token *ret) {
	const uint8_t *end = memchr(in->bytes, '\n', in->n);
	take(l, in, end ? (size_t)(end - in->bytes) : in->n);
	if (!end)
		return false;
	while (!l->cut && l->token.n > 0 && buffer_bytes(&l->token)[l->token.n - 1] == '\r')
		l->token.n--;
	if (l->token.n == 0 && !l->cut)
		return begin(l, STATE_BETWEEN);
	return give_token(l, ret, IMAP_TOKEN_TEXT);
}

/* CR CR LF is what a line end becomes that was translated twice. */
static bool step_end_of_line(struct imap_lexer *l, struct imap_input *in, struct imap_token *ret) {
	if (first(in) != '\n' && first(in) != '\r')
		return give(l, ret, IMAP_TOKEN_BAD);
	bool is_end = first(in) == '\n';
	skip(in, 1);
	if (!is_end)
		return false;
	return give_end_of_line(l, ret);
}

static bool step(struct imap_lexer *l, struct imap_input *in, struct imap_token *ret) {
	switch ((enum state)l->state) {
	case STATE_BETWEEN:
		return step_between(l, in, ret);
	case STATE_TILDE:
		return step_tilde(l, in);
	case STATE_ATOM:
		return step_atom(l, in, ret);
	case STATE_SECTION:
		return step_section(l, in, ret);
	case STATE_QUOTED:
		return step_quoted(l, in, ret);
	case STATE_ESCAPE:
		return step_escape(l, in, ret);
	case STATE_LITERAL_SIZE:
		return step_literal_size(l, in, ret);
	case STATE_LITERAL_END_OF_LINE:
		return step_literal_line(l, in, ret);
	case STATE_LITERAL:
		return step_literal(l, in, ret);
	case STATE_TEXT:
		return step_text(l, in, ret);
	case STATE_END_OF_LINE:
		return step_end_of_line(l, in, ret);
	case STATE_DEAD:
		skip(in, in->n);
		return false;
	}
	return false;
}

int imap_lexer_next(struct imap_lexer *l, struct imap_input *in, struct imap_token *ret) {
	while (in->n > 0) {
		if (l->state == STATE_BETWEEN) {
			buffer_clear(&l->token);
			l->cut = false;
		}
		size_t before = in->n;
		bool done = step(l, in, ret);
		/* the end of a line has set it to nothing */
		if (!done || ret->kind != IMAP_TOKEN_EOL)
			l->n_response += before - in->n;
		if (l->n_response > IMAP_RESPONSE_MAX && l->state != STATE_DEAD)
			return give(l, ret, IMAP_TOKEN_LIMIT);
		if (done)
			return 1;
	}
	return 0;
}

#include "cli/doctor-report.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/table.h"
#include "config/language.h"

/* A file that is no configuration at all has as many errors as lines. */
#define TEXT_MAX 1000

static const struct {
	const char *word;
	enum table_style style;
} marks[] = {
	[DOCTOR_OK] = { "ok", TABLE_STYLE_GOOD },
	[DOCTOR_WARNING] = { "warning", TABLE_STYLE_WAITING },
	[DOCTOR_PROBLEM] = { "problem", TABLE_STYLE_BAD },
};
static_assert(ARRAY_SIZE(marks) == DOCTOR_MARK_COUNT_, "each mark has a word");

struct doctor_report *doctor_report_new(void) {
	return MEMORY_NEW(struct doctor_report);
}

struct doctor_report *doctor_report_free(struct doctor_report *r) {
	if (!r)
		return NULL;
	for (size_t i = 0; i < r->n_findings; i++) {
		free(r->findings[i].text);
		free(r->findings[i].mend);
		free(r->findings[i].account);
		free(r->findings[i].detail);
	}
	free(r->findings);
	return memory_free(r);
}

PRINTF_LIKE(1, 0)
static char *bounded(const char *format, va_list arguments) {
	CLEANUP_TEXT char *text = memory_vformat(format, arguments);
	return text_utf8(text, strlen(text), TEXT_MAX);
}

static struct doctor_finding *last(struct doctor_report *r) {
	assert(r->n_findings > 0);
	return &r->findings[r->n_findings - 1];
}

void doctor_report_add(struct doctor_report *r, enum doctor_mark mark, const char *check,
	const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	r->findings = memory_resize(r->findings, r->n_findings + 1, sizeof(*r->findings));
	r->findings[r->n_findings++] = (struct doctor_finding){
		.mark = mark,
		.check = check,
		.text = bounded(format, arguments),
	};
	va_end(arguments);
}

void doctor_report_mend(struct doctor_report *r, const char *format, ...) {
	va_list arguments;
	struct doctor_finding *finding = last(r);
	va_start(arguments, format);
	free(finding->mend);
	finding->mend = bounded(format, arguments);
	va_end(arguments);
}

static char *copy(const char *text) {
	return text_is_empty(text) ? NULL : text_utf8(text, strlen(text), TEXT_MAX);
}

void doctor_report_about(struct doctor_report *r, const char *account, const char *detail) {
	struct doctor_finding *finding = last(r);
	free(finding->account);
	free(finding->detail);
	finding->account = copy(account);
	finding->detail = copy(detail);
}

size_t doctor_report_count(const struct doctor_report *r, enum doctor_mark mark) {
	size_t n = 0;
	for (size_t i = 0; i < r->n_findings; i++)
		n += r->findings[i].mark == mark;
	return n;
}

static void print_line(const struct doctor_finding *finding, bool color, struct buffer *out) {
	static const char blanks[] = "         ";
	const char *word = marks[finding->mark].word;
	CLEANUP_TEXT char *text = text_printable(finding->text);
	CLEANUP_TEXT char *mend = text_printable(finding->mend);
	table_print_styled(marks[finding->mark].style, word, color, out);
	(void)buffer_append_format(out, "%s%s", blanks + strlen(word), text);
	if (finding->mend)
		(void)buffer_append_format(out, "  ->  %s", mend);
	(void)buffer_append_text(out, "\n");
}

void doctor_report_print_lines(const struct doctor_report *r, bool color, struct buffer *out) {
	size_t n_problems = doctor_report_count(r, DOCTOR_PROBLEM);
	size_t n_warnings = doctor_report_count(r, DOCTOR_WARNING);
	for (size_t i = 0; i < r->n_findings; i++)
		print_line(&r->findings[i], color, out);
	(void)buffer_append_text(out, "\n");
	(void)buffer_append_format(
		out, language_plural("%zu problem", "%zu problems", n_problems), n_problems);
	(void)buffer_append_text(out, ", ");
	(void)buffer_append_format(
		out, language_plural("%zu warning", "%zu warnings", n_warnings), n_warnings);
	(void)buffer_append_text(out, "\n");
}

static void write_finding(const struct doctor_finding *finding, struct json_writer *w) {
	json_begin_object(w);
	json_key_string(w, "check", finding->check);
	json_key_string(w, "mark", marks[finding->mark].word);
	json_key_string(w, "text", finding->text);
	json_key_string(w, "mend", finding->mend);
	json_key_string(w, "account", finding->account);
	json_key_string(w, "detail", finding->detail);
	json_end_object(w);
}

void doctor_report_print_json(const struct doctor_report *r, struct buffer *out) {
	struct json_writer w;
	json_init(&w, out);
	json_begin_object(&w);
	json_key(&w, "findings");
	json_begin_array(&w);
	for (size_t i = 0; i < r->n_findings; i++)
		write_finding(&r->findings[i], &w);
	json_end_array(&w);
	json_key(&w, "problems");
	json_unsigned(&w, doctor_report_count(r, DOCTOR_PROBLEM));
	json_key(&w, "warnings");
	json_unsigned(&w, doctor_report_count(r, DOCTOR_WARNING));
	json_end_object(&w);
	(void)buffer_append_text(out, "\n");
}

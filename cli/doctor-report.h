#pragma once
/* What `posthorn doctor` found: a list of findings, each of one line with a mark, what it means and
 * what mends it, as text for people or as JSON. Pure. */
#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/macros.h"

enum doctor_mark {
	DOCTOR_OK,
	DOCTOR_WARNING, /* worth a look; mail is watched all the same */
	DOCTOR_PROBLEM,
	DOCTOR_MARK_COUNT_
};

/* All texts are owned; NULL where there is none. */
struct doctor_finding {
	enum doctor_mark mark;
	const char *check; /* a fixed word: what was looked at */
	char *text; /* a sentence, without a final stop */
	char *mend; /* the command */
	char *account;
	char *detail; /* words of others: not part of the line, that none of them passes for ours */
};

struct doctor_report {
	struct doctor_finding *findings;
	size_t n_findings;
};

struct doctor_report *doctor_report_new(void);
struct doctor_report *doctor_report_free(struct doctor_report *r);
DEFINE_CLEANUP(struct doctor_report, doctor_report_free);

/* A finding at the end. `check` must outlive the report. */
void doctor_report_add(struct doctor_report *r, enum doctor_mark mark, const char *check,
	const char *format, ...) PRINTF_LIKE(4, 5);

/* What mends the last finding. */
void doctor_report_mend(struct doctor_report *r, const char *format, ...) PRINTF_LIKE(2, 3);

/* Whom the last finding is about, and what was said of it. */
void doctor_report_about(struct doctor_report *r, const char *account, const char *detail);

size_t doctor_report_count(const struct doctor_report *r, enum doctor_mark mark);

/* A line for each finding and a last one that counts. */
void doctor_report_print_lines(const struct doctor_report *r, bool color, struct buffer *out);

/* {"findings":[{"check":...,"mark":...,"text":...,"mend":...},...],"problems":0,"warnings":0} and
 * the end of the line. */
void doctor_report_print_json(const struct doctor_report *r, struct buffer *out);

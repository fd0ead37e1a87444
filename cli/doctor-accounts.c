#include "cli/doctor-accounts.h"

#include <string.h>

#include "base/memory.h"
#include "base/reason.h"
#include "bus/names.h"
#include "cli/doctor-advice.h"
#include "config/language.h"

/* Online, or as its user or the last second wants it. */
static bool is_well(const struct record *account) {
	static const char *const words[] = { "online", "connecting", "paused" };
	const char *state = record_text_or_empty(account, BUS_PROPERTY_STATE);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(state, words[i]) == 0)
			return *record_text_or_empty(account, BUS_PROPERTY_REASON) == '\0';
	return false;
}

static void add_unwell(const struct record *account, bool system, struct doctor_report *report) {
	const char *id = record_text_or_empty(account, BUS_PROPERTY_ID);
	const char *word = record_text_or_empty(account, BUS_PROPERTY_REASON);
	enum reason reason = reason_from_string(word);
	bool failed = strcmp(record_text_or_empty(account, BUS_PROPERTY_STATE), "failed") == 0;
	const char *sentence = reason != REASON_NONE ? reason_to_sentence(reason)
			       : *word               ? word
						     : _("It is not online");
	CLEANUP_TEXT char *mend = doctor_advice_format(reason, id, system);
	doctor_report_add(report, failed ? DOCTOR_PROBLEM : doctor_advice_mark(reason), "account",
		"Account %s: %s", id, sentence);
	doctor_report_about(report, id, record_text_or_empty(account, BUS_PROPERTY_REASON_TEXT));
	doctor_report_mend(report, "%s", mend);
}

void doctor_accounts_check(const struct status *status, bool system, struct doctor_report *report) {
	size_t n_well = 0;
	if (status->n_accounts == 0) {
		doctor_report_add(
			report, DOCTOR_PROBLEM, "account", _("There is no account to be watched"));
		doctor_report_mend(report, "%s account add ADDRESS",
			system ? "sudo posthorn --system" : "posthorn");
		return;
	}
	for (size_t i = 0; i < status->n_accounts; i++)
		if (is_well(status->accounts[i]))
			n_well++;
		else
			add_unwell(status->accounts[i], system, report);
	if (n_well > 0)
		doctor_report_add(report, DOCTOR_OK, "account",
			language_plural("%zu account is well", "%zu accounts are well", n_well),
			n_well);
}

#include "cli/doctor-accounts.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/reason.h"
#include "bus/names.h"
#include "cli/doctor-advice.h"
#include "cli/record-reader.h"

#define ACCOUNTS_A_PAGE 500

DBusMessage *doctor_accounts_new_call(size_t first) {
	struct message_writer w;
	DBusMessage *call = message_new_call(
		BUS_NAME, BUS_PATH, BUS_INTERFACE_MANAGER, BUS_METHOD_LIST_ACCOUNTS);
	message_writer_init(&w, call);
	message_write_u32(&w, (uint32_t)first);
	message_write_u32(&w, ACCOUNTS_A_PAGE);
	return call;
}

int doctor_accounts_read(DBusMessage *reply, struct status *status, uint32_t *ret_total) {
	struct message_reader r, list, entry;
	const char *path;
	message_reader_init(&r, reply);
	if (message_read_enter(&r, DBUS_TYPE_ARRAY, &list) < 0)
		return -EBADMSG;
	while (message_reader_type(&list) != DBUS_TYPE_INVALID)
		if (message_read_enter(&list, DBUS_TYPE_STRUCT, &entry) < 0 ||
			message_read_string(&entry, &path) < 0 ||
			record_reader_read(&entry, status_add_account(status)) < 0)
			return -EBADMSG;
	return message_read_u32(&r, ret_total);
}

static const char *text_of(const struct record *account, const char *name) {
	const char *text = record_text(account, name);
	return text ? text : "";
}

/* Online, or as its user or the last second wants it. */
static bool is_well(const struct record *account) {
	static const char *const words[] = { "online", "connecting", "paused" };
	const char *state = text_of(account, BUS_PROPERTY_STATE);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(state, words[i]) == 0)
			return *text_of(account, BUS_PROPERTY_REASON) == '\0';
	return false;
}

static void add_unwell(const struct record *account, bool system, struct doctor_report *report) {
	const char *id = text_of(account, BUS_PROPERTY_ID);
	const char *word = text_of(account, BUS_PROPERTY_REASON);
	enum reason reason = reason_from_string(word);
	bool failed = strcmp(text_of(account, BUS_PROPERTY_STATE), "failed") == 0;
	const char *sentence = reason != REASON_NONE ? reason_to_sentence(reason)
			       : *word               ? word
						     : "It is not online";
	CLEANUP_TEXT char *mend = doctor_advice_format(reason, id, system);
	doctor_report_add(report, failed ? DOCTOR_PROBLEM : doctor_advice_mark(reason), "account",
		"Account %s: %s", id, sentence);
	doctor_report_about(report, id, text_of(account, BUS_PROPERTY_REASON_TEXT));
	doctor_report_mend(report, "%s", mend);
}

void doctor_accounts_check(const struct status *status, bool system, struct doctor_report *report) {
	size_t n_well = 0;
	if (status->n_accounts == 0) {
		doctor_report_add(
			report, DOCTOR_PROBLEM, "account", "There is no account to be watched");
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
		doctor_report_add(report, DOCTOR_OK, "account", "%zu account%s well", n_well,
			n_well == 1 ? " is" : "s are");
}

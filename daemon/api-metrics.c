#include "daemon/api-metrics.h"

#include <string.h>

#include "base/memory.h"
#include "bus/names.h"
#include "configuration.h"
#include "daemon/access.h"
#include "daemon/account.h"
#include "daemon/api-view.h"
#include "daemon/manager.h"
#include "daemon/metrics-families.h"

#define SAMPLE "(sa{ss}d)"

/* The answer while it grows: families, one of them, and its samples. */
struct answer {
	struct message_writer families;
	struct message_writer family;
	struct message_writer samples;
	const char *name;
};

static void answer_begin(const struct metrics_family *family, void *userdata) {
	struct answer *answer = userdata;
	answer->name = family->name;
	message_write_open(&answer->families, DBUS_TYPE_STRUCT, NULL, &answer->family);
	message_write_string(&answer->family, family->name);
	message_write_string(&answer->family, family->type);
	message_write_string(&answer->family, family->unit);
	message_write_string(&answer->family, family->help);
	message_write_open(&answer->family, DBUS_TYPE_ARRAY, SAMPLE, &answer->samples);
}

static void answer_sample(const struct metrics_sample *sample, void *userdata) {
	struct answer *answer = userdata;
	struct message_writer one, labels;
	CLEANUP_TEXT char *name = memory_format("%s%s", answer->name, sample->suffix);
	message_write_open(&answer->samples, DBUS_TYPE_STRUCT, NULL, &one);
	message_write_string(&one, name);
	message_write_open(&one, DBUS_TYPE_ARRAY, "{ss}", &labels);
	if (sample->label) {
		struct message_writer label;
		message_write_open(&labels, DBUS_TYPE_DICT_ENTRY, NULL, &label);
		message_write_string(&label, sample->label);
		message_write_string(&label, sample->word);
		message_write_close(&labels, &label);
	}
	message_write_close(&one, &labels);
	message_write_double(&one, sample->value);
	message_write_close(&answer->samples, &one);
}

static void answer_end(void *userdata) {
	struct answer *answer = userdata;
	message_write_close(&answer->family, &answer->samples);
	message_write_close(&answer->families, &answer->family);
}

static void count_accounts(struct manager *m, struct metrics_view *view) {
	struct account *account;
	for (size_t i = 0; (account = manager_account_at(m, i)); i++) {
		struct account_status status = account_status(account);
		view->n_accounts[status.state]++;
		for (size_t rung = 0; rung < METRICS_N_RUNGS; rung++)
			if (!strcmp(status.strategy,
				    imap_proof_rung_to_string((enum imap_rung)rung)))
				view->n_watched[rung]++;
	}
}

static DBusMessage *call_get_metrics(const struct object_call *call) {
	const struct api_view *caller = call->object;
	if (call->caller && !access_allows_sums(caller->access, call->caller))
		return api_view_refuse(call);
	struct metrics_view view = {
		.metrics = manager_metrics(caller->manager),
		.version = POSTHORN_VERSION,
		.n_unseen = manager_totals(caller->manager).unseen,
	};
	count_accounts(caller->manager, &view);
	DBusMessage *reply = message_new_reply(call->message);
	struct message_writer body;
	struct answer answer;
	message_writer_init(&body, reply);
	message_write_open(&body, DBUS_TYPE_ARRAY, "(ssssa" SAMPLE ")", &answer.families);
	const struct metrics_sink sink = { answer_begin, answer_sample, answer_end, &answer };
	metrics_families_write(&view, &sink);
	message_write_close(&body, &answer.families);
	return reply;
}

static const struct object_method methods[] = {
	{ BUS_METHOD_GET_METRICS, NULL, NULL, "a(ssssa(sa{ss}d))", "families", call_get_metrics },
};

const struct object_interface api_metrics_interface = {
	.name = BUS_INTERFACE_METRICS,
	.methods = methods,
	.n_methods = ARRAY_SIZE(methods),
};

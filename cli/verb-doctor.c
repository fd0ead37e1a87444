/* `posthorn doctor`: looks for what is usually wrong, and says what mends it. Changes nothing. */
#include "cli/doctor-bus.h"
#include "cli/doctor-host.h"
#include "cli/exit-code.h"
#include "cli/output.h"
#include "cli/verbs.h"

int verb_doctor(const struct arguments *arguments) {
	bool system = arguments_has(arguments, OPTION_SYSTEM);
	CLEANUP(doctor_report_free) struct doctor_report *report = doctor_report_new();
	struct buffer out;

	doctor_host_check(system, report);
	doctor_bus_check(system, report);

	buffer_init(&out, OUTPUT_MAX);
	if (arguments_has(arguments, OPTION_JSON))
		doctor_report_print_json(report, &out);
	else
		doctor_report_print_lines(report, output_wants_color(), &out);
	int r = output_write(&out);
	buffer_deinit(&out);
	if (r < 0)
		return output_exit_code(r);
	return doctor_report_count(report, DOCTOR_PROBLEM) > 0 ? EXIT_CODE_NOT_WELL : EXIT_CODE_OK;
}

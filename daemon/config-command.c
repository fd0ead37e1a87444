#include "daemon/config-command.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "daemon/account-config.h"
#include "daemon/complaint.h"
#include "daemon/config-check.h"
#include "daemon/config-listing.h"
#include "daemon/config.h"
#include "daemon/options.h"

static void print_messages(FILE *to, const struct config_messages *messages) {
	for (size_t i = 0; i < messages->n; i++)
		fprintf(to, "%s: %s\n", messages->items[i].is_error ? "error" : "warning",
			messages->items[i].text);
	if (messages->n_left_out)
		fprintf(to, "... and %zu more\n", messages->n_left_out);
}

int config_command_check(const struct options *options) {
	CLEANUP(config_free)
	struct config *config = config_load((const char *const *)options->config_folders, true);
	config_check_files(config);
	print_messages(stdout, &config->messages);
	size_t n_bad = 0;
	for (size_t i = 0; i < config->n_accounts; i++)
		n_bad += config->accounts[i]->problem != NULL;
	printf("%zu account%s, %zu of them cannot run\n", config->n_accounts,
		config->n_accounts == 1 ? "" : "s", n_bad);
	return config->messages.n_errors ? EXIT_FAILURE : EXIT_SUCCESS;
}

int config_command_show(const struct options *options) {
	CLEANUP(config_free)
	struct config *config = config_load((const char *const *)options->config_folders, true);
	print_messages(stderr, &config->messages);
	const struct config_listing listing = {
		.account = options->show_account,
		.with_origins = options->show_origins,
		.as_json = options->json,
	};
	struct buffer out;
	buffer_init(&out, SIZE_MAX / 2);
	int r = config_listing_write(&listing, config, &out);
	if (r < 0)
		complaint_print("there is no account %s", options->show_account);
	else if (out.n > 0)
		(void)fwrite(buffer_bytes(&out), 1, out.n, stdout);
	buffer_deinit(&out);
	bool is_written = fflush(stdout) == 0;
	return r < 0 || !is_written ? EXIT_FAILURE : EXIT_SUCCESS;
}

#include "cli/account-place.h"

#include <stdlib.h>
#include <string.h>

#include "base/json-reader.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "cli/daemon-program.h"
#include "cli/exit-code.h"
#include "cli/output.h"
#include "config/language.h"

static const struct {
	const char *key;
	size_t offset;
} texts[] = {
	{ "host", offsetof(struct account_place, host) },
	{ "user", offsetof(struct account_place, user) },
	{ "login", offsetof(struct account_place, login) },
	{ "way", offsetof(struct account_place, way) },
	{ "provider", offsetof(struct account_place, provider) },
	{ "advice", offsetof(struct account_place, advice) },
};

static void take_text(struct account_place *place, const struct json_member *member) {
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char **text = (char **)((char *)place + texts[i].offset);
		if (strcmp(member->key, texts[i].key) != 0)
			continue;
		free(*text);
		*text = memory_strdup(member->text);
	}
}

static void take_member(struct account_place *place, const struct json_member *member) {
	if (member->kind == JSON_STRING)
		take_text(place, member);
	if (!strcmp(member->key, "protocol"))
		place->is_pop3 = !strcmp(member->text, "pop3");
	else if (!strcmp(member->key, "security"))
		place->is_starttls = !strcmp(member->text, "starttls");
	else if (!strcmp(member->key, "foreign"))
		place->is_foreign = member->kind == JSON_TRUE;
	else if (!strcmp(member->key, "port"))
		(void)number_parse_port(member->text, &place->port);
}

/* A port that goes without saying is not written down. */
static uint16_t usual_port(const struct account_place *place) {
	if (place->is_pop3)
		return place->is_starttls ? 110 : 995;
	return place->is_starttls ? 143 : 993;
}

int account_place_parse(const char *line, struct account_place *ret) {
	struct account_place place = { 0 };
	struct json_reader reader;
	struct json_member member;
	int r;
	json_reader_init(&reader, line, strlen(line));
	while ((r = json_reader_next(&reader, &member)) > 0)
		take_member(&place, &member);
	json_reader_deinit(&reader);
	if (place.port == usual_port(&place))
		place.port = 0;
	if (r < 0)
		account_place_deinit(&place);
	else
		*ret = place;
	return r;
}

int account_place_find(const char *address, struct account_place *ret) {
	const char *const words[] = { "--find-server", address, "--json", NULL };
	CLEANUP_TEXT char *output = NULL;
	struct account_place place = { 0 };
	int code = daemon_program_read(words, &output);
	/* The best one comes first. */
	if (output)
		output[strcspn(output, "\n")] = '\0';
	bool is_read = !text_is_empty(output) && account_place_parse(output, &place) == 0;
	if (code == EXIT_CODE_OK && (!is_read || !place.host)) {
		output_complain(_("What was found cannot be read"));
		code = EXIT_CODE_REFUSED;
	}
	*ret = place;
	return code;
}

void account_place_deinit(struct account_place *place) {
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		free(*(char **)((char *)place + texts[i].offset));
	*place = (struct account_place){ 0 };
}

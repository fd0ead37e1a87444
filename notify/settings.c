#include "notify/settings.h"

#include "base/memory.h"
#include "base/open-command.h"
#include "base/number.h"
#include "base/text.h"
#include "base/words.h"
#include "config/config-type.h"
#include "notify/quiet-hours.h"

#include <string.h>

#define SNOOZE_MIN_USEC USEC_PER_MINUTE
#define SNOOZE_MAX_USEC (30 * 24 * USEC_PER_HOUR)

struct settings {
	/* as written; the table's fields */
	enum settings_privacy privacy;
	bool has_sound, has_tray, tells_trouble;
	char *snooze;
	char **open_command;
	char **quiet_hours;
	char **rules;
	char **own_addresses;
	uint64_t trouble_delay_usec;
	/* made of them */
	uint64_t snooze_usec[SETTINGS_SNOOZES_MAX];
	struct rule **parsed_rules;
	size_t n_rules;
	struct quiet_hours *parsed_hours;
	size_t n_hours;
};

#define FIELD(member) CONFIG_FIELD(struct settings, member)

/* --- what a value may be --- */

/* "no", or up to SETTINGS_SNOOZES_MAX times. `ret` may be NULL. */
static char *parse_snooze(const char *text, uint64_t *ret) {
	char **words = NULL, *problem = NULL;
	size_t n = 0;

	if (number_parse_boolean(text) == 0)
		return NULL;
	if (words_split(text, &words) == 0)
		for (; words[n] && !problem; n++) {
			uint64_t usec = 0;

			if (n == SETTINGS_SNOOZES_MAX ||
				number_parse_timespan(words[n], &usec) < 0 ||
				usec < SNOOZE_MIN_USEC || usec > SNOOZE_MAX_USEC)
				problem = memory_format("'%s' is neither no nor one or two times "
							"from 1min to 30d",
					text);
			else if (ret)
				ret[n] = usec;
		}
	(void)words_free(words);
	return problem;
}

static char *check_snooze(const char *text) {
	return parse_snooze(text, NULL);
}

static char *check_quiet_hours(const char *text) {
	struct quiet_hours hours;

	return quiet_hours_parse(text, &hours);
}

static char *check_rule(const char *text) {
	char *problem = NULL;
	CLEANUP(rule_free) struct rule *rule = rule_new(text, &problem);

	return problem;
}

static const char *const privacy_words[] = { "full", "sender", "count", NULL };

static const struct config_key rows[] = {
	{
		.section = "Notify",
		.name = "Privacy",
		.type = &config_type_word,
		FIELD(privacy),
		.words = privacy_words,
		.standard = "full",
		.help = "how much is shown: full, sender or count",
	},
	{
		.section = "Notify",
		.name = "Sound",
		.type = &config_type_boolean,
		FIELD(has_sound),
		.standard = "yes",
		.help = "whether new mail may be heard",
	},
	{
		.section = "Notify",
		.name = "Tray",
		.type = &config_type_boolean,
		FIELD(has_tray),
		.standard = "yes",
		.help = "whether the tray has an icon, on desktops with a tray",
	},
	{
		.section = "Notify",
		.name = "Rule",
		.type = &config_type_list,
		FIELD(rules),
		.max = SETTINGS_RULES_MAX,
		.check = check_rule,
		.help = "what becomes of some mail: ACTION CONDITION:GLOB ...",
	},
	{
		.section = "Notify",
		.name = "OwnAddress",
		.type = &config_type_list,
		FIELD(own_addresses),
		.max = SETTINGS_ADDRESSES_MAX,
		.help = "an address of one's own, whose mail is not told; may hold * and ?",
	},
	{
		.section = "Notify",
		.name = "QuietHours",
		.type = &config_type_list,
		FIELD(quiet_hours),
		.max = SETTINGS_QUIET_HOURS_MAX,
		.check = check_quiet_hours,
		.help = "when only urgent mail is told: [DAYS ]HH:MM-HH:MM",
	},
	{
		.section = "Notify",
		.name = "Snooze",
		.type = &config_type_text,
		FIELD(snooze),
		.check = check_snooze,
		.standard = "10min 1h",
		.help = "for how long a notification can be put off: one or two times, or no",
	},
	{
		.section = "Notify",
		.name = "OpenCommand",
		.type = &config_type_argv,
		FIELD(open_command),
		.check = open_command_check,
		.help = "a program that shows a message, run without a shell",
	},
	{
		.section = "Notify",
		.name = "Trouble",
		.type = &config_type_boolean,
		FIELD(tells_trouble),
		.standard = "yes",
		.help = "whether it is told that an account does not work",
	},
	{
		.section = "Notify",
		.name = "TroubleDelay",
		.type = &config_type_timespan,
		FIELD(trouble_delay_usec),
		.standard = "10min",
		.max = 7 * 24 * USEC_PER_HOUR,
		.help = "how long a server may be out of reach before that is told",
	},
};

/* The daemon's, see daemon/account-keys.c. */
static const char *const others[] = { "Daemon", "Events", "Account", "Mailboxes", "Trigger", NULL };

const struct config_table settings_table = { rows, ARRAY_SIZE(rows), NULL, others };

/* --- the settings --- */

/* The lines were checked when they were read. */
static void parse_lists(struct settings *s) {
	size_t n_rules = config_type_list_length(s->rules);
	size_t n_hours = config_type_list_length(s->quiet_hours);

	s->parsed_rules = MEMORY_NEW_ARRAY(struct rule *, n_rules + 1);
	for (size_t i = 0; i < n_rules; i++) {
		CLEANUP_TEXT char *problem = NULL;
		struct rule *rule = rule_new(s->rules[i], &problem);

		if (rule)
			s->parsed_rules[s->n_rules++] = rule;
	}
	s->parsed_hours = MEMORY_NEW_ARRAY(struct quiet_hours, n_hours + 1);
	for (size_t i = 0; i < n_hours; i++) {
		CLEANUP_TEXT char *problem =
			quiet_hours_parse(s->quiet_hours[i], &s->parsed_hours[s->n_hours]);

		s->n_hours += !problem;
	}
}

struct settings *settings_new(struct config_assignments *shared, struct config_assignments *own,
	struct config_messages *messages) {
	struct settings *s = MEMORY_NEW(struct settings);
	struct config_assignments *const layers[2] = { shared, own };
	CLEANUP_TEXT char *problem =
		config_assignments_apply(&settings_table, s, layers, messages, NULL);
	CLEANUP_TEXT char *again = NULL;

	/* A single line that is wrong was complained of; the others hold. */
	again = s->snooze ? parse_snooze(s->snooze, s->snooze_usec) : NULL;
	parse_lists(s);
	return s;
}

struct settings *settings_free(struct settings *s) {
	if (!s)
		return NULL;
	for (size_t i = 0; i < s->n_rules; i++)
		(void)rule_free(s->parsed_rules[i]);
	memory_free(s->parsed_rules);
	memory_free(s->parsed_hours);
	config_assignments_clear(&settings_table, s);
	return memory_free(s);
}

enum settings_privacy settings_privacy(const struct settings *s) {
	return s->privacy;
}

bool settings_has_sound(const struct settings *s) {
	return s->has_sound;
}

bool settings_has_tray(const struct settings *s) {
	return s->has_tray;
}

uint64_t settings_snooze(const struct settings *s, unsigned i) {
	return i < SETTINGS_SNOOZES_MAX ? s->snooze_usec[i] : 0;
}

char *const *settings_open_command(const struct settings *s) {
	return s->open_command;
}

uint64_t settings_trouble_delay(const struct settings *s) {
	return s->tells_trouble ? s->trouble_delay_usec : USEC_NEVER;
}

static bool is_own(const struct settings *s, const char *address, const char *user) {
	if (text_is_empty(address))
		return false;
	if (user && strchr(user, '@') && text_equal_nocase(user, address))
		return true;
	for (char **own = s->own_addresses; own && *own; own++)
		if (rule_glob(*own, address))
			return true;
	return false;
}

enum rule_action settings_decide(
	const struct settings *s, const struct rule_mail *mail, const char *user) {
	enum rule_action action = RULE_NOTIFY;

	if (is_own(s, mail->from_address, user))
		return RULE_IGNORE;
	for (size_t i = 0; i < s->n_rules; i++)
		if (rule_fits(s->parsed_rules[i], mail))
			action = rule_action(s->parsed_rules[i]);
	return action;
}

unsigned settings_quiet_minutes(const struct settings *s, unsigned day, unsigned minute) {
	unsigned left = 0;

	for (size_t i = 0; i < s->n_hours; i++) {
		unsigned of_one = quiet_hours_left(&s->parsed_hours[i], day, minute);

		left = MAX(left, of_one);
	}
	return left;
}

#pragma once
/* What [Notify] says: of posthorn.conf for all accounts, of an account's file for that account. */
#include "base/macros.h"
#include "config/config-assignments.h"
#include "config/config-key.h"
#include "notify/news.h"
#include "notify/rule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As many as a desktop shows beside the other buttons. */
#define SETTINGS_SNOOZES_MAX 2
#define SETTINGS_RULES_MAX 200
#define SETTINGS_QUIET_HOURS_MAX 50
#define SETTINGS_ADDRESSES_MAX 50

enum settings_privacy {
	SETTINGS_PRIVACY_FULL, /* sender and subject */
	SETTINGS_PRIVACY_SENDER,
	SETTINGS_PRIVACY_COUNT,
};

struct settings;

extern const struct config_table settings_table;

/* `shared` or `own` may be NULL. A value with a fault is a message, and the default holds. */
struct settings *settings_new(struct config_assignments *shared, struct config_assignments *own,
	struct config_messages *messages);
struct settings *settings_free(struct settings *s);
DEFINE_CLEANUP(struct settings, settings_free);

enum settings_privacy settings_privacy(const struct settings *s);
bool settings_has_sound(const struct settings *s);
bool settings_has_tray(const struct settings *s);

/* The i-th of the times for which mail can be put off; 0: no more. */
uint64_t settings_snooze(const struct settings *s, unsigned i);

/* The command that shows a mail, NULL-terminated; NULL: none is configured. */
char *const *settings_open_command(const struct settings *s);

/* How long an account may be unreachable before it is told; USEC_NEVER: trouble is not told. */
uint64_t settings_trouble_delay(const struct settings *s);

/* What the last rule that fits says. `user` is the account's login name: mail of one's own, from it
 * or from OwnAddress=, is ignored whatever the rules. */
enum rule_action settings_decide(
	const struct settings *s, const struct rule_mail *mail, const char *user);

/* How many minutes of quiet hours are left, by the local time; `day` 0 is Monday. */
unsigned settings_quiet_minutes(const struct settings *s, unsigned day, unsigned minute);

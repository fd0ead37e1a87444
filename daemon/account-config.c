#include "daemon/account-config.h"

#include <errno.h>
#include <string.h>

#include "base/buffer.h"
#include "base/ini.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "io/command.h"

/* One file being read: where we are, what came before, where complaints go. */
struct account_reader {
	struct account_config *config;
	struct config_messages *messages;
	const struct ini_item *item;
	struct buffer assignments;
	uint32_t seen; /* a bit for each row of the table: a scalar may be given once */
	bool in_unknown_section;
};

#define ASSIGNMENTS_MAX ((size_t)1024 * 1024)

static void account_reader_complain(
	struct account_reader *reader, bool is_error, const char *text) {
	const char *message = config_messages_add(
		reader->messages, is_error, reader->config->file, reader->item->line, "%s", text);
	if (is_error && !reader->config->problem)
		reader->config->problem = memory_strdup(message);
}

/* The parsers: the value of the item into the field. NULL, or a sentence (owned). */

static char *parse_text(char **field, const char *value) {
	free(*field);
	*field = *value ? memory_strdup(value) : NULL;
	return NULL;
}

static char *parse_name(struct account_config *config, const char *value) {
	if (!text_is_utf8(value, strlen(value)))
		return memory_strdup("the name is not UTF-8");
	return parse_text(&config->name, value);
}

static char *parse_protocol(struct account_config *config, const char *value) {
	if (text_equal_nocase(value, "imap"))
		config->protocol = ACCOUNT_PROTOCOL_IMAP;
	else if (text_equal_nocase(value, "pop3"))
		config->protocol = ACCOUNT_PROTOCOL_POP3;
	else
		return memory_format("'%s' is no protocol; it is imap or pop3", value);
	return NULL;
}

static char *parse_host(struct account_config *config, const char *value) {
	for (const char *p = value; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7F || strchr("/@\"\\", *p))
			return memory_format("'%s' is no host name", value);
	return parse_text(&config->host, value);
}

static char *parse_port(struct account_config *config, const char *value) {
	if (number_parse_port(value, &config->port) < 0)
		return memory_format("'%s' is no port; it is a number from 1 to 65535", value);
	return NULL;
}

static char *parse_security(struct account_config *config, const char *value) {
	if (text_equal_nocase(value, "tls"))
		config->security = ACCOUNT_SECURITY_TLS;
	else if (text_equal_nocase(value, "starttls"))
		config->security = ACCOUNT_SECURITY_STARTTLS;
	else if (text_equal_nocase(value, "none"))
		config->security = ACCOUNT_SECURITY_NONE;
	else
		return memory_format("'%s' is none of tls, starttls, none", value);
	return NULL;
}

static char *parse_allow_cleartext(struct account_config *config, const char *value) {
	int r = number_parse_boolean(value);
	if (r < 0)
		return memory_format("'%s' is neither yes nor no", value);
	config->allow_cleartext = r > 0;
	return NULL;
}

static char *parse_user(struct account_config *config, const char *value) {
	/* a line end in a user name would be a command of its own. */
	for (const char *p = value; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7F)
			return memory_strdup("a user name has no control characters");
	return parse_text(&config->user, value);
}

static char *parse_auth(struct account_config *config, const char *value) {
	if (text_equal_nocase(value, "auto"))
		config->auth = ACCOUNT_AUTH_AUTOMATIC;
	else if (text_equal_nocase(value, "plain"))
		config->auth = ACCOUNT_AUTH_PLAIN;
	else if (text_equal_nocase(value, "login"))
		config->auth = ACCOUNT_AUTH_LOGIN;
	else
		return memory_format("'%s' is none of auto, plain, login", value);
	return NULL;
}

/* "~/x" is in the home directory, a relative path beside the account's file. */
static char *path_from(const struct account_config *config, const char *value) {
	if (value[0] == '/')
		return memory_strdup(value);
	const char *home = getenv("HOME");
	if (value[0] == '~' && value[1] == '/' && home)
		return memory_format("%s%s", home, value + 1);
	const char *slash = strrchr(config->file, '/');
	if (!slash)
		return memory_strdup(value);
	return memory_format("%.*s/%s", (int)(slash - config->file), config->file, value);
}

static char *parse_path(struct account_config *config, char **field, const char *value) {
	free(*field);
	*field = *value ? path_from(config, value) : NULL;
	return NULL;
}

static char *parse_password_file(struct account_config *config, const char *value) {
	return parse_path(config, &config->password_file, value);
}

static char *parse_password_credential(struct account_config *config, const char *value) {
	if (strchr(value, '/') || value[0] == '.')
		return memory_format("'%s' is no name of a credential", value);
	return parse_text(&config->password_credential, value);
}

static char *parse_password_command(struct account_config *config, const char *value) {
	config->password_command = command_argv_free(config->password_command);
	if (*value && command_split(value, &config->password_command) < 0)
		return memory_strdup("the command cannot be split into words: a quote is open");
	return NULL;
}

static char *parse_ca_file(struct account_config *config, const char *value) {
	return parse_path(config, &config->ca_file, value);
}

static char *parse_interval(struct account_config *config, const char *value) {
	uint64_t usec;
	if (number_parse_timespan(value, &usec) < 0)
		return memory_format("'%s' is no time span; it is like 90s or 5min", value);
	if (usec < ACCOUNT_INTERVAL_MIN || usec > ACCOUNT_INTERVAL_MAX)
		return memory_format("'%s' is no interval; it is from 1min to 24h", value);
	config->interval_usec = usec;
	return NULL;
}

static void watch_clear(struct account_config *config) {
	for (size_t i = 0; i < config->n_watch; i++)
		free(config->watch[i]);
	config->watch = memory_free(config->watch);
	config->n_watch = 0;
}

static char *parse_watch(struct account_config *config, const char *value) {
	if (!*value) {
		watch_clear(config);
		return NULL;
	}
	if (!text_is_utf8(value, strlen(value)))
		return memory_strdup("the name of the mailbox is not UTF-8");
	if (config->n_watch == ACCOUNT_WATCH_MAX)
		return memory_format("more than %d mailboxes", ACCOUNT_WATCH_MAX);
	config->watch = memory_resize(config->watch, config->n_watch + 2, sizeof(char *));
	config->watch[config->n_watch++] = memory_strdup(value);
	config->watch[config->n_watch] = NULL;
	return NULL;
}

/* Every key that there is. */
static const struct account_key {
	const char *section;
	const char *key;
	char *(*parse)(struct account_config *config, const char *value);
	bool is_list; /* may stand more than once; an empty value begins anew */
} account_keys[] = {
	{ "Account", "Name", parse_name, false },
	{ "Account", "Protocol", parse_protocol, false },
	{ "Account", "Host", parse_host, false },
	{ "Account", "Port", parse_port, false },
	{ "Account", "Security", parse_security, false },
	{ "Account", "AllowCleartext", parse_allow_cleartext, false },
	{ "Account", "User", parse_user, false },
	{ "Account", "Auth", parse_auth, false },
	{ "Account", "PasswordFile", parse_password_file, false },
	{ "Account", "PasswordCredential", parse_password_credential, false },
	{ "Account", "PasswordCommand", parse_password_command, false },
	{ "Account", "CAFile", parse_ca_file, false },
	{ "Account", "Interval", parse_interval, false },
	{ "Mailboxes", "Watch", parse_watch, true },
};

static const struct account_key *account_key_find(const struct ini_item *item) {
	for (size_t i = 0; i < ARRAY_SIZE(account_keys); i++)
		if (!strcmp(account_keys[i].section, item->section) &&
			!strcmp(account_keys[i].key, item->key))
			return &account_keys[i];
	return NULL;
}

static const char *nearest_key(const struct ini_item *item) {
	const char *names[ARRAY_SIZE(account_keys) + 1] = { NULL };
	for (size_t i = 0; i < ARRAY_SIZE(account_keys); i++)
		names[i] = account_keys[i].key;
	return text_nearest(item->key, names);
}

static void account_reader_unknown_key(struct account_reader *reader) {
	const char *nearest = nearest_key(reader->item);
	CLEANUP_TEXT char *text = NULL;
	if (nearest && !strcmp(nearest, reader->item->key))
		text = memory_format("%s= does not belong into [%s], ignoring", reader->item->key,
			reader->item->section);
	else if (nearest)
		text = memory_format("unknown key '%s', ignoring; did you mean %s=?",
			reader->item->key, nearest);
	else
		text = memory_format("unknown key '%s', ignoring", reader->item->key);
	account_reader_complain(reader, false, text);
}

static void account_reader_assign(struct account_reader *reader) {
	const struct ini_item *item = reader->item;
	if (reader->in_unknown_section)
		return;
	const struct account_key *key = account_key_find(item);
	if (!key) {
		account_reader_unknown_key(reader);
		return;
	}
	uint32_t bit = UINT32_C(1) << (key - account_keys);
	CLEANUP_TEXT char *problem = NULL;
	if (!key->is_list && (reader->seen & bit))
		problem = memory_format("%s= is given twice", key->key);
	else
		problem = key->parse(reader->config, item->value);
	reader->seen |= bit;
	if (problem)
		account_reader_complain(reader, true, problem);
	/* Beyond the limit the text is not complete, so that two such files never compare equal. */
	(void)buffer_append_format(
		&reader->assignments, "%s.%s=%s\n", item->section, item->key, item->value);
}

static void account_reader_section(struct account_reader *reader) {
	static const char *const sections[] = { "Account", "Mailboxes", NULL };
	const char *section = reader->item->section;
	reader->in_unknown_section = true;
	for (size_t i = 0; sections[i]; i++)
		if (!strcmp(sections[i], section))
			reader->in_unknown_section = false;
	if (!reader->in_unknown_section)
		return;
	const char *nearest = text_nearest(section, sections);
	CLEANUP_TEXT char *text =
		nearest ? memory_format("unknown section [%s], ignoring; did you mean [%s]?",
				  section, nearest)
			: memory_format("unknown section [%s], ignoring", section);
	account_reader_complain(reader, false, text);
}

static void account_reader_item(struct account_reader *reader) {
	switch (reader->item->kind) {
	case INI_SECTION:
		account_reader_section(reader);
		break;
	case INI_ASSIGNMENT:
		account_reader_assign(reader);
		break;
	case INI_BAD:
		account_reader_complain(reader, true, reader->item->problem);
		break;
	}
}

static uint16_t default_port(const struct account_config *config) {
	bool is_tls = config->security == ACCOUNT_SECURITY_TLS;
	switch (config->protocol) {
	case ACCOUNT_PROTOCOL_IMAP:
		return is_tls ? 993 : 143;
	case ACCOUNT_PROTOCOL_POP3:
		return is_tls ? 995 : 110;
	}
	return 0;
}

/* The rules that concern more than one key; NULL when all is well. */
static const char *account_config_check(const struct account_config *config) {
	if (!config->host)
		return "Host= is missing";
	if (!config->user)
		return "User= is missing";
	int sources = !!config->password_file + !!config->password_credential +
		      !!config->password_command;
	if (sources == 0)
		return "one of PasswordFile=, PasswordCommand= or PasswordCredential= is needed";
	if (sources > 1)
		return "only one of PasswordFile=, PasswordCommand= and PasswordCredential= may be "
		       "given";
	bool is_inbox = config->n_watch == 1 && !strcmp(config->watch[0], "INBOX");
	if (config->protocol == ACCOUNT_PROTOCOL_POP3 && !is_inbox)
		return "Protocol=pop3 has one mailbox; Watch= is not for it";
	return NULL;
}

static void account_config_complete(
	struct account_config *config, struct config_messages *messages) {
	if (!config->name)
		config->name = memory_strdup(config->id);
	if (!config->port)
		config->port = default_port(config);
	if (config->interval_usec == 0)
		config->interval_usec = ACCOUNT_INTERVAL_DEFAULT;
	if (config->n_watch == 0)
		(void)parse_watch(config, "INBOX");
	const char *problem = config->problem ? NULL : account_config_check(config);
	if (problem)
		config->problem = memory_strdup(
			config_messages_add(messages, true, config->file, 0, "%s", problem));
}

struct account_config *account_config_parse(const char *id, const char *file, const char *text,
	size_t n, struct config_messages *messages) {
	struct account_config *config = MEMORY_NEW(struct account_config);
	config->id = memory_strdup(id);
	config->file = memory_strdup(file);

	struct ini_reader *ini = ini_reader_new(text, n);
	struct ini_item item;
	struct account_reader reader = { .config = config, .messages = messages, .item = &item };
	buffer_init(&reader.assignments, ASSIGNMENTS_MAX);
	while (ini_next(ini, &item) > 0)
		account_reader_item(&reader);
	ini_reader_free(ini);
	config->assignments = buffer_take_text(&reader.assignments);
	buffer_deinit(&reader.assignments);

	account_config_complete(config, messages);
	return config;
}

struct account_config *account_config_free(struct account_config *config) {
	if (!config)
		return NULL;
	free(config->id);
	free(config->file);
	free(config->name);
	free(config->host);
	free(config->user);
	free(config->password_file);
	free(config->password_credential);
	command_argv_free(config->password_command);
	free(config->ca_file);
	watch_clear(config);
	free(config->assignments);
	free(config->problem);
	free(config);
	return NULL;
}

bool account_config_is_equal(const struct account_config *a, const struct account_config *b) {
	return !strcmp(a->file, b->file) && !strcmp(a->assignments, b->assignments) &&
	       !a->problem == !b->problem;
}

bool account_config_is_id(const char *id) {
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-@+";
	size_t n = strlen(id);
	return n > 0 && n <= ACCOUNT_ID_MAX && id[0] != '.' && strspn(id, allowed) == n;
}

const char *account_config_protocol(enum account_protocol protocol) {
	switch (protocol) {
	case ACCOUNT_PROTOCOL_IMAP:
		return "imap";
	case ACCOUNT_PROTOCOL_POP3:
		return "pop3";
	}
	return "";
}

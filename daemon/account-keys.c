#include "daemon/account-keys.h"

#include <string.h>

#include "base/macros.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/words.h"
#include "daemon/account-config.h"
#include "daemon/readers.h"
#include "daemon/trigger-rule.h"
#include "config/config-type.h"
#include "io/proxy-address.h"
#include "io/tls-pins.h"
#include "protocol/imap-pattern.h"
#include "protocol/limits.h"

#define FIELD(member) CONFIG_FIELD(struct account_config, member)

char *account_keys_check_host(const char *text) {
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7F || strchr("/@\"\\", *p))
			return memory_format("'%s' is no host name", text);
	return NULL;
}

char *account_keys_check_user(const char *text) {
	/* a line end in a user name would be a command of its own. */
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7F)
			return memory_strdup("a user name has no control characters");
	return NULL;
}

static char *check_credential(const char *text) {
	if (strchr(text, '/') || text[0] == '.')
		return memory_format("'%s' is no name of a credential", text);
	return NULL;
}

static char *check_pattern(const char *text) {
	if (imap_pattern_kind(text) == IMAP_PATTERN_BAD)
		return memory_format("'%s' is no special use; it is one of \\Inbox, \\All, "
				     "\\Archive, \\Drafts, \\Flagged, \\Important, \\Junk, "
				     "\\Sent, \\Trash",
			text);
	if (strlen(text) > IMAP_MAILBOX_NAME_MAX)
		return memory_strdup("the name of a mailbox is not that long");
	return NULL;
}

static char *check_proxy(const char *text) {
	struct proxy_address address;
	char *problem = proxy_address_parse(text, &address);
	proxy_address_deinit(&address);
	return problem;
}

static char *check_key_ring(const char *text) {
	char **words = NULL;
	bool is_right = !strcmp(text, "yes");
	if (!is_right && words_split(text, &words) == 0) {
		is_right = true;
		for (char **word = words; *word; word++)
			is_right = is_right && (*word)[0] != '=' && strchr(*word, '=');
	}
	words_free(words);
	return is_right ? NULL
			: memory_format("'%s' is neither yes nor attributes of the form name=value",
				  text);
}

static char *check_pin(const char *text) {
	struct tls_pins *pins = NULL;
	char *problem = NULL;
	if (tls_pins_new(text, &pins, &problem) == 0)
		tls_pins_free(pins);
	return problem;
}

/* In the order of the enums. */
static const char *const protocol_words[] = { "imap", "pop3", NULL };
static const char *const security_words[] = { "tls", "starttls", "none", NULL };
static const char *const tls_version_words[] = { "1.2", "1.3", NULL };
static const char *const strategy_words[] = { "auto", "idle", "poll", NULL };
static const char *const auth_words[] = { "auto", "plain", "login", "external", "scram-sha-1",
	"scram-sha-256", "scram-sha-1-plus", "scram-sha-256-plus", "gssapi", "xoauth2",
	"oauthbearer", NULL };
_Static_assert(ARRAY_SIZE(auth_words) == SASL_MECHANISM_COUNT_ + 1, "a word for each mechanism");

/* `.help` stands in the listings of posthorn config; posthorn.conf(5) says more. */
static const struct config_key rows[] = {
	{
		.section = "Account",
		.name = "Name",
		.type = &config_type_text,
		FIELD(name),
		.help = "what people call this account; default: its id",
		.flags = CONFIG_KEY_LIVE | CONFIG_KEY_OWN,
	},
	{
		.section = "Account",
		.name = "Protocol",
		.type = &config_type_word,
		FIELD(protocol),
		.words = protocol_words,
		.standard = "imap",
		.help = "imap or pop3",
		.flags = CONFIG_KEY_LOGIN,
	},
	{
		.section = "Account",
		.name = "Host",
		.type = &config_type_text,
		FIELD(host),
		.check = account_keys_check_host,
		.help = "the server's name or address",
		.flags = CONFIG_KEY_LOGIN | CONFIG_KEY_PLACE,
	},
	{
		.section = "Account",
		.name = "Port",
		.type = &config_type_port,
		FIELD(port),
		.help = "default: 993 for Security=tls, else 143; with Protocol=pop3 995, else 110",
		.flags = CONFIG_KEY_LOGIN | CONFIG_KEY_PLACE,
	},
	{
		.section = "Account",
		.name = "Security",
		.type = &config_type_word,
		FIELD(security),
		.words = security_words,
		.standard = "tls",
		.help = "tls, starttls or none",
		.flags = CONFIG_KEY_LOGIN | CONFIG_KEY_PLACE,
	},
	{
		.section = "Account",
		.name = "AllowCleartext",
		.type = &config_type_boolean,
		FIELD(allow_cleartext),
		.standard = "no",
		.help = "lets Security=none send the password over the network",
		.flags = CONFIG_KEY_LOGIN,
	},
	{
		.section = "Account",
		.name = "User",
		.type = &config_type_text,
		FIELD(user),
		.check = account_keys_check_user,
		.help = "the login name",
		.flags = CONFIG_KEY_LOGIN | CONFIG_KEY_PLACE,
	},
	{
		.section = "Account",
		.name = "AuthUser",
		.type = &config_type_text,
		FIELD(auth_user),
		.check = account_keys_check_user,
		.help = "whose password or token it is, where User= is somebody else's mailbox",
		.flags = CONFIG_KEY_LOGIN,
	},
	{
		.section = "Account",
		.name = "Auth",
		.type = &config_type_word,
		FIELD(auth),
		.words = auth_words,
		.standard = "auto",
		.help = "how to log in: auto, or the name of a SASL mechanism",
		.flags = CONFIG_KEY_LOGIN,
	},
	{
		.section = "Account",
		.name = "PasswordFile",
		.type = &config_type_path,
		FIELD(password_file),
		.group = CONFIG_GROUP_SECRET,
		.help = "a file whose first line is the password",
		.flags = CONFIG_KEY_LOGIN,
	},
	{
		.section = "Account",
		.name = "PasswordCredential",
		.type = &config_type_text,
		FIELD(password_credential),
		.group = CONFIG_GROUP_SECRET,
		.check = check_credential,
		.help = "a credential that the service manager hands over",
		.flags = CONFIG_KEY_LOGIN,
	},
	{
		.section = "Account",
		.name = "PasswordKeyring",
		.type = &config_type_argv,
		FIELD(password_keyring),
		.group = CONFIG_GROUP_SECRET,
		.check = check_key_ring,
		.help = "yes: the user's key ring holds it; or which item of it, as name=value ...",
		.flags = CONFIG_KEY_LOGIN,
	},
	{
		.section = "Account",
		.name = "PasswordCommand",
		.type = &config_type_argv,
		FIELD(password_command),
		.group = CONFIG_GROUP_SECRET,
		.help = "a program that prints the password, run without a shell",
		.flags = CONFIG_KEY_LOGIN,
	},
	{
		.section = "Account",
		.name = "TokenCommand",
		.type = &config_type_argv,
		FIELD(token_command),
		.group = CONFIG_GROUP_SECRET,
		.help = "a program that prints an OAuth 2.0 access token, run without a shell",
		.flags = CONFIG_KEY_LOGIN,
	},
	{
		.section = "Account",
		.name = "GoaAccount",
		.type = &config_type_text,
		FIELD(goa_account),
		.group = CONFIG_GROUP_SECRET,
		.flags = CONFIG_KEY_OWN | CONFIG_KEY_LOGIN,
		.help = "the account of GNOME Online Accounts that says where it is, and logs in",
	},
	{
		.section = "Account",
		.name = "CAFile",
		.type = &config_type_path,
		FIELD(ca_file),
		.help = "authorities that may sign for this server, instead of the system's",
	},
	{
		.section = "Account",
		.name = "PinSHA256",
		.type = &config_type_list,
		FIELD(pins),
		.max = TLS_PINS_MAX,
		.check = check_pin,
		.help = "public keys that the server may have, beside a valid certificate",
	},
	{
		.section = "Account",
		.name = "TrustPinOnly",
		.type = &config_type_boolean,
		FIELD(trust_pin_only),
		.standard = "no",
		.help = "a pinned key is enough, whatever else the certificate says",
	},
	{
		.section = "Account",
		.name = "ClientCertificate",
		.type = &config_type_path,
		FIELD(client_certificate),
		.help = "our certificate, for a server that asks for one",
		.flags = CONFIG_KEY_LOGIN,
	},
	{
		.section = "Account",
		.name = "ClientKey",
		.type = &config_type_path,
		FIELD(client_key),
		.help = "its key; default: in the file of ClientCertificate=",
		.flags = CONFIG_KEY_LOGIN,
	},
	{
		.section = "Account",
		.name = "TLSMinVersion",
		.type = &config_type_word,
		FIELD(tls_min_version),
		.words = tls_version_words,
		.standard = "1.2",
		.help = "1.2 or 1.3",
	},
	{
		.section = "Account",
		.name = "ALPN",
		.type = &config_type_boolean,
		FIELD(alpn),
		.standard = "yes",
		.help = "says in the handshake which protocol it is for",
	},
	{
		.section = "Account",
		.name = "Proxy",
		.type = &config_type_text,
		FIELD(proxy),
		.standard = "none",
		.check = check_proxy,
		.help = "what is between us and the server: socks5://HOST:PORT, http://HOST:PORT",
	},
	{
		.section = "Account",
		.name = "ProxyPasswordFile",
		.type = &config_type_path,
		FIELD(proxy_password_file),
		.help = "a file whose first line is the password of the user in Proxy=",
	},
	{
		.section = "Account",
		.name = "Connections",
		.type = &config_type_number,
		FIELD(connections),
		.min = 1,
		.max = ACCOUNT_CONNECTIONS_MAX,
		.standard = "1",
		.help = "how many connections may be used; IMAP",
	},
	{
		.section = "Account",
		.name = "Interval",
		.type = &config_type_timespan,
		FIELD(interval_usec),
		.min = ACCOUNT_INTERVAL_MIN,
		.max = ACCOUNT_INTERVAL_MAX,
		.standard = "5min",
		.help = "how often a mailbox is looked at that cannot push",
		.flags = CONFIG_KEY_LIVE,
	},
	{
		.section = "Account",
		.name = "Strategy",
		.type = &config_type_word,
		FIELD(strategy),
		.words = strategy_words,
		.standard = "auto",
		.help = "the best means to be told of mail that is tried: auto, idle or poll",
	},
	{
		.section = "Account",
		.name = "Preview",
		.type = &config_type_boolean,
		FIELD(preview),
		.standard = "no",
		.help = "asks the server for the first words of each message",
	},
	{
		.section = "Account",
		.name = "ReadOnly",
		.type = &config_type_boolean,
		FIELD(read_only),
		.standard = "no",
		.help = "yes: messages are not marked as seen, whoever asks for it",
		.flags = CONFIG_KEY_LIVE,
	},
	{
		.section = "Account",
		.name = "Readers",
		.type = &config_type_list,
		FIELD(readers),
		.max = ACCOUNT_READERS_MAX,
		.check = readers_check,
		.help = "users and @groups that may see this account of a system service",
		.flags = CONFIG_KEY_LIVE,
	},
	{
		.section = "Mailboxes",
		.name = "Watch",
		.type = &config_type_list,
		FIELD(watch),
		.max = ACCOUNT_WATCH_MAX,
		.standard = "INBOX",
		.check = check_pattern,
		.help = "a mailbox that is watched: a name, a pattern with * or %, or \\Junk ...",
	},
	{
		.section = "Mailboxes",
		.name = "Ignore",
		.type = &config_type_list,
		FIELD(ignore),
		.max = ACCOUNT_WATCH_MAX,
		.check = check_pattern,
		.help = "a mailbox that is not watched although Watch= means it; written alike",
	},
	{
		.section = "Trigger",
		.name = "StartUnit",
		.type = &config_type_list,
		FIELD(start_units),
		.max = ACCOUNT_TRIGGERS_MAX,
		.check = trigger_rule_check,
		.help = "a unit of systemd that is started when mail has come, and for which "
			"mailboxes",
		.flags = CONFIG_KEY_LIVE,
	},
	{
		.section = "Trigger",
		.name = "Debounce",
		.type = &config_type_timespan,
		FIELD(debounce_usec),
		.max = ACCOUNT_DEBOUNCE_MAX,
		.standard = "2s",
		.help = "no mail for so long, and the units are started",
		.flags = CONFIG_KEY_LIVE,
	},
	{
		.section = "Trigger",
		.name = "MaxDelay",
		.type = &config_type_timespan,
		FIELD(max_delay_usec),
		.max = ACCOUNT_DEBOUNCE_MAX,
		.standard = "30s",
		.help = "no later than this after the first message, however many follow",
		.flags = CONFIG_KEY_LIVE,
	},
};

static const char no_secrets[] =
	"a secret does not stand in the configuration; PasswordFile=, PasswordCommand=, "
	"PasswordKeyring= and others say where it comes from";

static const struct config_refusal refusals[] = {
	{ "Password", no_secrets },
	{ "Pass", no_secrets },
	{ "Secret", no_secrets },
	{ "Token", no_secrets },
	{ NULL, NULL },
};

/* The desktop agent's, see notify/settings.c. */
static const char *const others[] = { "Notify", NULL };

const struct config_table account_keys_table = { rows, ARRAY_SIZE(rows), refusals, others };

#include "cli/doctor-advice.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "config/language.h"

/* @ is the account; % is "posthorn", or what it is for the system's daemon. Mere commands are not
 * translated. xgettext takes "% c" for a format. */
#define TEST "% account test @"
#define CHECK "% check @"
#define CONFIG "% config check"
#define LOG_USER "journalctl --user -u posthornd"
#define LOG_SYSTEM "sudo journalctl -u posthornd"
#define UNLOCK "posthorn secret unlock"
/* xgettext:no-c-format */
#define NETWORK N_("is the network up, and does a firewall block the port? % account test @")
/* xgettext:no-c-format */
#define NAME N_("is the network up? look at Host= in % config show @, then % account test @")
/* xgettext:no-c-format */
#define CLOCK                                                                                      \
	N_("timedatectl; if the clock is right, the server's operator must renew: % account test " \
	   "@")
/* xgettext:no-c-format */
#define ISSUER                                                                   \
	N_("update ca-certificates, or for a server of your own see CAFile= in " \
	   "posthorn.conf(5): % account test @")
/* xgettext:no-c-format */
#define HOST N_("look at Host= in % config show @, then % account test @")
/* xgettext:no-c-format */
#define PROXY N_("look at Proxy= and ProxyPasswordFile= in % config show @, then % account test @")
/* xgettext:no-c-format */
#define SECURITY N_("look at Security= and Port= in % config show @, then % account test @")
/* xgettext:no-c-format */
#define WAIT N_("% status; it tries again by itself")
/* xgettext:no-c-format */
#define PIN N_("ask the server's operator whether its key is new; then % config check")
/* xgettext:no-c-format */
#define NEW_PIN N_("ask the server's operator for its key; then % config check")
/* xgettext:no-c-format */
#define VERSION N_("the server's operator must offer TLS 1.2 or newer: % account test @")
/* xgettext:no-c-format */
#define MEDDLER                                                                         \
	N_("somebody may meddle with the connection; set Security=tls, then % account " \
	   "test @")
/* xgettext:no-c-format */
#define TOKEN N_("sign in again where the token comes from, then % check @")
/* xgettext:no-c-format */
#define SECRET N_("posthorn secret set @ (or its PasswordFile=), then % check @")
/* xgettext:no-c-format */
#define SECRET_SYSTEM \
	N_("look at PasswordFile= or PasswordCredential= in % config show @, then % check @")
/* xgettext:no-c-format */
#define CLOSE N_("close other mail programs of this account, then % check @")
/* xgettext:no-c-format */
#define MAILBOXES N_("look at [Mailboxes] in % config show @, then % account test @")

static const struct {
	enum doctor_mark mark;
	const char *user;
	const char *system; /* NULL: the same */
} advices[] = {
	[REASON_NONE] = { DOCTOR_WARNING, TEST, NULL },
	[REASON_DNS_FAILED] = { DOCTOR_PROBLEM, NAME, NULL },
	[REASON_CONNECT_FAILED] = { DOCTOR_PROBLEM, NETWORK, NULL },
	[REASON_PROXY_FAILED] = { DOCTOR_PROBLEM, PROXY, NULL },
	[REASON_CONNECTION_LOST] = { DOCTOR_WARNING, WAIT, NULL },
	[REASON_TIMED_OUT] = { DOCTOR_PROBLEM, NETWORK, NULL },
	[REASON_SERVER_CLOSED] = { DOCTOR_WARNING, WAIT, NULL },
	[REASON_TLS_FAILED] = { DOCTOR_PROBLEM, SECURITY, NULL },
	[REASON_TLS_UNTRUSTED] = { DOCTOR_PROBLEM, ISSUER, NULL },
	[REASON_TLS_SELF_SIGNED] = { DOCTOR_PROBLEM, ISSUER, NULL },
	[REASON_TLS_EXPIRED] = { DOCTOR_PROBLEM, CLOCK, NULL },
	[REASON_TLS_NOT_YET_VALID] = { DOCTOR_PROBLEM, CLOCK, NULL },
	[REASON_TLS_NAME] = { DOCTOR_PROBLEM, HOST, NULL },
	[REASON_TLS_PURPOSE] = { DOCTOR_PROBLEM, HOST, NULL },
	[REASON_TLS_PIN] = { DOCTOR_PROBLEM, PIN, NULL },
	[REASON_TLS_PIN_EXPIRED] = { DOCTOR_PROBLEM, NEW_PIN, NULL },
	[REASON_TLS_VERSION] = { DOCTOR_PROBLEM, VERSION, NULL },
	[REASON_TLS_ALPN] = { DOCTOR_PROBLEM, SECURITY, NULL },
	[REASON_TLS_TRUNCATED] = { DOCTOR_WARNING, TEST, NULL },
	[REASON_CLEARTEXT_REFUSED] = { DOCTOR_PROBLEM, SECURITY, NULL },
	[REASON_STARTTLS_REFUSED] = { DOCTOR_PROBLEM, SECURITY, NULL },
	[REASON_INJECTED_DATA] = { DOCTOR_PROBLEM, MEDDLER, NULL },
	[REASON_PREAUTH_CLEARTEXT] = { DOCTOR_PROBLEM, SECURITY, NULL },
	[REASON_AUTH_FAILED] = { DOCTOR_PROBLEM, SECRET, SECRET_SYSTEM },
	[REASON_TOKEN_EXPIRED] = { DOCTOR_PROBLEM, TOKEN, NULL },
	[REASON_NO_MECHANISM] = { DOCTOR_PROBLEM, TEST, NULL },
	[REASON_SECRET_FAILED] = { DOCTOR_PROBLEM, SECRET, SECRET_SYSTEM },
	[REASON_LOCKED] = { DOCTOR_PROBLEM, UNLOCK, SECRET_SYSTEM },
	[REASON_THROTTLED] = { DOCTOR_WARNING, WAIT, NULL },
	[REASON_LIMIT] = { DOCTOR_PROBLEM, CLOSE, NULL },
	[REASON_UNAVAILABLE] = { DOCTOR_WARNING, WAIT, NULL },
	[REASON_PROTOCOL_ERROR] = { DOCTOR_PROBLEM, SECURITY, NULL },
	[REASON_UNEXPECTED_TAG] = { DOCTOR_PROBLEM, TEST, NULL },
	[REASON_UNEXPECTED_UNTAGGED] = { DOCTOR_PROBLEM, TEST, NULL },
	[REASON_UNEXPECTED_PREAUTH] = { DOCTOR_PROBLEM, HOST, NULL },
	[REASON_LIMIT_EXCEEDED] = { DOCTOR_PROBLEM, TEST, NULL },
	[REASON_NO_MAILBOX] = { DOCTOR_PROBLEM, MAILBOXES, NULL },
	[REASON_PUSH_REFUSED] = { DOCTOR_WARNING, TEST, NULL },
	[REASON_PUSH_SILENT] = { DOCTOR_WARNING, TEST, NULL },
	[REASON_CONFIG_ERROR] = { DOCTOR_PROBLEM, CONFIG, NULL },
	[REASON_STORE_FAILED] = { DOCTOR_PROBLEM, LOG_USER, LOG_SYSTEM },
	[REASON_INTERNAL] = { DOCTOR_PROBLEM, LOG_USER, LOG_SYSTEM },
};
static_assert(ARRAY_SIZE(advices) == REASON_COUNT_, "each reason has its advice");

enum doctor_mark doctor_advice_mark(enum reason reason) {
	assert(reason < REASON_COUNT_);
	return advices[reason].mark;
}

/* The line is made to be pasted, and the id is a file's name. */
static void append_quoted(struct buffer *out, const char *id) {
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._-+@";
	if (*id && strspn(id, plain) == strlen(id)) {
		(void)buffer_append_text(out, id);
		return;
	}
	(void)buffer_append_text(out, "'");
	for (; *id; id++)
		if (*id == '\'')
			(void)buffer_append_text(out, "'\\''");
		else
			(void)buffer_append(out, id, 1);
	(void)buffer_append_text(out, "'");
}

char *doctor_advice_format(enum reason reason, const char *id, bool system) {
	assert(reason < REASON_COUNT_);
	const char *template =
		_(system && advices[reason].system ? advices[reason].system : advices[reason].user);
	struct buffer out;
	buffer_init(&out, 64 * 1024);
	for (; *template; template ++)
		if (*template == '@')
			append_quoted(&out, id);
		else if (*template == '%')
			(void)buffer_append_text(
				&out, system ? "sudo posthorn --system" : "posthorn");
		else
			(void)buffer_append(&out, template, 1);
	char *text = buffer_take_text(&out);
	buffer_deinit(&out);
	return text;
}

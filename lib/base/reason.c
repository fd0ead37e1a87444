#include "base/reason.h"

#include <assert.h>
#include <string.h>

#include "base/macros.h"

static const struct {
	const char *word;
	const char *sentence;
} reasons[] = {
	[REASON_NONE] = { "", "" },
	[REASON_DNS_FAILED] = { "dns-failed", "The server's name cannot be resolved" },
	[REASON_CONNECT_FAILED] = { "connect-failed", "The server cannot be reached" },
	[REASON_PROXY_FAILED] = { "proxy-failed", "The proxy refuses the connection" },
	[REASON_CONNECTION_LOST] = { "connection-lost", "The connection to the server broke" },
	[REASON_TIMED_OUT] = { "timed-out", "The server does not answer" },
	[REASON_SERVER_CLOSED] = { "server-closed", "The server ended the connection" },
	[REASON_TLS_FAILED] = { "tls-failed", "The encrypted connection failed" },
	[REASON_TLS_UNTRUSTED] = { "tls-untrusted",
		"The server's certificate comes from an unknown issuer" },
	[REASON_TLS_SELF_SIGNED] = { "tls-self-signed", "The server's certificate is self-signed" },
	[REASON_TLS_EXPIRED] = { "tls-expired", "The server's certificate has expired" },
	[REASON_TLS_NOT_YET_VALID] = { "tls-not-yet-valid",
		"The server's certificate is not valid yet" },
	[REASON_TLS_NAME] = { "tls-name", "The server's certificate is for another host" },
	[REASON_TLS_PURPOSE] = { "tls-purpose",
		"The server's certificate is not meant for a server" },
	[REASON_TLS_PIN] = { "tls-pin", "The server's key is not the pinned one" },
	[REASON_TLS_PIN_EXPIRED] = { "tls-pin-expired",
		"The time of the pin for the server's key is over" },
	[REASON_TLS_VERSION] = { "tls-version",
		"The server offers no TLS version or cipher in common" },
	[REASON_TLS_ALPN] = { "tls-alpn", "The server speaks another protocol over TLS" },
	[REASON_TLS_TRUNCATED] = { "tls-truncated", "The encrypted connection was cut off" },
	[REASON_CLEARTEXT_REFUSED] = { "cleartext-refused",
		"A connection without encryption is not allowed to this host" },
	[REASON_STARTTLS_REFUSED] = { "starttls-refused",
		"The server refuses to encrypt the connection" },
	[REASON_INJECTED_DATA] = { "injected-data",
		"Unencrypted data came before the encryption began" },
	[REASON_PREAUTH_CLEARTEXT] = { "preauth-cleartext",
		"The server skips the login before the connection is encrypted" },
	[REASON_AUTH_FAILED] = { "auth-failed", "The server refuses the user name or password" },
	[REASON_TOKEN_EXPIRED] = { "token-expired", "The access token has expired" },
	[REASON_NO_MECHANISM] = { "no-mechanism",
		"The server offers no login method that may be used" },
	[REASON_SECRET_FAILED] = { "secret-failed", "The password cannot be obtained" },
	[REASON_LOCKED] = { "locked", "The key ring is locked" },
	[REASON_THROTTLED] = { "throttled", "The server asks for fewer logins or commands" },
	[REASON_LIMIT] = { "limit", "The server allows no more connections" },
	[REASON_UNAVAILABLE] = { "unavailable", "The server is not available at the moment" },
	[REASON_PROTOCOL_ERROR] = { "protocol-error", "The server's answer cannot be understood" },
	[REASON_UNEXPECTED_TAG] = { "unexpected-tag",
		"The server answered a command that was not given" },
	[REASON_UNEXPECTED_UNTAGGED] = { "unexpected-untagged",
		"The server sent an answer that does not belong here" },
	[REASON_UNEXPECTED_PREAUTH] = { "unexpected-preauth",
		"The server skips the login although one is configured" },
	[REASON_LIMIT_EXCEEDED] = { "limit-exceeded", "The server's answer is too large" },
	[REASON_NO_MAILBOX] = { "no-mailbox", "A watched mailbox cannot be opened" },
	[REASON_PUSH_REFUSED] = { "push-refused", "The server refuses to tell of all new mail" },
	[REASON_PUSH_SILENT] = { "push-silent",
		"The server does not tell of new mail although it said so" },
	[REASON_CONFIG_ERROR] = { "config-error", "The account's configuration has an error" },
	[REASON_STORE_FAILED] = { "store-failed", "The state file cannot be written" },
	[REASON_INTERNAL] = { "internal", "Posthorn made a mistake" },
};
static_assert(ARRAY_SIZE(reasons) == REASON_COUNT_, "each reason has a word and a sentence");

const char *reason_to_string(enum reason reason) {
	assert(reason < REASON_COUNT_);
	return reasons[reason].word;
}

enum reason reason_from_string(const char *word) {
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (strcmp(reasons[i].word, word) == 0)
			return (enum reason)i;
	return REASON_NONE;
}

const char *reason_to_sentence(enum reason reason) {
	assert(reason < REASON_COUNT_);
	return reasons[reason].sentence;
}

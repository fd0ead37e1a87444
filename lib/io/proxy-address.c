#include "io/proxy-address.h"

#include <openssl/crypto.h>
#include <stdbool.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"

void proxy_address_deinit(struct proxy_address *address) {
	address->user = memory_free(address->user);
	address->host = memory_free(address->host);
	address->kind = PROXY_NONE;
}

/* socks5h is what some programs call it when names are the proxy's business; here they always are. */
static const char *parse_scheme(const char *text, enum proxy_kind *ret) {
	static const struct {
		const char *scheme;
		enum proxy_kind kind;
	} schemes[] = {
		{ "socks5://", PROXY_SOCKS5 },
		{ "socks5h://", PROXY_SOCKS5 },
		{ "http://", PROXY_HTTP },
	};
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
		if (text_starts_nocase(text, schemes[i].scheme)) {
			*ret = schemes[i].kind;
			return text + strlen(schemes[i].scheme);
		}
	return NULL;
}

static int hex_value(char c) {
	return OPENSSL_hexchar2int((unsigned char)c);
}

/* "%40" is "@" (RFC 3986 2.1). NULL: a broken one, or one that stands for a control character. */
static char *decode(const char *bytes, size_t n) {
	CLEANUP_TEXT char *decoded = memory_zalloc(n + 1, 1);
	size_t out = 0;
	for (size_t i = 0; i < n; i++) {
		char c = bytes[i];
		if (c == '%') {
			int high = i + 2 < n ? hex_value(bytes[i + 1]) : -1;
			int low = high >= 0 ? hex_value(bytes[i + 2]) : -1;
			if (low < 0)
				return NULL;
			c = (char)(high * 16 + low);
			i += 2;
		}
		if ((unsigned char)c < ' ' || c == 0x7F)
			return NULL;
		decoded[out++] = c;
	}
	return TAKE_PTR(decoded);
}

static char *parse_user(const char *bytes, size_t n, struct proxy_address *ret) {
	if (memchr(bytes, ':', n))
		return memory_strdup("a password does not stand in the configuration; "
				     "ProxyPasswordFile= says where it is");
	ret->user = decode(bytes, n);
	if (!ret->user || !*ret->user || strchr(ret->user, ':') ||
		strlen(ret->user) > PROXY_TALK_SECRET_MAX)
		return memory_strdup("what stands before @ is no user name for a proxy");
	return NULL;
}

static bool is_host(const char *text) {
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7F || strchr("/@\"\\?#", *p))
			return false;
	return *text;
}

/* host:port or [address]:port */
static char *parse_place(const char *text, struct proxy_address *ret) {
	bool has_brackets = *text == '[';
	const char *end = has_brackets ? strchr(text, ']') : strrchr(text, ':');
	const char *colon = end && has_brackets ? end + 1 : end;
	if (!colon || *colon != ':')
		return memory_strdup("a proxy is written with its port, as in "
				     "socks5://localhost:1080");
	/* "host:1080/" is how browsers write it */
	CLEANUP_TEXT char *port = memory_strdup(colon + 1);
	size_t n = strlen(port);
	if (n > 0 && port[n - 1] == '/')
		port[n - 1] = '\0';
	if (number_parse_port(port, &ret->port) < 0)
		return memory_format("'%s' is no port", port);
	ret->host = memory_strndup(text + has_brackets, (size_t)(end - text) - has_brackets);
	if (!is_host(ret->host) || (!has_brackets && strchr(ret->host, ':')))
		return memory_format("'%s' is no host name", ret->host);
	return NULL;
}

static char *parse(const char *text, struct proxy_address *ret) {
	const char *rest = parse_scheme(text, &ret->kind);
	if (!rest)
		return memory_format("'%s' is no proxy; it is socks5://HOST:PORT, "
				     "http://HOST:PORT or none",
			text);
	const char *at = strrchr(rest, '@');
	char *problem = at ? parse_user(rest, (size_t)(at - rest), ret) : NULL;
	return problem ? problem : parse_place(at ? at + 1 : rest, ret);
}

char *proxy_address_parse(const char *text, struct proxy_address *ret) {
	*ret = (struct proxy_address){ .kind = PROXY_NONE };
	if (strcmp(text, "none") == 0)
		return NULL;
	char *problem = parse(text, ret);
	if (problem)
		proxy_address_deinit(ret);
	return problem;
}

#include "provider/autoconfig.h"

#include <errno.h>
#include <expat.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"

/* clientConfig > emailProvider > incomingServer > hostname */
enum place {
	PLACE_ROOT = 1,
	PLACE_PROVIDER,
	PLACE_SERVER,
	PLACE_FIELD
};

struct reading {
	XML_Parser parser;
	struct autoconfig *config;
	const struct mail_address *address;
	const char *problem;
	unsigned depth;
	unsigned known; /* so deep we are in elements that we know */
	struct buffer text; /* of the element at hand */
	struct autoconfig_server server;
};

static void stop(struct reading *r, const char *problem) {
	r->problem = r->problem ? r->problem : problem;
	(void)XML_StopParser(r->parser, XML_FALSE);
}

static void server_deinit(struct autoconfig_server *server) {
	free(server->host);
	free(server->user);
	*server = (struct autoconfig_server){ 0 };
}

static const char *attribute(const char **attributes, const char *name) {
	for (; attributes[0]; attributes += 2)
		if (!strcmp(attributes[0], name))
			return attributes[1];
	return "";
}

static bool begin_server(struct reading *r, const char **attributes) {
	const char *type = attribute(attributes, "type");
	server_deinit(&r->server);
	r->server.is_pop3 = !strcmp(type, "pop3");
	r->server.security = AUTOCONFIG_CLEARTEXT;
	return r->server.is_pop3 || !strcmp(type, "imap");
}

/* Whether what is in this element is for us. */
static bool is_known(struct reading *r, const char *name, const char **attributes) {
	switch (r->depth) {
	case PLACE_ROOT:
		return !strcmp(name, "clientConfig");
	case PLACE_PROVIDER:
		return !strcmp(name, "emailProvider");
	case PLACE_SERVER:
		return !strcmp(name, "displayName") ||
		       (!strcmp(name, "incomingServer") && begin_server(r, attributes));
	case PLACE_FIELD:
		return true;
	}
	return false;
}

static void XMLCALL on_start(void *userdata, const char *name, const char **attributes) {
	struct reading *r = userdata;
	buffer_clear(&r->text);
	if (++r->depth > AUTOCONFIG_DEPTH_MAX)
		stop(r, "it is nested too deeply");
	else if (r->known == r->depth - 1 && is_known(r, name, attributes))
		r->known = r->depth;
	else if (r->depth == PLACE_ROOT)
		stop(r, "it is no clientConfig");
}

static void XMLCALL on_text(void *userdata, const char *text, int n) {
	struct reading *r = userdata;
	if (r->known == r->depth && r->depth >= PLACE_SERVER &&
		buffer_append(&r->text, text, (size_t)n) < 0)
		stop(r, "a text in it is too long");
}

/* Without the blanks around it; owned. */
static char *take_text(struct reading *r) {
	CLEANUP_TEXT char *all = buffer_take_text(&r->text);
	const char *start = all + strspn(all, " \t\r\n");
	size_t n = strlen(start);
	while (n > 0 && strchr(" \t\r\n", start[n - 1]))
		n--;
	return memory_strndup(start, n);
}

static void set_host(struct reading *r, const char *text) {
	if (!r->server.host && mail_address_is_host(text))
		r->server.host = memory_strdup(text);
}

/* %EMAILADDRESS%, %EMAILLOCALPART% and %EMAILDOMAIN% inside of it. */
static void set_user(struct reading *r, const char *text) {
	const struct {
		const char *name, *value;
	} parts[] = {
		{ "%EMAILADDRESS%", r->address->whole },
		{ "%EMAILLOCALPART%", r->address->local },
		{ "%EMAILDOMAIN%", r->address->domain },
	};
	struct buffer out;
	buffer_init(&out, AUTOCONFIG_TEXT_MAX);
	int bad = 0;
	while (*text && bad == 0) {
		size_t i = 0;
		while (i < ARRAY_SIZE(parts) &&
			strncmp(text, parts[i].name, strlen(parts[i].name)) != 0)
			i++;
		bad = i < ARRAY_SIZE(parts) ? buffer_append_text(&out, parts[i].value)
					    : buffer_append(&out, text, 1);
		text += i < ARRAY_SIZE(parts) ? strlen(parts[i].name) : 1;
	}
	CLEANUP_TEXT char *user = buffer_take_text(&out);
	buffer_deinit(&out);
	for (const char *p = user; *p; p++)
		bad |= (unsigned char)*p < ' ' || *p == 0x7F;
	if (!bad && !r->server.user && *user)
		r->server.user = TAKE_PTR(user);
}

static void set_security(struct reading *r, const char *text) {
	if (!strcmp(text, "SSL"))
		r->server.security = AUTOCONFIG_TLS;
	else if (!strcmp(text, "STARTTLS"))
		r->server.security = AUTOCONFIG_STARTTLS;
}

static void add_login(struct reading *r, const char *text) {
	static const struct {
		const char *name;
		enum autoconfig_login login;
	} logins[] = {
		{ "password-cleartext", AUTOCONFIG_PASSWORD },
		{ "password-encrypted", AUTOCONFIG_PASSWORD },
		{ "plain", AUTOCONFIG_PASSWORD }, /* of version 1.0 */
		{ "secure", AUTOCONFIG_PASSWORD },
		{ "OAuth2", AUTOCONFIG_OAUTH2 },
		{ "GSSAPI", AUTOCONFIG_GSSAPI },
		{ "TLS-client-cert", AUTOCONFIG_CLIENT_CERTIFICATE },
	};
	for (size_t i = 0; i < ARRAY_SIZE(logins); i++)
		if (!strcmp(text, logins[i].name))
			r->server.logins |= (unsigned)logins[i].login;
}

static void end_field(struct reading *r, const char *name) {
	CLEANUP_TEXT char *text = take_text(r);
	if (!strcmp(name, "hostname"))
		set_host(r, text);
	else if (!strcmp(name, "port"))
		(void)number_parse_port(text, &r->server.port);
	else if (!strcmp(name, "socketType"))
		set_security(r, text);
	else if (!strcmp(name, "username"))
		set_user(r, text);
	else if (!strcmp(name, "authentication"))
		add_login(r, text);
}

/* A server that lacks something is none. */
static void end_server(struct reading *r) {
	struct autoconfig *config = r->config;
	bool is_whole = r->server.host && r->server.user && r->server.port;
	if (is_whole && config->n_servers < AUTOCONFIG_SERVERS_MAX) {
		config->servers[config->n_servers++] = r->server;
		r->server = (struct autoconfig_server){ 0 };
	}
	server_deinit(&r->server);
}

static void XMLCALL on_end(void *userdata, const char *name) {
	struct reading *r = userdata;
	if (r->known == r->depth) {
		r->known--;
		if (r->depth == PLACE_FIELD)
			end_field(r, name);
		else if (r->depth == PLACE_SERVER && !strcmp(name, "incomingServer"))
			end_server(r);
		else if (r->depth == PLACE_SERVER && !r->config->provider)
			r->config->provider = take_text(r);
	}
	buffer_clear(&r->text);
	r->depth--;
}

/* Entities are made in a DTD: bombs, and files of this machine (C-08). */
static void XMLCALL on_doctype(void *userdata, const char *name, const char *system_id,
	const char *public_id, int has_internal_subset) {
	stop(userdata, "it has a DTD");
}

static void run(struct reading *r, const char *xml, size_t n) {
	XML_SetUserData(r->parser, r);
	XML_SetElementHandler(r->parser, on_start, on_end);
	XML_SetCharacterDataHandler(r->parser, on_text);
	XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
	if (XML_Parse(r->parser, xml, (int)n, 1) != XML_STATUS_OK && !r->problem)
		r->problem = "it is no XML";
	if (!r->problem && r->config->n_servers == 0)
		r->problem = "it names no server";
}

int autoconfig_parse(const char *xml, size_t n, const struct mail_address *address,
	struct autoconfig **ret, const char **ret_problem) {
	if (n > AUTOCONFIG_BYTES_MAX) {
		*ret_problem = "it is too large";
		return -EBADMSG;
	}
	CLEANUP(autoconfig_free) struct autoconfig *config = MEMORY_NEW(struct autoconfig);
	/* Whatever the document says of its encoding. */
	struct reading reading = {
		.parser = XML_ParserCreate("UTF-8"),
		.config = config,
		.address = address,
	};
	if (!reading.parser)
		abort();
	buffer_init(&reading.text, AUTOCONFIG_TEXT_MAX);
	run(&reading, xml, n);
	XML_ParserFree(reading.parser);
	buffer_deinit(&reading.text);
	server_deinit(&reading.server);
	if (reading.problem) {
		*ret_problem = reading.problem;
		return -EBADMSG;
	}
	*ret = TAKE_PTR(config);
	return 0;
}

struct autoconfig *autoconfig_free(struct autoconfig *a) {
	if (!a)
		return NULL;
	for (size_t i = 0; i < a->n_servers; i++)
		server_deinit(&a->servers[i]);
	free(a->provider);
	return memory_free(a);
}

#include "cli/account-import-mailnag.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/ini.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "bus/secret-cipher.h"
#include "cli/account-import-yaml.h"
#include "config/language.h"

#define PREFIX "account"

static bool is_account(const char *section) {
	if (strncmp(section, PREFIX, strlen(PREFIX)) != 0)
		return false;
	const char *digits = section + strlen(PREFIX);
	return *digits && strspn(digits, "0123456789") == strlen(digits);
}

bool account_import_mailnag_matches(const char *text, size_t n) {
	CLEANUP(ini_reader_free) struct ini_reader *reader = ini_reader_new(text, n);
	struct ini_item item;
	while (ini_next(reader, &item) > 0)
		if (item.kind == INI_SECTION && is_account(item.section))
			return true;
	return false;
}

/* Of one section; texts that are not there are NULL. */
struct section {
	char *name, *user, *password, *server, *port, *folder;
	char *type, *imap, *ssl, *enabled;
};

static char **section_field(struct section *s, const char *key) {
	const struct {
		const char *key;
		char **field;
	} fields[] = {
		{ "name", &s->name },
		{ "user", &s->user },
		{ "password", &s->password },
		{ "server", &s->server },
		{ "port", &s->port },
		{ "folder", &s->folder },
		{ "type", &s->type },
		{ "imap", &s->imap },
		{ "ssl", &s->ssl },
		{ "enabled", &s->enabled },
	};
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (text_equal_nocase(key, fields[i].key))
			return fields[i].field;
	return NULL;
}

static void section_clear(struct section *s) {
	free(s->name);
	free(s->user);
	(void)memory_free_secret(s->password);
	free(s->server);
	free(s->port);
	free(s->folder);
	free(s->type);
	free(s->imap);
	free(s->ssl);
	free(s->enabled);
	*s = (struct section){ 0 };
}

static bool is_no(const char *text) {
	return text && number_parse_boolean(text) == 0;
}

/* The older form has no brackets. */
static int watch_all(
	struct account_import *import, struct account_import_draft *draft, const char *folder) {
	if (text_is_empty(folder))
		return 0;
	if (folder[0] == '[')
		return account_import_yaml_read_list(import, draft, folder);
	CLEANUP_TEXT char *copy = memory_strdup(folder);
	char *rest = copy;
	for (char *name = strsep(&rest, ","); name; name = strsep(&rest, ",")) {
		name += strspn(name, " \t");
		for (size_t n = strlen(name); n > 0 && isblank((unsigned char)name[n - 1]); n--)
			name[n - 1] = '\0';
		int r = *name ? account_import_watch(import, draft, name) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

/* Since 2.0 it keeps passwords in the key ring, as items of this kind that have a digest of what the
 * account is, with the last of it as Python writes a truth. */
static char *find_in_key_ring(const struct section *s, bool is_pop3) {
	CLEANUP_TEXT char *what = memory_format("%s%s%s", s->user ? s->user : "",
		s->server ? s->server : "", is_pop3 ? "False" : "True");
	CLEANUP_TEXT char *id = secret_cipher_md5(what);
	return id ? memory_format("xdg:schema=com.github.pulb.mailnag id=%s", id) : NULL;
}

static int take_section(struct account_import *import, struct section *s) {
	bool is_pop3 = s->type ? text_equal_nocase(s->type, "pop3") : is_no(s->imap);
	if (!text_is_empty(s->type) && !is_pop3 && !text_equal_nocase(s->type, "imap"))
		return account_import_fail(import,
			_("an account is of type '%s', which is neither imap nor pop3"), s->type);
	struct account_import_draft *draft = account_import_add(import);
	if (!draft)
		return account_import_fail(import, _("there are too many accounts"));
	draft->is_pop3 = is_pop3;
	draft->is_off = is_no(s->enabled);
	if (text_is_empty(s->password))
		draft->key_ring = find_in_key_ring(s, is_pop3);
	draft->id = TAKE_PTR(s->name);
	draft->user = TAKE_PTR(s->user);
	draft->host = TAKE_PTR(s->server);
	if (!text_is_empty(s->port))
		draft->port = TAKE_PTR(s->port);
	if (!text_is_empty(s->password))
		draft->password = TAKE_PTR(s->password);
	if (is_no(s->ssl))
		account_import_open(draft);
	return watch_all(import, draft, s->folder);
}

static int take(struct account_import *import, struct section *s, const struct ini_item *item) {
	if (item->kind == INI_ASSIGNMENT && is_account(item->section)) {
		char **field = section_field(s, item->key);
		if (!field)
			return 0;
		(void)memory_free_secret(*field);
		*field = memory_strdup(item->value);
	} else if (item->kind == INI_BAD) {
		return account_import_fail(import, "line %u: %s", item->line, item->problem);
	}
	return 0;
}

int account_import_mailnag_read(struct account_import *import, const char *text, size_t n) {
	CLEANUP(ini_reader_free) struct ini_reader *reader = ini_reader_new(text, n);
	struct section section = { 0 };
	struct ini_item item;
	bool is_inside = false;
	int r = 0;
	while (r == 0 && ini_next(reader, &item) > 0) {
		if (item.kind == INI_SECTION) {
			r = is_inside ? take_section(import, &section) : 0;
			section_clear(&section);
			is_inside = is_account(item.section);
		} else {
			r = take(import, &section, &item);
		}
	}
	if (r == 0 && is_inside)
		r = take_section(import, &section);
	section_clear(&section);
	return r;
}

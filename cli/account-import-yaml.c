#include "cli/account-import-yaml.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <yaml.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "config/language.h"

#define DEPTH_MAX 500

/* An alias is the same node again and never a copy, and nothing here goes deeper than the schema
 * does: a document cannot grow by being read. */
struct reader {
	struct account_import *import;
	yaml_document_t document;
};

static const char *scalar(const yaml_node_t *node) {
	return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value
						      : NULL;
}

/* Keys are read without regard to case, as the program does. */
static yaml_node_t *member(struct reader *r, const yaml_node_t *object, const char *key) {
	if (!object || object->type != YAML_MAPPING_NODE)
		return NULL;
	const yaml_node_pair_t *pair = object->data.mapping.pairs.start;
	for (; pair < object->data.mapping.pairs.top; pair++) {
		const char *name = scalar(yaml_document_get_node(&r->document, pair->key));
		if (name && text_equal_nocase(name, key))
			return yaml_document_get_node(&r->document, pair->value);
	}
	return NULL;
}

static const char *member_text(struct reader *r, const yaml_node_t *object, const char *key) {
	const char *text = scalar(member(r, object, key));
	return text_is_empty(text) ? NULL : text;
}

/* 1, 0; -EINVAL: it is not there, or neither. */
static int member_boolean(struct reader *r, const yaml_node_t *object, const char *key) {
	const char *text = member_text(r, object, key);
	return text ? number_parse_boolean(text) : -EINVAL;
}

/* A block of YAML ends in a line break, which is no part of the shell's line. */
static char *copy_line(const char *text) {
	size_t n = text ? strlen(text) : 0;
	while (n > 0 && isspace((unsigned char)text[n - 1]))
		n--;
	return n > 0 ? memory_strndup(text, n) : NULL;
}

static bool has_hook(struct reader *r, const yaml_node_t *object) {
	static const char *const hooks[] = { "onNewMail", "onNewMailPost", "onDeletedMail",
		"onDeletedMailPost", "onChangedMail", "onChangedMailPost" };
	for (size_t i = 0; i < ARRAY_SIZE(hooks); i++)
		if (member(r, object, hooks[i]))
			return true;
	return false;
}

/* A name, or an object with it and with hooks of its own. */
static int take_boxes(struct reader *r, struct account_import_draft *draft,
	const yaml_node_t *boxes, bool *has_hooks) {
	if (boxes->type != YAML_SEQUENCE_NODE)
		return account_import_fail(r->import, _("the mailboxes are no list"));
	const yaml_node_item_t *item = boxes->data.sequence.items.start;
	for (; item < boxes->data.sequence.items.top; item++) {
		yaml_node_t *node = yaml_document_get_node(&r->document, *item);
		const char *name = scalar(node) ? scalar(node) : member_text(r, node, "mailbox");
		if (!name)
			return account_import_fail(r->import, _("a mailbox has no name"));
		*has_hooks = *has_hooks || has_hook(r, node);
		int result = account_import_watch(r->import, draft, name);
		if (result < 0)
			return result;
	}
	return 0;
}

static void take_security(
	struct reader *r, struct account_import_draft *draft, const yaml_node_t *account) {
	const yaml_node_t *options = member(r, account, "tlsOptions");
	if (member_boolean(r, options, "starttls") > 0)
		draft->security = "starttls";
	else if (member_boolean(r, account, "tls") <= 0)
		account_import_open(draft);
	if (member_boolean(r, options, "rejectUnauthorized") == 0)
		account_import_note(draft,
			_("any certificate was accepted (rejectUnauthorized); Posthorn wants a "
			  "valid one, see CAFile= in posthorn.conf(5)"));
}

static size_t line_of(struct reader *r, const yaml_node_t *object, const char *key) {
	return member(r, object, key)->start_mark.line + 1;
}

static const char *member_of_two(
	struct reader *r, const yaml_node_t *account, const char *key, const char *other) {
	const char *text = member_text(r, account, key);
	return text ? text : member_text(r, account, other);
}

/* The value, or what its command prints: that is run only by who was asked for it, since what a file
 * says is not done by reading it. NULL: neither is there. */
static int take_text(
	struct reader *r, const yaml_node_t *account, const char *const keys[2], char **ret) {
	const struct account_import_runner *runner = r->import->runner;
	const char *text = member_text(r, account, keys[0]);
	CLEANUP_TEXT char *command = copy_line(text ? NULL : member_text(r, account, keys[1]));
	if (text)
		*ret = memory_strdup(text);
	else if (command && runner)
		*ret = runner->run(keys[1], command, runner->userdata);
	if (!command || *ret)
		return 0;
	return account_import_fail(r->import,
		_("line %zu: %s was not run; write what it prints as '%s' and import again"),
		line_of(r, account, keys[1]), keys[1], keys[0]);
}

static int take_account(struct reader *r, const yaml_node_t *account) {
	static const char *const host_keys[2] = { "host", "hostCmd" };
	static const char *const user_keys[2] = { "username", "usernameCmd" };
	if (!account || account->type != YAML_MAPPING_NODE)
		return account_import_fail(r->import, _("it is no configuration that is known"));
	struct account_import_draft *draft = account_import_add(r->import);
	if (!draft)
		return account_import_fail(r->import, _("there are too many accounts"));
	draft->id = memory_strdup(member_text(r, account, "alias"));
	draft->port = memory_strdup(member_text(r, account, "port"));
	draft->password = memory_strdup(member_text(r, account, "password"));
	draft->command = copy_line(member_of_two(r, account, "passwordCmd", "password_eval"));
	draft->is_token = member_boolean(r, account, "xoauth2") > 0;
	if (take_text(r, account, host_keys, &draft->host) < 0 ||
		take_text(r, account, user_keys, &draft->user) < 0)
		return -EBADMSG;
	take_security(r, draft, account);
	bool has_hooks = has_hook(r, account);
	const yaml_node_t *boxes = member(r, account, "boxes");
	int result = boxes ? take_boxes(r, draft, boxes, &has_hooks) : 0;
	if (has_hooks)
		account_import_note(draft, _("commands that ran on new mail (onNewMail and the "
					     "like); 'posthorn run -- "
					     "COMMAND' runs one once for each message"));
	return result;
}

static int take_accounts(struct reader *r, const yaml_node_t *root) {
	const yaml_node_t *list = member(r, root, "configurations");
	list = list ? list : root;
	if (!list || list->type != YAML_SEQUENCE_NODE)
		return take_account(r, list);
	int result = 0;
	const yaml_node_item_t *item = list->data.sequence.items.start;
	for (; result == 0 && item < list->data.sequence.items.top; item++)
		result = take_account(r, yaml_document_get_node(&r->document, *item));
	return result;
}

/* libyaml takes time by the product of length and depth. Brackets in texts count as well: this is a
 * bound and no grammar. */
static bool is_too_deep(const char *text, size_t n) {
	size_t depth = 0;
	for (size_t i = 0; i < n && depth <= DEPTH_MAX; i++) {
		if (text[i] == '[' || text[i] == '{')
			depth++;
		else if ((text[i] == ']' || text[i] == '}') && depth > 0)
			depth--;
	}
	return depth > DEPTH_MAX;
}

/* The document; what libyaml says of a bad one is its own words and no part of the text. */
static int load(struct reader *r, const char *text, size_t n) {
	if (is_too_deep(text, n))
		return account_import_fail(r->import, _("there are too many brackets in brackets"));
	yaml_parser_t parser;
	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, n);
	int result = 0;
	if (!yaml_parser_load(&parser, &r->document))
		result =
			account_import_fail(r->import, "line %zu: %s", parser.problem_mark.line + 1,
				parser.problem ? parser.problem : _("it is neither JSON nor YAML"));
	yaml_parser_delete(&parser);
	return result;
}

int account_import_yaml_read(struct account_import *import, const char *text, size_t n) {
	struct reader r = { .import = import };
	int result = load(&r, text, n);
	if (result < 0)
		return result;
	result = take_accounts(&r, yaml_document_get_root_node(&r.document));
	yaml_document_delete(&r.document);
	return result;
}

int account_import_yaml_read_list(
	struct account_import *import, struct account_import_draft *draft, const char *text) {
	struct reader r = { .import = import };
	bool has_hooks = false;
	int result = load(&r, text, strlen(text));
	if (result < 0)
		return result;
	const yaml_node_t *root = yaml_document_get_root_node(&r.document);
	result = root ? take_boxes(&r, draft, root, &has_hooks) : 0;
	yaml_document_delete(&r.document);
	return result;
}

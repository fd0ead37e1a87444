#include "cli/metrics-text.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* Integers up to here are doubles without a loss. */
#define EXACT_MAX 9007199254740992.0

struct family {
	const char *name, *type, *unit, *help;
};

/* metricname, and label-name without the colons (OpenMetrics 1.0, ABNF). Types and units are such
 * words, too. */
static bool is_name(const char *text) {
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
	return *text && strspn(text, letters) > 0 &&
	       text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				 "_0123456789")] == '\0';
}

/* escaped-string: these three and no other. */
static void write_escaped(struct buffer *out, const char *text) {
	for (const char *p = text; *p; p++)
		switch (*p) {
		case '\n':
			(void)buffer_append_text(out, "\\n");
			break;
		case '"':
		case '\\':
			(void)buffer_append_format(out, "\\%c", *p);
			break;
		default:
			(void)buffer_append(out, p, 1);
		}
}

static void write_value(struct buffer *out, double value) {
	bool is_whole = value >= 0 && value < EXACT_MAX && value == (double)(uint64_t)value;
	(void)buffer_append_format(out, is_whole ? " %.0f\n" : " %.9g\n", value);
}

static int write_label(struct message_reader *label, bool is_first, struct buffer *out) {
	const char *name, *value;
	if (message_read_string(label, &name) < 0 || message_read_string(label, &value) < 0 ||
		!is_name(name))
		return -EBADMSG;
	(void)buffer_append_format(out, "%c%s=\"", is_first ? '{' : ',', name);
	write_escaped(out, value);
	(void)buffer_append_text(out, "\"");
	return 0;
}

static int write_sample(struct message_reader *sample, struct buffer *out) {
	struct message_reader labels, label;
	const char *name;
	double value;
	if (message_read_string(sample, &name) < 0 || !is_name(name) ||
		message_read_enter(sample, DBUS_TYPE_ARRAY, &labels) < 0 ||
		message_read_double(sample, &value) < 0)
		return -EBADMSG;
	(void)buffer_append_text(out, name);
	bool is_first = true;
	for (; message_reader_type(&labels) != DBUS_TYPE_INVALID; is_first = false)
		if (message_read_enter(&labels, DBUS_TYPE_DICT_ENTRY, &label) < 0 ||
			write_label(&label, is_first, out) < 0)
			return -EBADMSG;
	(void)buffer_append_text(out, is_first ? "" : "}");
	write_value(out, value);
	return 0;
}

static void write_head(const struct family *family, struct buffer *out) {
	(void)buffer_append_format(out, "# TYPE %s %s\n", family->name, family->type);
	if (*family->unit)
		(void)buffer_append_format(out, "# UNIT %s %s\n", family->name, family->unit);
	(void)buffer_append_format(out, "# HELP %s ", family->name);
	write_escaped(out, family->help);
	(void)buffer_append_text(out, "\n");
}

static int write_family(struct message_reader *r, struct buffer *out) {
	struct family family;
	struct message_reader samples, sample;
	if (message_read_string(r, &family.name) < 0 || message_read_string(r, &family.type) < 0 ||
		message_read_string(r, &family.unit) < 0 ||
		message_read_string(r, &family.help) < 0 ||
		message_read_enter(r, DBUS_TYPE_ARRAY, &samples) < 0)
		return -EBADMSG;
	if (!is_name(family.name) || !is_name(family.type) ||
		(*family.unit && !is_name(family.unit)))
		return -EBADMSG;
	write_head(&family, out);
	while (message_reader_type(&samples) != DBUS_TYPE_INVALID)
		if (message_read_enter(&samples, DBUS_TYPE_STRUCT, &sample) < 0 ||
			write_sample(&sample, out) < 0)
			return -EBADMSG;
	return 0;
}

int metrics_text_write(DBusMessage *answer, struct buffer *out) {
	struct message_reader r, families, family;
	message_reader_init(&r, answer);
	if (message_read_enter(&r, DBUS_TYPE_ARRAY, &families) < 0)
		return -EBADMSG;
	while (message_reader_type(&families) != DBUS_TYPE_INVALID)
		if (message_read_enter(&families, DBUS_TYPE_STRUCT, &family) < 0 ||
			write_family(&family, out) < 0)
			return -EBADMSG;
	(void)buffer_append_text(out, "# EOF\n");
	return 0;
}

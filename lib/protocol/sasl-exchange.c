#include "protocol/sasl-exchange.h"

#include "base/memory.h"

enum sasl_progress sasl_exchange_refuse(struct sasl_exchange *e, const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	memory_free(e->said);
	e->said = memory_vformat(format, arguments);
	va_end(arguments);
	e->verdict = SASL_VERDICT_SERVER;
	return SASL_REFUSED;
}

void sasl_exchange_append_name(struct buffer *out, const char *name) {
	for (; *name; name++) {
		if (*name == ',')
			(void)buffer_append_text(out, "=2C");
		else if (*name == '=')
			(void)buffer_append_text(out, "=3D");
		else
			(void)buffer_append(out, name, 1);
	}
}

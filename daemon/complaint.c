#include "daemon/complaint.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/memory.h"
#include "base/text.h"

void complaint_print(const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	CLEANUP_TEXT char *text = memory_vformat(format, arguments);
	va_end(arguments);
	CLEANUP_TEXT char *printable = text_printable(text);
	fprintf(stderr, "posthornd: %s\n", printable);
}

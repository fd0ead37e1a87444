#include "io/host-name.h"

#include <idn2.h>

#include "base/memory.h"

static int is_ascii(const char *name) {
	for (; *name; name++)
		if ((unsigned char)*name >= 0x80)
			return 0;
	return 1;
}

char *host_name_to_ascii(const char *name) {
	if (is_ascii(name))
		return memory_strdup(name);
	char *ascii = NULL;
	if (idn2_to_ascii_8z(name, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return NULL;
	char *copy = memory_strdup(ascii);
	idn2_free(ascii);
	return copy;
}

/* Prints the tables of the daemon's interfaces as introspection XML, for tests/check/contract. */
#include <stdio.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "bus/object-introspect.h"
#include "daemon/api-account.h"
#include "daemon/api-manager.h"
#include "daemon/api-metrics.h"

int main(void) {
	struct buffer xml;
	buffer_init(&xml, OBJECT_INTROSPECT_MAX);
	object_introspect_begin(&xml);
	object_introspect_interface(&xml, &api_manager_interface);
	object_introspect_interface(&xml, &api_account_interface);
	object_introspect_interface(&xml, &api_metrics_interface);
	object_introspect_end(&xml);
	CLEANUP_TEXT char *text = buffer_take_text(&xml);
	return fputs(text, stdout) == EOF;
}

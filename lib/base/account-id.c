#include "base/account-id.h"

#include <stddef.h>
#include <string.h>

bool account_id_is_valid(const char *id) {
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-@+";
	size_t n = strlen(id);
	return n > 0 && n <= ACCOUNT_ID_MAX && id[0] != '.' && strspn(id, allowed) == n;
}

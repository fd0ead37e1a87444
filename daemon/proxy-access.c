#include "daemon/proxy-access.h"

#include <errno.h>

#include "base/memory.h"
#include "daemon/account-config.h"
#include "daemon/credential-file.h"

int proxy_access_init(struct proxy_access *access, const struct account_config *config,
	struct connector_proxy *ret, char **ret_problem) {
	*access = (struct proxy_access){ .password = NULL };
	const char *text = config->proxy ? config->proxy : "none";
	*ret_problem = proxy_address_parse(text, &access->address);
	if (!*ret_problem && access->address.user)
		access->password =
			credential_file_read_line(config->proxy_password_file, ret_problem);
	if (*ret_problem) {
		proxy_access_deinit(access);
		return -EACCES;
	}
	*ret = (struct connector_proxy){
		.kind = access->address.kind,
		.host = access->address.host,
		.port = access->address.port,
		.user = access->address.user,
		.password = access->password,
	};
	return 0;
}

void proxy_access_deinit(struct proxy_access *access) {
	proxy_address_deinit(&access->address);
	access->password = memory_free_secret(access->password);
}

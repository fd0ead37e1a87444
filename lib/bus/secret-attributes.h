#pragma once
/* What finds an account's password in the key ring: the daemon looks for it, `posthorn secret`
 * stores it. Other programs' items have other attributes. */
#define SECRET_ATTRIBUTES_SCHEMA "org.posthorn.Password"

/* An initializer: name, value, ..., NULL. The schema's name is how libsecret tells kinds apart. */
#define SECRET_ATTRIBUTES_OF(account) \
	{ "xdg:schema", SECRET_ATTRIBUTES_SCHEMA, "account", (account), NULL }

#include "mail/mailbox-list.h"

#include "base/buffer.h"
#include "base/macros.h"
#include "base/memory.h"

#include <gmime/gmime.h>
#include <stdint.h>
#include <string.h>

/* GMime would decode encoded words by rules of its own. So they are none while it reads the field:
 * their question marks are U+E000, a letter to it, and private. */
#define HIDDEN "\xEE\x80\x80"

#define LOOK_AT 16 /* addresses, and members of a group */

/* Owned; each `from` is `to`. */
static char *replace(const char *text, const char *from, const char *to) {
	struct buffer out;
	buffer_init(&out, SIZE_MAX / 2);
	for (const char *next; (next = strstr(text, from)); text = next + strlen(from)) {
		(void)buffer_append(&out, text, (size_t)(next - text));
		(void)buffer_append_text(&out, to);
	}
	(void)buffer_append_text(&out, text);
	return buffer_take_text(&out);
}

/* In one list, without those in its groups. */
static InternetAddress *find_mailbox(InternetAddressList *list) {
	for (int i = 0; i < MIN(internet_address_list_length(list), LOOK_AT); i++) {
		InternetAddress *address = internet_address_list_get_address(list, i);
		if (INTERNET_ADDRESS_IS_MAILBOX(address))
			return address;
	}
	return NULL;
}

static InternetAddress *find_member(InternetAddressList *list) {
	for (int i = 0; i < MIN(internet_address_list_length(list), LOOK_AT); i++) {
		InternetAddress *address = internet_address_list_get_address(list, i);
		if (!INTERNET_ADDRESS_IS_GROUP(address))
			continue;
		InternetAddress *member = find_mailbox(
			internet_address_group_get_members(INTERNET_ADDRESS_GROUP(address)));
		if (member)
			return member;
	}
	return NULL;
}

int mailbox_list_first(const char *field, char **ret_name, char **ret_address) {
	CLEANUP_TEXT char *plain = replace(field, HIDDEN, "-");
	CLEANUP_TEXT char *hidden = replace(plain, "?", HIDDEN);
	InternetAddressList *list = internet_address_list_parse(NULL, hidden);
	if (!list)
		return 0;
	InternetAddress *address = find_mailbox(list);
	if (!address)
		address = find_member(list);
	if (address) {
		const char *name = internet_address_get_name(address);
		const char *at =
			internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address));
		*ret_name = replace(name ? name : "", HIDDEN, "?");
		*ret_address = replace(at ? at : "", HIDDEN, "?");
	}
	g_object_unref(list);
	return address ? 1 : 0;
}

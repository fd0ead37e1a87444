#include "provider/mail-address.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

#define LABEL_MAX 63

static bool is_label(const char *label, size_t n) {
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	return n > 0 && n <= LABEL_MAX && label[0] != '-' && label[n - 1] != '-' &&
	       strspn(label, allowed) >= n;
}

bool mail_address_is_host(const char *text) {
	size_t n_labels = 0;
	if (strlen(text) > MAIL_ADDRESS_DOMAIN_MAX)
		return false;
	for (;; text++) {
		size_t n = strcspn(text, ".");
		if (!is_label(text, n))
			return false;
		n_labels++;
		text += n;
		if (!*text)
			return n_labels > 1;
	}
}

static char *lower(const char *text) {
	char *copy = memory_strdup(text);
	for (char *p = copy; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + ('a' - 'A'));
	return copy;
}

static const char *check_local(const char *text, size_t n) {
	if (n == 0)
		return "there is nothing before the @";
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7F)
			return "there is a blank or a control character in it";
	return NULL;
}

int mail_address_parse(const char *text, struct mail_address *ret, const char **ret_problem) {
	const char *at = strrchr(text, '@');
	size_t n = strlen(text);
	const char *problem = NULL;
	if (!at)
		problem = "it has no @";
	else if (n > MAIL_ADDRESS_MAX || !text_is_utf8(text, n))
		problem = "it is too long, or not UTF-8";
	else
		problem = check_local(text, (size_t)(at - text));
	if (!problem && !mail_address_is_host(at + 1))
		problem = "what stands behind the @ is no domain (in ASCII, as xn--...)";
	if (problem) {
		*ret_problem = problem;
		return -EINVAL;
	}
	char *domain = lower(at + 1);
	char *local = memory_strndup(text, (size_t)(at - text));
	*ret = (struct mail_address){
		.whole = memory_format("%s@%s", local, domain),
		.local = local,
		.domain = domain,
	};
	return 0;
}

void mail_address_deinit(struct mail_address *address) {
	free(address->whole);
	free(address->local);
	free(address->domain);
	*address = (struct mail_address){ 0 };
}

#pragma once
/* What is said of an account that does not work: what it is, and what to do about it. Pure. */
#include "base/reason.h"
#include "notify/wording.h"

struct wording_trouble {
	const char *account; /* its id, for commands */
	const char *name; /* for people */
	enum reason reason;
	const char *reason_text; /* of the daemon, with what the server said; NULL: none */
};

void wording_trouble_words(const struct wording_trouble *trouble, bool markup, struct wording *ret);

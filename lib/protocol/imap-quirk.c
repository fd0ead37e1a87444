#include "protocol/imap-quirk.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "protocol/imap-capability.h"

#define HOST(host) \
	{ IMAP_QUIRK_KEY_HOST, host, NULL }
#define GREETING(part, below) \
	{ IMAP_QUIRK_KEY_GREETING, part, below }
#define CAPABILITY(word) \
	{ IMAP_QUIRK_KEY_CAPABILITY, word, NULL }
#define ID(name, below) \
	{ IMAP_QUIRK_KEY_ID, name, below }

/* Not here, since the rules for everybody suffice: Dovecot, Fastmail and newer Cyrus; Winmail and
 * Courier, which tell UIDNEXT in STATUS alone; Yandex, which ends connections when it likes; Zimbra;
 * Proton Mail Bridge, whose UIDVALIDITY moves. Each has its transcript all the same. */
static const struct imap_quirk_row rows[] = {
	{
		.name = "gmail",
		.marks = { CAPABILITY("X-GM-EXT-1"), ID("GImap", NULL) },
		.bits = IMAP_QUIRK_NO_MODSEQ,
		.without = IMAP_CAPABILITY_CONDSTORE,
		.source = "nylas/sync-engine generic.py: HIGHESTMODSEQ runs ahead of the data",
	},
	{
		.name = "exchange",
		.marks = { GREETING("Microsoft Exchange", NULL), ID("Microsoft.Exchange", NULL),
			HOST("office365.com"), HOST("outlook.com") },
		.bits = IMAP_QUIRK_NO_SIZE,
		.renew_usec = 4 * USEC_PER_MINUTE,
		.source = "isync NEWS 1.5.0: RFC822.SIZE is wrong; FairEmail providers.xml (noop) "
			  "and mjs/imapclient#349: IDLE falls silent",
	},
	{
		.name = "yahoo",
		.marks = { CAPABILITY("XYMHIGHESTMODSEQ"), HOST("yahoo.com"), HOST("yahoo.co.jp"),
			HOST("aol.com") },
		.bits = IMAP_QUIRK_NO_MODSEQ,
		.renew_usec = 3 * USEC_PER_MINUTE,
		.source = "EmailEngine imap-client.js: IDLE for 3 min; whiteout-io/imap-client#40: "
			  "HIGHESTMODSEQ without CONDSTORE",
	},
	{
		.name = "icloud",
		.marks = { CAPABILITY("AUTH=ATOKEN"), CAPABILITY("X-SUN-IMAP"),
			HOST("mail.me.com") },
		.bits = IMAP_QUIRK_ASK_CAPABILITY,
		.renew_usec = 4 * USEC_PER_MINUTE,
		.source = "isync drv_imap.c, capability_hack: a proxy rewrites what follows the "
			  "word CAPABILITY, also in literals, until it was asked once more; "
			  "FairEmail providers.xml (noop)",
	},
	{
		.name = "courier",
		.marks = { GREETING("Courier-IMAP", NULL), ID("Courier-IMAP", NULL) },
		.bits = IMAP_QUIRK_SLOW_PUSH,
		.source = "Courier imapd configuration, IMAP_IDLE_TIMEOUT: without FAM it looks "
			  "once in 60 s",
	},
	{
		.name = "cyrus-2.4",
		.marks = { GREETING("Cyrus IMAP", "2.5.11"), GREETING("Cyrus IMAP4", "2.5.11"),
			ID("Cyrus IMAPD", "2.5.11") },
		.without = IMAP_CAPABILITY_LIST_STATUS | IMAP_CAPABILITY_LIST_EXTENDED,
		.source = "Evolution camel-imapx-server.c: LIST-STATUS is broken before 2.5.11",
	},
	{
		.name = "coremail",
		.marks = { GREETING("Coremail", NULL), CAPABILITY("X-CM-EXT-1"),
			ID("Coremail", NULL), HOST("163.com"), HOST("126.com"), HOST("yeah.net"),
			HOST("188.com") },
		.bits = IMAP_QUIRK_NEEDS_ID | IMAP_QUIRK_DEAF_NOOP,
		.without = IMAP_CAPABILITY_IDLE,
		.poll_usec = 55 * USEC_PER_SEC,
		.source = "himalaya#651, OfflineIMAP/offlineimap3#71: Unsafe Login without ID; "
			  "EmailEngine imap-client.js: no IDLE, STATUS every 55 s",
	},
	{
		.name = "qq",
		.marks = { GREETING("QQMail", NULL), HOST("qq.com"), HOST("foxmail.com") },
		.bits = IMAP_QUIRK_NEEDS_ID,
		.source = "NousResearch/hermes-agent PR 92753: send ID, keep the session",
	},
	{
		.name = "rambler",
		.marks = { HOST("rambler.ru"), HOST("lenta.ru"), HOST("ro.ru"),
			HOST("autorambler.ru") },
		.renew_usec = 55 * USEC_PER_SEC,
		.source = "EmailEngine imap-client.js: the connection goes after a minute",
	},
	{
		.name = "united-internet",
		.marks = { HOST("gmx.net"), HOST("gmx.com"), HOST("web.de"), HOST("ionos.de"),
			HOST("ionos.com"), HOST("1und1.de"), HOST("1and1.com"),
			HOST("kundenserver.de") },
		.renew_usec = 12 * USEC_PER_MINUTE,
		.source = "FairEmail providers.xml: keep-alive of 12 min",
	},
	{
		.name = "o2.pl",
		.marks = { HOST("o2.pl"), HOST("tlen.pl"), HOST("go2.pl") },
		.renew_usec = 4 * USEC_PER_MINUTE,
		.source = "FairEmail providers.xml (noop)",
	},
	{
		.name = "lark",
		.marks = { HOST("larksuite.com"), HOST("feishu.cn"), HOST("larkoffice.com") },
		.bits = IMAP_QUIRK_NO_ADDRESSES,
		.renew_usec = 9 * USEC_PER_MINUTE,
		.source = "EmailEngine mailbox.js: no addresses in ENVELOPE; emersion/go-imap PR "
			  "603: IDLE ends after 10 min",
	},
	{
		.name = "naver",
		.marks = { HOST("naver.com"), HOST("worksmobile.com") },
		.bits = IMAP_QUIRK_DEAF_NOOP,
		.source = "EmailEngine imap-client.js: NOOP shows nothing, SELECT does",
	},
	{
		.name = "zoho",
		.marks = { HOST("zoho.com"), HOST("zoho.eu"), HOST("zoho.in"), HOST("zoho.com.au"),
			HOST("zohomail.com") },
		.bits = IMAP_QUIRK_NO_UNSEEN_SEARCH,
		.source = "FairEmail Core.java: no SEARCH for UNSEEN",
	},
	{
		.name = "stalwart",
		.marks = { GREETING("Stalwart", NULL) },
		.bits = IMAP_QUIRK_ID_FIRST,
		.source = "stalwartlabs/stalwart#765: only ID tells the version",
	},
	{
		.name = "stalwart-0.9",
		.marks = { ID("Stalwart", "0.10") },
		.bits = IMAP_QUIRK_ONE_AT_A_TIME,
		.source =
			"stalwartlabs/stalwart#765 and CHANGELOG 0.10: pipelined commands are lost",
	},
};

_Static_assert(ARRAY_SIZE(rows) <= 64, "a set of rows is 64 bits");

size_t imap_quirk_count(void) {
	return ARRAY_SIZE(rows);
}

const struct imap_quirk_row *imap_quirk_at(size_t i) {
	assert(i < ARRAY_SIZE(rows));
	return &rows[i];
}

static bool is_digit(char c) {
	return c >= '0' && c <= '9';
}

/* The number at `*p`, which ends up behind it and the dot that follows; no more than fits. */
static unsigned take_number(const char **p) {
	unsigned number = 0;
	for (; is_digit(**p); (*p)++)
		number = number < 100000 ? number * 10 + (unsigned)(**p - '0') : number;
	if (**p == '.' && is_digit((*p)[1]))
		(*p)++;
	return number;
}

/* "v2.4.17-Fedora-RPM" is 2.4.17; what has no number is no version. */
static bool is_below(const char *version, const char *limit) {
	version += strcspn(version, "0123456789");
	if (!*version)
		return false;
	while (is_digit(*version) || is_digit(*limit)) {
		unsigned a = take_number(&version), b = take_number(&limit);
		if (a != b)
			return a < b;
	}
	return false;
}

/* `host` is `domain`, or in it. */
static bool is_in_domain(const char *host, const char *domain) {
	size_t n = strlen(host), n_domain = strlen(domain);
	if (n < n_domain || !text_equal_nocase(host + n - n_domain, domain))
		return false;
	return n == n_domain || host[n - n_domain - 1] == '.';
}

/* What fits, from its end on; NULL when it does not. */
static const char *find(const struct imap_quirk_mark *mark, const char *said) {
	const char *found = NULL;
	switch (mark->key) {
	case IMAP_QUIRK_KEY_HOST:
		return is_in_domain(said, mark->text) ? "" : NULL;
	case IMAP_QUIRK_KEY_CAPABILITY:
		return text_equal_nocase(said, mark->text) ? "" : NULL;
	case IMAP_QUIRK_KEY_GREETING:
		found = strcasestr(said, mark->text);
		break;
	case IMAP_QUIRK_KEY_ID:
		found = text_starts_nocase(said, mark->text) ? said : NULL;
		break;
	}
	return found ? found + strlen(mark->text) : NULL;
}

static bool fits(const struct imap_quirk_mark *mark, const char *said, const char *version) {
	const char *rest = find(mark, said);
	if (!rest)
		return false;
	return !mark->below || is_below(version ? version : rest, mark->below);
}

uint64_t imap_quirk_match(enum imap_quirk_key key, const char *said, const char *version) {
	uint64_t set = 0;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t j = 0; j < ARRAY_SIZE(rows[i].marks) && rows[i].marks[j].text; j++)
			if (rows[i].marks[j].key == key && fits(&rows[i].marks[j], said, version))
				set |= UINT64_C(1) << i;
	return set;
}

uint32_t imap_quirk_bits(uint64_t set) {
	uint32_t bits = 0;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (set >> i & 1)
			bits |= rows[i].bits;
	return bits;
}

uint64_t imap_quirk_without(uint64_t set) {
	uint64_t without = 0;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (set >> i & 1)
			without |= rows[i].without;
	return without;
}

static uint64_t shorter(uint64_t a, uint64_t b) {
	return a == 0 || (b != 0 && b < a) ? b : a;
}

uint64_t imap_quirk_renew_usec(uint64_t set) {
	uint64_t usec = 0;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (set >> i & 1)
			usec = shorter(usec, rows[i].renew_usec);
	return usec;
}

uint64_t imap_quirk_poll_usec(uint64_t set) {
	uint64_t usec = 0;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (set >> i & 1)
			usec = shorter(usec, rows[i].poll_usec);
	return usec;
}

#pragma once
/* Tokens to one typed reply of the server (RFC 3501 section 7, RFC 9051). Pulled, no recursion.
 * What is unknown is skipped whole; what is malformed becomes IMAP_REPLY_MALFORMED and the next
 * reply is read as if nothing had been. Owned by imap-session.c. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "protocol/imap-fetch.h"
#include "protocol/imap-lexer.h"
#include "protocol/imap-list.h"
#include "protocol/imap-mailbox.h"
#include "protocol/imap-namespace.h"

enum imap_reply_kind {
	IMAP_REPLY_CONTINUATION, /* `text` */
	IMAP_REPLY_TAGGED, /* `tag`, `condition`, code, `text` */
	IMAP_REPLY_CONDITION, /* untagged OK NO BAD BYE PREAUTH: `condition`, code, `text` */
	IMAP_REPLY_CAPABILITY, /* `capabilities` */
	IMAP_REPLY_EXISTS, /* `number` */
	IMAP_REPLY_RECENT,
	IMAP_REPLY_EXPUNGE, /* `number` */
	IMAP_REPLY_FETCH, /* `number`, `fetch` */
	IMAP_REPLY_VANISHED, /* one range of it, `first` to `last`; as many replies as ranges */
	IMAP_REPLY_STATUS, /* `mailbox`, `status` */
	IMAP_REPLY_LIST, /* `mailbox`, `old_mailbox`, `attributes`, `delimiter` */
	IMAP_REPLY_FLAGS,
	IMAP_REPLY_SEARCH, /* `count` of numbers */
	IMAP_REPLY_ESEARCH, /* `count`, `has_count` */
	IMAP_REPLY_ENABLED,
	IMAP_REPLY_ID, /* `quirks` */
	IMAP_REPLY_NAMESPACE, /* one of it: `mailbox` is its prefix, `namespace`, `delimiter` */
	IMAP_REPLY_UNKNOWN,
	IMAP_REPLY_MALFORMED,
	IMAP_REPLY_LIMIT, /* beyond limits.h: nothing comes after it */
};

enum imap_condition {
	IMAP_CONDITION_OK,
	IMAP_CONDITION_NO,
	IMAP_CONDITION_BAD,
	IMAP_CONDITION_BYE,
	IMAP_CONDITION_PREAUTH,
};

/* RFC 3501 7.1, RFC 5530, RFC 5465, RFC 7162, RFC 2221 */
enum imap_code {
	IMAP_CODE_NONE,
	IMAP_CODE_OTHER, /* unknown; `code_number` is the length of its name */
	IMAP_CODE_ALERT,
	IMAP_CODE_AUTHENTICATIONFAILED,
	IMAP_CODE_AUTHORIZATIONFAILED,
	IMAP_CODE_BADEVENT,
	IMAP_CODE_CAPABILITY, /* `capabilities` */
	IMAP_CODE_CLOSED,
	IMAP_CODE_CONTACTADMIN,
	IMAP_CODE_EXPIRED,
	IMAP_CODE_HIGHESTMODSEQ, /* `code_number`, as those with UID; 0 when it is none */
	IMAP_CODE_INUSE,
	IMAP_CODE_LIMIT,
	IMAP_CODE_NOMODSEQ,
	IMAP_CODE_NOTIFICATIONOVERFLOW,
	IMAP_CODE_PRIVACYREQUIRED,
	IMAP_CODE_READ_ONLY,
	IMAP_CODE_REFERRAL, /* never followed, not even kept */
	IMAP_CODE_SERVERBUG,
	IMAP_CODE_UIDNEXT,
	IMAP_CODE_UIDVALIDITY,
	IMAP_CODE_UNAVAILABLE,
	IMAP_CODE_UNSEEN,
};

/* Texts are "" where there is none, and borrowed until the next imap_reply_next(). */
struct imap_reply {
	enum imap_reply_kind kind;
	enum imap_condition condition;
	enum imap_code code;
	uint64_t code_number;
	const char *tag;
	const char *text;
	bool is_cut; /* `text` was longer */
	bool has_capabilities; /* the code [CAPABILITY] too */
	uint32_t capabilities; /* enum imap_capability */
	uint32_t mechanisms; /* AUTH=: bits of enum sasl_mechanism */
	uint64_t quirks; /* rows of imap-quirk.h that capabilities, or the answer to ID, fit */
	uint32_t number;
	uint32_t first, last;
	bool is_earlier; /* VANISHED (EARLIER): long gone, not counted any more */
	uint32_t count;
	bool has_count;
	const char *mailbox; /* as on the wire */
	const char *old_mailbox; /* OLDNAME, RFC 5465 5.4 */
	uint32_t attributes; /* enum imap_list_attribute */
	char delimiter; /* NUL: no hierarchy */
	enum imap_namespace_kind namespace;
	struct imap_status status;
	const struct imap_fetch *fetch;
};

struct imap_reply_reader {
	struct imap_lexer lexer;
	struct imap_reply reply;
	void (*take)(struct imap_reply_reader *r, const struct imap_token *t);
	struct buffer arena; /* texts of the reply; offsets until its end, 0 for none */
	uint32_t tag, text, mailbox, old_mailbox;
	uint32_t id_name, id_version; /* values of an ID */
	struct imap_list_reader list;
	struct imap_namespace_reader namespace;
	struct imap_fetch *fetch;
	uint32_t n_words; /* of a list of capabilities, of a range */
	unsigned item; /* of STATUS, of ID: what the next value is */
	bool is_malformed;
	bool is_given; /* a range is to be handed out before its line's end */
	bool is_done; /* the reply was handed out: the next one starts over */
};

void imap_reply_init(struct imap_reply_reader *r);
void imap_reply_deinit(struct imap_reply_reader *r);

/* 1: a reply; 0: all of `in` was used up. */
int imap_reply_next(struct imap_reply_reader *r, struct imap_input *in, struct imap_reply *ret);

/* Gives back all memory, if no reply is half read. */
void imap_reply_release(struct imap_reply_reader *r);

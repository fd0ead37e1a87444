#pragma once
/* A conversation with a server, written down: what the server sends, what the client must send and
 * which events must come of it. Lines:
 *
 *   # text              a comment
 *   === title           a conversation of its own begins
 *   use FILE            the lines of another file, of the same folder
 *   login KEY=VALUE...  settings of the session; before everything else
 *   watch KEY=VALUE...  a mailbox, and what is remembered of it
 *   S: text             the server sends the line and CR LF
 *   SX: text            the server sends exactly this; \r \n \t \\ \xNN
 *   S*5..504: text      a line for each number, which stands for every #
 *   T: 9min             time passes
 *   secured | check | logout | hold | release
 *   mark KEY=VALUE...   a message is to be marked as seen
 *   C: text             the client has sent the line; $1 to $99 stand for tags, bound at first use;
 *                       "..." at the end stands for any rest
 *   C+: text            the same, in one write with the line before
 *   E: text             the event came; "..." as above
 *   E*5..504: text      an event for each number
 *   E?: text            the event may have come, if the bytes were cut
 *
 * C and E lines say all that came of the lines above them since the last C or E line. */
#include <stddef.h>

enum transcript_kind {
	TRANSCRIPT_LOGIN,
	TRANSCRIPT_WATCH,
	TRANSCRIPT_SERVER,
	TRANSCRIPT_TIME,
	TRANSCRIPT_SECURED,
	TRANSCRIPT_CHECK,
	TRANSCRIPT_MARK,
	TRANSCRIPT_LOGOUT,
	TRANSCRIPT_HOLD, /* nothing that the client writes gets out */
	TRANSCRIPT_RELEASE,
	TRANSCRIPT_CLIENT,
	TRANSCRIPT_CLIENT_SAME_WRITE,
	TRANSCRIPT_EVENT,
	TRANSCRIPT_EVENT_MAYBE,
};

struct transcript_line {
	enum transcript_kind kind;
	unsigned number; /* in the file */
	char *text; /* for the server, the bytes to send */
};

struct transcript {
	char *path;
	char *title;
	struct transcript_line *lines;
	size_t n_lines;
	struct transcript *next; /* of the same file */
};

/* The conversations of a file, in their order, owned by the first. Ends the program with a message
 * when the file cannot be read. */
struct transcript *transcript_load(const char *path);
struct transcript *transcript_free(struct transcript *first);

/* The value of KEY=VALUE in `text`, owned, or NULL. A value ends at a blank; "..." holds blanks. */
char *transcript_value(const char *text, const char *key);

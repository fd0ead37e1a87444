#pragma once
/* The command by which a message is shown: OpenCommand= of the desktop agent and of the command line. */

/* What the command may be told of a message; each may be NULL. */
struct open_command_message {
	const char *id;
	const char *account;
	const char *from_address; /* as its sender wrote it, and so is the next one */
	const char *message_id;
};

/* NULL, or an owned sentence: what is wrong with the text of the setting; not, that it is no line of
 * words at all (words_split()). */
char *open_command_check(const char *text);

/* The words for one message, owned and NULL-terminated (words_free()): %i is its id, %a the account,
 * %f the sender's address, %m its Message-ID without brackets, %% a percent sign. What the sender
 * wrote is never an option or more than one word: "" stands for what could be. */
char **open_command_expand(char *const *words, const struct open_command_message *message);

/* A link to the message, "mid:..." (RFC 2392), owned; NULL: it has no Message-ID. */
char *open_command_link(const struct open_command_message *message);

#pragma once
/* Writes what goes to an IMAP server: tags, atoms, quoted strings, literals. The only place where
 * text of a user becomes part of a command. */
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

/* Six letters and digits and the NUL. */
#define IMAP_TAG_SIZE 7

/* A tag that cannot be foretold from others (CVE-2026-42246): a keyed hash of `number`, which the
 * caller never uses twice. */
void imap_command_tag(uint64_t seed, uint64_t number, char ret_tag[IMAP_TAG_SIZE]);

/* Appends `text` as an atom, quoted string or literal (RFC 3501 astring). A literal is
 * non-synchronizing where `literal_plus` (RFC 7888); else the caller must wait for a continuation
 * wherever a line ends. -EINVAL for CR and LF, which no login and no mailbox can have; nothing is
 * appended then. */
int imap_command_append_string(struct buffer *out, const char *text, bool literal_plus);

/* Appends a mailbox as the wire spells it (an atom or a quoted string): bytes above 0x7F, which a
 * server that sends such names reads too, go out as they are, control characters as '?'. */
void imap_command_append_mailbox(struct buffer *out, const char *wire);

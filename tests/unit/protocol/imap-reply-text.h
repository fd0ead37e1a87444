#pragma once
/* A reply of an IMAP server as one line of text, for tables and for comparing runs. */
#include "base/buffer.h"
#include "protocol/imap-reply.h"

/* Appends the line, without its end. What is not known is left out. */
void imap_reply_text_append(struct buffer *out, const struct imap_reply *reply);

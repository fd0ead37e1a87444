#pragma once
/* An event of the IMAP engine as one line of text, for transcripts and for comparing runs. */
#include "base/buffer.h"
#include "protocol/imap-session.h"

/* Appends the line, without its end. What is not known is left out. */
void imap_event_text_append(struct buffer *out, const struct imap_event *event);

#pragma once
/* A mail with texts of its own: the one place where those of struct news_mail are owned. */
#include "notify/news.h"

#include <stddef.h>

/* Of each text but the id no more than so many bytes are kept, as valid UTF-8. */
void news_mail_copy(const struct news_mail *mail, size_t max_bytes, struct news_mail *ret);

/* All of its texts but the id become NULL; all of them. */
void news_mail_clear_text(struct news_mail *mail);
void news_mail_clear(struct news_mail *mail);

#pragma once
/* What charset bytes without a name are in. In this order: what is UTF-8 is UTF-8; what has the
 * escapes of ISO-2022-JP is that; what is UTF-8 but for few bytes is broken or cut UTF-8; else the
 * one of windows-1252, KOI8-R (and -U), windows-1251, GB18030, CP932 (Shift_JIS) whose reading looks most
 * like words: by the frequency of letters, by case, by how letters stand together. Other charsets
 * are not told apart from these. What looks like none of them is the fallback. */
#include <stddef.h>

/* `fallback`, "UTF-8", "ISO-2022-JP-2", or another name for g_mime_iconv_open(). */
const char *charset_guess(const char *bytes, size_t n, const char *fallback);

#pragma once
/* The words of the programs in the user's language, by gettext. What programs read is never
 * translated: JSON, D-Bus, journal fields, words of configuration files. */
#include <libintl.h>
#include <stdint.h>

#define LANGUAGE_DOMAIN "posthorn"

/* A text to translate; one that is translated where it is used. */
#define _(text) gettext(text)
#define N_(text) (text)

/* Once, first thing in main(): the language of texts and their order. Nothing else of the locale is
 * taken over: "1,5" in JSON would be two numbers. `folder` has the compiled texts; $TEXTDOMAINDIR
 * goes before it. */
void language_start(const char *folder);

/* The words of the C locale from now on: for output that programs read. */
void language_stop(void);

/* The form for `n` things: of English there are two, the language may have others. */
const char *language_plural(const char *one, const char *many, uint64_t n)
	__attribute__((format_arg(1), format_arg(2)));

/* Text of others inside a sentence, owned: between the marks of Unicode (UAX 9) that keep words of
 * one direction from moving those of another; as it is where both run from left to right. NULL is
 * "". */
char *language_isolate(const char *text);

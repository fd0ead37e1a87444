#pragma once
/* Object paths from free text: an element may hold only [A-Za-z0-9_], an account's id is the name
 * of its file. Bytes outside [A-Za-z0-9], and a digit in front, are written _xx (two lower-case
 * hex digits, as systemd does), the empty text as a single _ . */

/* PREFIX/ESCAPED, owned. */
char *object_path_from(const char *prefix, const char *element);

/* The text behind `prefix` and its slash, owned; NULL when the path is not one that
 * object_path_from() writes: two paths never mean the same text. */
char *object_path_element(const char *prefix, const char *path);

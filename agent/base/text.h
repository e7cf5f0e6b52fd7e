/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text, above all from outside (feeds, files, arguments) that ends up in front of a person. */
#ifndef SMTPFENCE_BASE_TEXT_H
#define SMTPFENCE_BASE_TEXT_H

#include <stdbool.h>

/*
 * Puts '?', in place, for every control character, line separator, character that changes the
 * direction of writing, and byte that is not part of UTF-8. Whoever writes a feed must not be able
 * to forge a second log line, to drive the operator's terminal with an escape sequence, or to make
 * the JSON that quotes him invalid.
 */
void text_make_printable(char *text);

/* The same for a text of several lines: newlines and tabs stay. */
void text_make_lines_printable(char *text);

/* The first character, or byte, that would become '?' in that; NULL: there is none. */
const char *text_find_unprintable(const char *text);

/* Whether they are equal, or both NULL. */
bool text_same(const char *a, const char *b);

#endif

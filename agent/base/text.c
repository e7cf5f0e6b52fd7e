/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/text.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"

/* RFC 3629: how a character's first byte tells how many follow. */
static const struct utf8_form {
	uint8_t mask, lead;
	uint32_t first; /* smallest code point that needs this form */
} utf8_forms[] = {
	{0x80, 0x00, 0x0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

static bool is_printable(uint32_t point)
{
	bool control = point < 0x20 || (point >= 0x7f && point < 0xa0);
	/* Separators of lines and paragraphs; embeddings, overrides and isolates of direction. */
	bool layout = (point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
	/* What is not seen itself, and turns the writing of its neighbours: ALM, LRM, RLM. */
	bool mark = point == 0x061c || point == 0x200e || point == 0x200f;

	return !control && !layout && !mark;
}

/* Reads one character; returns its bytes, or 0 where there is none. The final NUL stops it. */
static size_t decode(const uint8_t *text, uint32_t *ret_point)
{
	size_t more = 0; /* bytes after the first */
	uint32_t point;

	while (more < ARRAY_SIZE(utf8_forms) &&
	       (*text & utf8_forms[more].mask) != utf8_forms[more].lead)
		more++;
	if (more == ARRAY_SIZE(utf8_forms))
		return 0;
	point = *text & (uint8_t)~utf8_forms[more].mask;
	for (size_t i = 1; i <= more; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (text[i] & 0x3f);
	}
	if (point < utf8_forms[more].first || point > 0x10ffff ||
	    (point >= 0xd800 && point < 0xe000))
		return 0;
	*ret_point = point;
	return more + 1;
}

enum layout { ONE_LINE, LINES };

/* Bytes of the character that stands first; 0: there is none, or it is not printable. */
static size_t printable_length(const uint8_t *text, enum layout layout, size_t *ret_skip)
{
	uint32_t point = 0;
	size_t length = decode(text, &point);
	bool kept = is_printable(point) || (layout == LINES && (point == '\n' || point == '\t'));

	*ret_skip = length > 0 ? length : 1;
	return kept ? length : 0;
}

static void make_printable(char *text, enum layout layout)
{
	const uint8_t *from = (const uint8_t *)text;
	char *to = text;

	while (*from) {
		size_t skip, length = printable_length(from, layout, &skip);

		if (length > 0) {
			memmove(to, from, length);
			to += length;
		} else {
			*to++ = '?';
		}
		from += skip;
	}
	*to = '\0';
}

void text_make_printable(char *text)
{
	make_printable(text, ONE_LINE);
}

void text_make_lines_printable(char *text)
{
	make_printable(text, LINES);
}

const char *text_find_unprintable(const char *text)
{
	size_t length;

	for (size_t skip; *text; text += skip) {
		length = printable_length((const uint8_t *)text, LINES, &skip);
		if (length == 0)
			return text;
	}
	return NULL;
}

bool text_same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

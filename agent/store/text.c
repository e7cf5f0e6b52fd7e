/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text of any length in a field of a fixed one. */
#include "store/store.h"

#include <string.h>

static bool continues_character(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

void store_cut_text(char *ret, size_t size, const char *text)
{
	size_t length;

	ret[0] = '\0';
	if (!text)
		return;
	length = strnlen(text, size);
	if (length == size) {
		length--;
		while (length > 0 && continues_character(text[length]))
			length--;
	}
	memcpy(ret, text, length);
	ret[length] = '\0';
}

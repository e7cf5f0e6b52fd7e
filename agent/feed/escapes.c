/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed/escapes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ESCAPE_LENGTH 6 /* \uXXXX */
#define ESCAPE_DIGITS 4
#define NO_ESCAPE     UINT32_MAX

static const char question_mark[ESCAPE_LENGTH] = {'\\', 'u', '0', '0', '3', 'f'};

static bool is_high_surrogate(uint32_t unit)
{
	return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low_surrogate(uint32_t unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}

/* The number in the escape "\uXXXX" at @text, or NO_ESCAPE. */
static uint32_t escaped_unit(const char *text)
{
	char digits[ESCAPE_DIGITS + 1] = "";

	if (text[0] != '\\' || text[1] != 'u')
		return NO_ESCAPE;
	strncpy(digits, text + 2, ESCAPE_DIGITS);
	if (strspn(digits, "0123456789abcdefABCDEF") != ESCAPE_DIGITS)
		return NO_ESCAPE;
	return (uint32_t)strtoul(digits, NULL, 16);
}

/* Mends the escape at @json, which begins with a backslash; returns the bytes to go on by. */
static size_t mend(char *json)
{
	uint32_t unit = escaped_unit(json);

	if (unit == NO_ESCAPE)
		return json[1] ? 2 : 1;
	if (is_high_surrogate(unit) && is_low_surrogate(escaped_unit(json + ESCAPE_LENGTH)))
		return (size_t)2 * ESCAPE_LENGTH;
	if (unit == 0 || is_high_surrogate(unit) || is_low_surrogate(unit))
		memcpy(json, question_mark, ESCAPE_LENGTH);
	return ESCAPE_LENGTH;
}

void escapes_mend(char *json)
{
	char *escape = json;

	while ((escape = strchr(escape, '\\')))
		escape += mend(escape);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed/go_duration.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"

/* What begins with another one's name stands before it. */
static const struct unit {
	const char *name;
	uint64_t ns;
} units[] = {
	{"ns", 1},	     {"us", 1000},	{"\xc2\xb5s", 1000}, /* U+00B5 MICRO SIGN, which Go
									writes */
	{"\xce\xbcs", 1000}, /* U+03BC GREEK SMALL LETTER MU */
	{"ms", 1000000},     {"s", 1000000000}, {"m", 60000000000},  {"h", 3600000000000},
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Moves @text behind the digits of a whole number. */
static int take_whole(const char **text, uint64_t *ret)
{
	uint64_t number = 0;

	for (; is_digit(**text); (*text)++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(**text - '0'), &number))
			return -ERANGE;
	*ret = number;
	return 0;
}

/* Moves @text behind the digits of a fraction; those beyond what a double can tell count nothing.
 */
static double take_fraction(const char **text)
{
	double fraction = 0, scale = 1;

	for (; is_digit(**text); (*text)++) {
		scale /= 10;
		fraction += (**text - '0') * scale;
	}
	return fraction;
}

static const struct unit *take_unit(const char **text)
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		size_t length = strlen(units[i].name);

		if (strncmp(*text, units[i].name, length) == 0) {
			*text += length;
			return &units[i];
		}
	}
	return NULL;
}

/* "59m", "12.34s", ".5s", "5.s": adds it to @total. */
static int take_part(const char **text, uint64_t *total)
{
	const char *start = *text;
	const struct unit *unit;
	double fraction = 0;
	uint64_t number;
	size_t digits;
	int r = take_whole(text, &number);

	if (r < 0)
		return r;
	digits = (size_t)(*text - start);
	if (**text == '.') {
		const char *point = (*text)++;

		fraction = take_fraction(text);
		digits += (size_t)(*text - point - 1);
	}
	unit = digits ? take_unit(text) : NULL;
	if (!unit)
		return -EINVAL;
	if (__builtin_mul_overflow(number, unit->ns, &number) ||
	    __builtin_add_overflow(*total, number, total) ||
	    __builtin_add_overflow(*total, (uint64_t)(fraction * (double)unit->ns), total))
		return -ERANGE;
	return 0;
}

int go_duration_parse(const char *text, int64_t *ret_ns)
{
	bool negative = *text == '-';
	uint64_t total = 0;
	int r = 0;

	if (*text == '-' || *text == '+')
		text++;
	if (strcmp(text, "0") == 0) {
		*ret_ns = 0;
		return 0;
	}
	do
		r = take_part(&text, &total);
	while (r >= 0 && *text);
	if (r < 0)
		return r;
	if (total > INT64_MAX)
		return -ERANGE;
	*ret_ns = negative ? -(int64_t)total : (int64_t)total;
	return 0;
}

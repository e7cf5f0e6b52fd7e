/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lengths of time as people write them: "1h30m". */
#include "base/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/cleanup.h"

static const struct unit {
	char letter;
	uint32_t seconds;
} units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}}; /* from large to small */

/* Reads digits and moves @text behind them. */
static int parse_number(const char **text, uint64_t *ret)
{
	const char *c = *text;
	uint64_t number = 0;

	for (; *c >= '0' && *c <= '9'; c++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*c - '0'), &number))
			return -ERANGE;
	if (c == *text)
		return -EINVAL;
	*text = c;
	*ret = number;
	return 0;
}

int duration_parse(const char *text, uint64_t *ret_seconds)
{
	uint64_t seconds = 0, number;
	size_t next = 0; /* the largest unit that may still follow */

	do {
		int r = parse_number(&text, &number);

		if (r < 0)
			return r;
		while (next < ARRAY_SIZE(units) && units[next].letter != *text)
			next++;
		if (next == ARRAY_SIZE(units))
			return -EINVAL;
		if (__builtin_mul_overflow(number, units[next].seconds, &number) ||
		    __builtin_add_overflow(seconds, number, &seconds))
			return -ERANGE;
		next++;
	} while (*++text);
	*ret_seconds = seconds;
	return 0;
}

const char *duration_format(uint64_t seconds, char text[DURATION_TEXT_MAX])
{
	int used = 0;

	if (seconds == 0)
		used = snprintf(text, DURATION_TEXT_MAX, "0s");
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		uint64_t number = seconds / units[i].seconds;

		seconds %= units[i].seconds;
		if (number)
			used += snprintf(text + used, DURATION_TEXT_MAX - (size_t)used,
					 "%" PRIu64 "%c", number, units[i].letter);
	}
	return text;
}

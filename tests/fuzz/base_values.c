/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses, times and lengths of time: what is read and written again is read as the same. */
#include <string.h>

#include "base/clock.h"
#include "base/prefix.h"
#include "base/text.h"
#include "fuzz/fuzz.h"

static void try_prefix(const char *text)
{
	struct smtpfence_prefix prefix, again;
	char written[PREFIX_TEXT_MAX];

	if (prefix_parse(text, &prefix) < 0)
		return;
	ALWAYS(prefix.length <= 128);
	ALWAYS(prefix_parse(prefix_format(&prefix, written), &again) == 0);
	ALWAYS(prefix_compare(&prefix, &again) == 0);
	ALWAYS(prefix_parse(prefix_format_short(&prefix, written), &again) == 0);
	ALWAYS(prefix_compare(&prefix, &again) == 0);
}

static void try_duration(const char *text)
{
	char written[DURATION_TEXT_MAX];
	uint64_t seconds, again;

	if (duration_parse(text, &seconds) < 0)
		return;
	ALWAYS(duration_parse(duration_format(seconds, written), &again) == 0);
	ALWAYS(seconds == again);
}

static void try_time(const char *text)
{
	char written[TIME_TEXT_MAX];
	int64_t wall, again;

	if (time_parse(text, &wall) < 0)
		return;
	ALWAYS(time_parse(time_format(wall, written), &again) == 0);
	ALWAYS(wall == again);
}

static void try_printable(char *text)
{
	size_t length = strlen(text);

	text_make_printable(text);
	ALWAYS(strlen(text) <= length);
	for (; *text; text++)
		ALWAYS((unsigned char)*text >= ' ' && *text != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *text = malloc(size + 1);

	ALWAYS(text);
	memcpy(text, bytes, size);
	text[size] = '\0';
	try_prefix(text);
	try_duration(text);
	try_time(text);
	try_printable(text);
	free(text);
	return 0;
}

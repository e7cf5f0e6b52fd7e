/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The key is the input's first line, the value is the rest. */
#include <string.h>

#include "base/cleanup.h"
#include "feed/nats_value.h"
#include "fuzz/fuzz.h"
#include "nats/key.h"

#define KEY_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const uint8_t *newline = size ? memchr(bytes, '\n', size) : NULL;
	char key[KEY_MAX], want[KEY_TEXT_MAX];
	struct arena arena = {0};
	struct incident incident;
	struct error error = {0};
	size_t length;

	if (!newline)
		return 0;
	snprintf(key, sizeof(key), "%.*s", (int)(newline - bytes), (const char *)bytes);
	length = size - (size_t)(newline + 1 - bytes);
	if (nats_value_parse(key, (const char *)newline + 1, length, &arena, &incident, &error) <
	    0) {
		check_refusal(&error);
	} else {
		ALWAYS(strcmp(key, key_format(&incident.prefix, want)) == 0);
		ALWAYS(incident.detected || incident.score == 0);
	}
	arena_clear(&arena);
	return 0;
}

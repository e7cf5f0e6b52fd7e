/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/sentence.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

static const char *const state_names[SENTENCE_STATES] = {
	[SENTENCE_UNBLOCKED] = "unblocked",
	[SENTENCE_BLOCKED] = "blockedForSpam",
	[SENTENCE_UNBLOCKING] = "unblocking",
};

const char *sentence_state_name(enum sentence_state state)
{
	return state_names[state];
}

int sentence_state_parse(const char *text, enum sentence_state *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(state_names); i++) {
		if (strcmp(text, state_names[i]) != 0)
			continue;
		*ret = (enum sentence_state)i;
		return 0;
	}
	return -EINVAL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a sentence costs, reckoned once more: in 128 bits, where nothing overflows. */
#ifndef SMTPFENCE_TESTS_RECKONED_H
#define SMTPFENCE_TESTS_RECKONED_H

#include "config/config.h"

static inline uint64_t reckoned_smaller(unsigned __int128 a, uint64_t b)
{
	return a < b ? (uint64_t)a : b;
}

/* The length of a sentence that @offences came before, s. */
static inline uint64_t reckoned_length(const struct config_policy *policy, uint32_t offences)
{
	size_t last = policy->multiplier_count - 1;
	unsigned __int128 time = policy->duration;

	time *= policy->multipliers[offences < last ? offences : last];
	return reckoned_smaller(time, policy->max);
}

/* How many of @offences still count at @now if the last one was at @date, s since 1970. */
static inline uint32_t reckoned_offences(const struct config_policy *policy, uint32_t offences,
					 int64_t date, int64_t now)
{
	__int128 since = (__int128)now - date, forgotten = 0;

	if (policy->forget_after > 0 && since > 0)
		forgotten = since / policy->forget_after;
	return forgotten < offences ? offences - (uint32_t)forgotten : 0;
}

#endif

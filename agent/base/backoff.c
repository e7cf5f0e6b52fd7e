/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/backoff.h"

#include <stdlib.h>

#include "base/clock.h"

/* A number below 2^32 by chance, as a fraction of that. */
static double chance(void)
{
	return (double)arc4random() / 4294967296.0;
}

uint64_t backoff_usec(unsigned int failures, uint64_t first, uint64_t most)
{
	uint64_t seconds = first;

	for (unsigned int i = 1; i < failures && seconds < most; i++)
		seconds *= 2;
	if (seconds > most)
		seconds = most;
	return (uint64_t)((double)seconds * (0.5 + chance() / 2) * (double)USEC_PER_SEC);
}

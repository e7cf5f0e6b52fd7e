/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/backoff.h"

#include <stdlib.h>

/* A number below 2^32 by chance, as a fraction of that. */
static double chance(void)
{
	return (double)arc4random() / 4294967296.0;
}

uint64_t backoff_usec(unsigned int failures, uint64_t first, uint64_t most)
{
	uint64_t usec = first;

	for (unsigned int i = 1; i < failures && usec < most; i++)
		usec *= 2;
	if (usec > most)
		usec = most;
	return (uint64_t)((double)usec * (0.5 + chance() / 2));
}

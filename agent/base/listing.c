/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/listing.h"

#include <stdlib.h>

#include "base/prefix.h"

int64_t listing_later(int64_t until, int64_t other)
{
	if (until == 0 || other == 0)
		return 0;
	return until > other ? until : other;
}

static int compare(const void *a, const void *b)
{
	const struct listing *first = a, *second = b;

	return prefix_compare(&first->prefix, &second->prefix);
}

size_t listings_sort(struct listing *items, size_t count)
{
	size_t kept = 0;

	if (count == 0)
		return 0;
	qsort(items, count, sizeof(*items), compare);
	for (size_t i = 1; i < count; i++) {
		if (compare(&items[kept], &items[i]) == 0)
			items[kept].until = listing_later(items[kept].until, items[i].until);
		else
			items[++kept] = items[i];
	}
	return kept + 1;
}

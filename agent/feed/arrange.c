/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed/arrange.h"

#include <string.h>

#include "base/prefix.h"

#define UNIT_BYTES 8 /* of an IPv6 address */

/* Which incident comes to a place. */
struct place {
	struct smtpfence_prefix prefix;
	__u32 index; /* as it was told */
};

static int compare_index(const void *a, const void *b)
{
	const struct place *first = a, *second = b;

	return (first->index > second->index) - (first->index < second->index);
}

static int compare(const void *a, const void *b)
{
	const struct place *first = a, *second = b;
	int r = prefix_compare(&first->prefix, &second->prefix);

	return r ? r : compare_index(a, b);
}

/* Both may be of one IPv6 unit: a /64 at the most, unless they are wider themselves. */
static bool share_unit(const struct place *a, const struct place *b)
{
	return !prefix_is_ipv4(&a->prefix) && !prefix_is_ipv4(&b->prefix) &&
	       memcmp(a->prefix.address, b->prefix.address, UNIT_BYTES) == 0;
}

/* A score of 0 before an offence is another thing than after it. */
static void keep_order_in_units(struct place *places, size_t count)
{
	size_t first = 0;

	for (size_t i = 1; i <= count; i++) {
		if (i < count && share_unit(&places[first], &places[i]))
			continue;
		if (i - first > 1)
			qsort(&places[first], i - first, sizeof(*places), compare_index);
		first = i;
	}
}

/* The incident of each place goes to that place, in place. */
static void move(struct incident *incidents, struct place *places, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct incident first = incidents[i];
		size_t to = i, from;

		while ((from = places[to].index) != i) {
			incidents[to] = incidents[from];
			places[to].index = (__u32)to;
			to = from;
		}
		incidents[to] = first;
		places[to].index = (__u32)to;
	}
}

void incidents_arrange(struct feed_batch *batch)
{
	_cleanup_free_ struct place *places = NULL;
	size_t count = batch->incident_count;

	if (count <= ARRANGE_KEPT)
		return;
	places = calloc(count, sizeof(*places));
	if (!places)
		return;
	for (size_t i = 0; i < count; i++)
		places[i] = (struct place){batch->incidents[i].prefix, (__u32)i};
	qsort(places, count, sizeof(*places), compare);
	keep_order_in_units(places, count);
	move(batch->incidents, places, count);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Volume per source: what the CPUs counted apart, put together. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "counters/internal.h"
#include "counters/list.h"

struct collection {
	struct list list;
	unsigned int cpus;
};

static void add_source(struct smtpfence_source *sum, const struct smtpfence_source *value)
{
	sum->packets += value->packets;
	sum->bytes += value->bytes;
	sum->attempts += value->attempts;
	sum->dropped_packets += value->dropped_packets;
	sum->dropped_bytes += value->dropped_bytes;
	/* 0: this CPU has not seen the source. */
	if (value->first_seen && (!sum->first_seen || value->first_seen < sum->first_seen))
		sum->first_seen = value->first_seen;
	if (value->last_seen > sum->last_seen)
		sum->last_seen = value->last_seen;
	for (unsigned int i = 0; i < SMTPFENCE_BITMAP_WORDS; i++)
		sum->destinations[i] |= value->destinations[i];
}

/*
 * Linear counting: of m bits, z are still zero after about -m ln(z / m) different destinations.
 * A full bitmap only says "many": it gives the estimate for its last zero bit.
 */
static unsigned int estimate_destinations(const __u64 bitmap[SMTPFENCE_BITMAP_WORDS])
{
	const unsigned int bits = 64 * SMTPFENCE_BITMAP_WORDS;
	unsigned int zeros = bits;

	for (unsigned int i = 0; i < SMTPFENCE_BITMAP_WORDS; i++)
		zeros -= (unsigned int)__builtin_popcountll(bitmap[i]);
	if (zeros == 0)
		zeros = 1;
	return (unsigned int)lround(-(double)bits * log((double)zeros / bits));
}

static int collect(const void *key, const void *value, void *userdata)
{
	struct collection *collection = userdata;
	struct counters_source *source = list_append(&collection->list);
	const char *values = value;

	if (!source)
		return -ENOMEM;
	memcpy(&source->key, key, sizeof(source->key));
	for (unsigned int cpu = 0; cpu < collection->cpus; cpu++) {
		struct smtpfence_source one;

		memcpy(&one, values + cpu * sizeof(one), sizeof(one));
		add_source(&source->value, &one);
	}
	source->destinations = estimate_destinations(source->value.destinations);
	return 0;
}

int counters_sources(struct counters *counters, struct counters_source **ret, size_t *ret_count,
		     struct error *error)
{
	struct collection collection = {.list = {.item_size = sizeof(struct counters_source)},
					.cpus = counters->cpus};
	int r = map_walk(&counters->maps[MAP_SOURCES], collect, &collection);

	if (r < 0) {
		list_clear(&collection.list);
		return error_set(error, r, "%s/sources: cannot be read: %s", counters->bpffs,
				 strerror(-r));
	}
	*ret_count = collection.list.count;
	*ret = list_steal(&collection.list);
	return 0;
}

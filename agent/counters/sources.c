/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Volume per source: what the CPUs counted apart, put together. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "counters/internal.h"
#include "counters/list.h"
#include "counters/source.h"
#include "counters/waiting.h"

struct collection {
	struct list list;
	struct list waiting;
	unsigned int cpus;
};

void source_add(struct smtpfence_source *sum, const struct smtpfence_source *value)
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
	struct waiting *waiting;

	if (!source)
		return -ENOMEM;
	memcpy(&source->key, key, sizeof(source->key));
	for (unsigned int cpu = 0; cpu < collection->cpus; cpu++) {
		struct smtpfence_source one;

		memcpy(&one, values + cpu * sizeof(one), sizeof(one));
		source_add(&source->value, &one);
	}
	waiting = waiting_find(&collection->waiting, &source->key);
	if (waiting) {
		source_add(&source->value, &waiting->volume);
		waiting->taken = true;
	}
	source->destinations = estimate_destinations(source->value.destinations);
	return 0;
}

/* Sources that have given way in the full map, and are not back in it yet. */
static int collect_waiting(struct collection *collection)
{
	const struct waiting *items = collection->waiting.items;

	for (size_t i = 0; i < collection->waiting.count; i++) {
		struct counters_source *source;

		if (items[i].taken)
			continue;
		source = list_append(&collection->list);
		if (!source)
			return -ENOMEM;
		source->key = items[i].key;
		source->value = items[i].volume;
		source->destinations = estimate_destinations(source->value.destinations);
	}
	return 0;
}

/* First what waits: what goes from there to `sources` in between is seen twice, not missed. */
static int collect_all(struct counters *counters, struct collection *collection)
{
	int r = waiting_read(counters, &collection->waiting);

	if (r == 0)
		r = map_walk(&counters->maps[MAP_SOURCES], collect, collection);
	return r == 0 ? collect_waiting(collection) : r;
}

int counters_sources(struct counters *counters, struct counters_source **ret, size_t *ret_count,
		     struct error *error)
{
	struct collection collection = {.list = {.item_size = sizeof(struct counters_source)},
					.waiting = {.item_size = sizeof(struct waiting)},
					.cpus = counters->cpus};
	int r = collect_all(counters, &collection);

	list_clear(&collection.waiting);
	if (r < 0) {
		list_clear(&collection.list);
		return error_set(error, r, "%s/sources: cannot be read: %s", counters->bpffs,
				 strerror(-r));
	}
	*ret_count = collection.list.count;
	*ret = list_steal(&collection.list);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "counters/waiting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/prefix.h"
#include "counters/source.h"

struct collection {
	struct list *list;
	unsigned int cpus;
	__u32 ipv6_count_length;
};

/* As the datapath makes it when it brings the volume to `sources`. */
static struct smtpfence_source_key key_of(const struct smtpfence_recent *slot,
					  __u32 ipv6_count_length)
{
	struct smtpfence_source_key key = {.ifindex = slot->ifindex, .source.length = 128};

	memcpy(key.source.address, slot->source, sizeof(key.source.address));
	if (!prefix_is_ipv4(&key.source) && ipv6_count_length != 128)
		prefix_cut(&key.source, 64);
	return key;
}

static struct smtpfence_source volume_of(const struct smtpfence_recent *slot)
{
	struct smtpfence_source volume = {
		.packets = slot->waiting.packets,
		.bytes = slot->waiting.bytes,
		.attempts = slot->waiting.attempts,
		.first_seen = slot->seen,
		.last_seen = slot->seen,
	};

	if (counters_reason_verdict(slot->reason) == SMTPFENCE_DROP) {
		volume.dropped_packets = volume.packets;
		volume.dropped_bytes = volume.bytes;
	}
	memcpy(volume.destinations, slot->destinations, sizeof(volume.destinations));
	return volume;
}

static int collect(const void *key, const void *value, void *userdata)
{
	const struct collection *collection = userdata;
	const char *slots = value;

	(void)key;
	for (unsigned int cpu = 0; cpu < collection->cpus; cpu++) {
		struct smtpfence_recent slot;
		struct waiting *waiting;

		memcpy(&slot, slots + cpu * sizeof(slot), sizeof(slot));
		if (!slot.waiting.packets)
			continue;
		waiting = list_append(collection->list);
		if (!waiting)
			return -ENOMEM;
		waiting->key = key_of(&slot, collection->ipv6_count_length);
		waiting->volume = volume_of(&slot);
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct waiting *left = a, *right = b;

	return memcmp(&left->key, &right->key, sizeof(left->key));
}

/* A source may wait on several CPUs, and hosts of one /64 in several slots. */
static void merge_equals(struct list *list)
{
	struct waiting *items = list->items;
	size_t kept = 0;

	for (size_t i = 1; i < list->count; i++) {
		if (compare(&items[kept], &items[i]) == 0)
			source_add(&items[kept].volume, &items[i].volume);
		else
			items[++kept] = items[i];
	}
	if (list->count)
		list->count = kept + 1;
}

int waiting_read(struct counters *counters, struct list *ret)
{
	struct collection collection = {.list = ret, .cpus = counters->cpus};
	struct smtpfence_settings settings;
	int r = counters_settings(counters, &settings);

	if (r < 0)
		return r;
	collection.ipv6_count_length = settings.ipv6_count_length;
	r = map_walk(&counters->maps[MAP_RECENT], collect, &collection);
	if (r < 0)
		return r;
	if (ret->count)
		qsort(ret->items, ret->count, ret->item_size, compare);
	merge_equals(ret);
	return 0;
}

struct waiting *waiting_find(const struct list *list, const struct smtpfence_source_key *key)
{
	const struct waiting wanted = {.key = *key};

	if (!list->count)
		return NULL;
	return bsearch(&wanted, list->items, list->count, list->item_size, compare);
}

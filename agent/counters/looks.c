/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "counters/looks.h"

#include <errno.h>

#include "base/clock.h"
#include "base/prefix.h"

struct looks {
	struct look items[LOOKS_MAX];
	uint64_t next; /* number */
};

struct looks *looks_new(void)
{
	struct looks *looks = calloc(1, sizeof(*looks));

	if (looks)
		looks->next = 1;
	return looks;
}

void looks_free(struct looks *looks)
{
	for (size_t i = 0; i < LOOKS_MAX; i++)
		free(looks->items[i].items);
	free(looks);
}

int seen_compare(const void *a, const void *b)
{
	const struct smtpfence_source_key *one = a, *other = b;
	int order = prefix_compare(&one->source, &other->source);

	return order ? order : (one->ifindex > other->ifindex) - (one->ifindex < other->ifindex);
}

void look_counts(const struct counters_source *source, uint64_t ret[RATES])
{
	ret[RATE_PACKETS] = source->value.packets;
	ret[RATE_BYTES] = source->value.bytes;
	ret[RATE_ATTEMPTS] = source->value.attempts;
	ret[RATE_DROPPED] = source->value.dropped_packets;
}

int look_take(struct looks *looks, const struct counters_source *sources, size_t count,
	      struct look *ret)
{
	struct seen *items = calloc(count + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		items[i].key = sources[i].key;
		look_counts(&sources[i], items[i].counts);
	}
	qsort(items, count, sizeof(*items), seen_compare);
	*ret = (struct look){
		.number = looks->next++, .taken = clock_boot_ns(), .items = items, .count = count};
	return 0;
}

const struct look *looks_find(const struct looks *looks, uint64_t number)
{
	for (size_t i = 0; i < LOOKS_MAX; i++)
		if (number > 0 && looks->items[i].number == number)
			return &looks->items[i];
	return NULL;
}

void looks_put(struct looks *looks, uint64_t since, struct look *look)
{
	size_t place = 0;

	for (size_t i = 1; i < LOOKS_MAX; i++)
		if (looks->items[i].number < looks->items[place].number)
			place = i;
	for (size_t i = 0; i < LOOKS_MAX; i++)
		if (since > 0 && looks->items[i].number == since)
			place = i;
	free(looks->items[place].items);
	looks->items[place] = *look;
	*look = (struct look){};
}

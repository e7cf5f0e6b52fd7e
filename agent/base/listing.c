/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/listing.h"

#include <endian.h>
#include <stdbool.h>
#include <string.h>

#define ADDRESS_BYTES 16
#define FEW	      32 /* are sorted faster by insertion */

int64_t listing_later(int64_t until, int64_t other)
{
	if (until == 0 || other == 0)
		return 0;
	return until > other ? until : other;
}

/* An address as two numbers, which are compared in a fraction of the time that memcmp takes. */
struct halves {
	uint64_t high, low;
};

static struct halves halves_of(const struct listing *item)
{
	struct halves halves;

	memcpy(&halves, item->prefix.address, sizeof(halves));
	return (struct halves){be64toh(halves.high), be64toh(halves.low)};
}

static bool is_before(const struct listing *first, const struct listing *second)
{
	const struct halves a = halves_of(first), b = halves_of(second);

	if (a.high != b.high)
		return a.high < b.high;
	if (a.low != b.low)
		return a.low < b.low;
	return first->prefix.length < second->prefix.length;
}

static void sort_few(struct listing *items, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		const struct listing item = items[i];
		size_t place = i;

		for (; place > 0 && is_before(&item, &items[place - 1]); place--)
			items[place] = items[place - 1];
		items[place] = item;
	}
}

/* The address, then the length: the order of prefix_compare. */
static unsigned int key_byte(const struct listing *item, unsigned int byte)
{
	return byte < ADDRESS_BYTES ? item->prefix.address[byte] : item->prefix.length;
}

/* The first byte in which not all keys are the same: IPv4 addresses have twelve in common. */
static unsigned int first_difference(const struct listing *items, size_t count)
{
	const struct halves first = halves_of(items);
	struct halves difference = {0};

	for (size_t i = 1; i < count; i++) {
		const struct halves other = halves_of(&items[i]);

		difference.high |= first.high ^ other.high;
		difference.low |= first.low ^ other.low;
	}
	if (difference.high)
		return (unsigned int)__builtin_clzll(difference.high) / 8;
	return difference.low ? 8 + (unsigned int)__builtin_clzll(difference.low) / 8
			      : ADDRESS_BYTES;
}

/* Where the items with each value of a byte begin, and where all of them end. */
struct buckets {
	size_t begin[257];
};

static struct buckets count_buckets(const struct listing *items, size_t count, unsigned int byte)
{
	struct buckets buckets = {0};

	for (size_t i = 0; i < count; i++)
		buckets.begin[key_byte(&items[i], byte) + 1]++;
	for (unsigned int value = 0; value < 256; value++)
		buckets.begin[value + 1] += buckets.begin[value];
	return buckets;
}

/* Every item goes straight to its bucket, and what stood there goes on to its own. */
static void distribute(struct listing *items, const struct buckets *buckets, unsigned int byte)
{
	struct buckets next = *buckets;

	for (unsigned int value = 0; value < 256; value++) {
		while (next.begin[value] < buckets->begin[value + 1]) {
			struct listing item = items[next.begin[value]];
			unsigned int own;

			while ((own = key_byte(&item, byte)) != value) {
				struct listing *place = &items[next.begin[own]++];
				const struct listing other = *place;

				*place = item;
				item = other;
			}
			items[next.begin[value]++] = item;
		}
	}
}

/*
 * A radix sort in place, by the first byte in which the keys differ, then each bucket by itself
 * (McIlroy and others, "Engineering Radix Sort", 1993). That is not deep: each level has a byte
 * behind the last one's.
 */
static void sort(struct listing *items, size_t count)
{
	struct buckets buckets;
	unsigned int byte;

	if (count <= FEW) {
		sort_few(items, count);
		return;
	}
	byte = first_difference(items, count);
	buckets = count_buckets(items, count, byte);
	distribute(items, &buckets, byte);
	for (unsigned int value = 0; value < 256 && byte < ADDRESS_BYTES; value++)
		sort(items + buckets.begin[value], buckets.begin[value + 1] - buckets.begin[value]);
}

static bool is_sorted(const struct listing *items, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (is_before(&items[i], &items[i - 1]))
			return false;
	return true;
}

size_t listings_sort(struct listing *items, size_t count)
{
	size_t kept = 0;

	if (count == 0)
		return 0;
	if (!is_sorted(items, count))
		sort(items, count);
	for (size_t i = 1; i < count; i++) {
		if (is_before(&items[kept], &items[i]))
			items[++kept] = items[i];
		else
			items[kept].until = listing_later(items[kept].until, items[i].until);
	}
	return kept + 1;
}

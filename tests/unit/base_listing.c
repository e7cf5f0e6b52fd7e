/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Listings are sorted as comparing would, and those with one prefix become one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/listing.h"
#include "base/prefix.h"

#define COUNT 20000

static uint32_t roll(uint32_t *dice)
{
	*dice ^= *dice << 13;
	*dice ^= *dice >> 17;
	*dice ^= *dice << 5;
	return *dice;
}

static int compare(const void *a, const void *b)
{
	const struct listing *first = a, *second = b;

	return prefix_compare(&first->prefix, &second->prefix);
}

/* Of every length, in few enough places that many are the same. */
static struct listing make(uint32_t *dice)
{
	struct listing item = {.prefix = {.length = 128}, .until = roll(dice) % 3};

	for (size_t i = 0; i < sizeof(item.prefix.address); i++)
		item.prefix.address[i] = roll(dice) % 8 == 0 ? (uint8_t)roll(dice) : 0;
	prefix_cut(&item.prefix, roll(dice) % 129);
	return item;
}

static void test_order(void **state)
{
	struct listing *items = calloc(COUNT, sizeof(*items));
	struct listing *expected = calloc(COUNT, sizeof(*expected));
	uint32_t dice = 2463534242;
	size_t kept, at = 0;

	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		items[i] = expected[i] = make(&dice);
	kept = listings_sort(items, COUNT);
	qsort(expected, COUNT, sizeof(*expected), compare);
	for (size_t i = 0; i < kept; i++) {
		int64_t until = expected[at].until;

		assert_int_equal(compare(&items[i], &expected[at]), 0);
		while (at < COUNT && compare(&items[i], &expected[at]) == 0)
			until = listing_later(until, expected[at++].until);
		assert_int_equal(items[i].until, until);
	}
	assert_int_equal(at, COUNT);
	assert_true(kept < COUNT);
	assert_int_equal(listings_sort(items, kept), kept);
	free(items);
	free(expected);
}

static void test_few(void **state)
{
	struct listing items[2] = {{.prefix = {.length = 128}}, {.prefix = {.length = 64}}};

	(void)state;
	assert_int_equal(listings_sort(NULL, 0), 0);
	assert_int_equal(listings_sort(items, 1), 1);
	assert_int_equal(listings_sort(items, 2), 2);
	assert_int_equal(items[0].prefix.length, 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

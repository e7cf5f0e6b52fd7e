/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of many chunks, changed in place and written beside, against a model in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/stored.h"

#define ADDRESSES 20000 /* of which a list holds some */

/* What the list should hold: for each address its end, or ABSENT. */
#define ABSENT (-1)
struct model {
	int64_t until[ADDRESSES];
	uint64_t dice;
};

static uint64_t roll(struct model *model, uint64_t sides)
{
	model->dice ^= model->dice << 13;
	model->dice ^= model->dice >> 7;
	model->dice ^= model->dice << 17;
	return model->dice % sides;
}

static struct smtpfence_prefix address_of(size_t i)
{
	struct smtpfence_prefix prefix = {.length = 128, .address = {[10] = 0xff, 0xff, 198, 18}};

	prefix.address[14] = (uint8_t)(i >> 8);
	prefix.address[15] = (uint8_t)i;
	return prefix;
}

static int check_listing(const struct listing *listing, const char *feed, void *userdata)
{
	struct model *model = userdata;
	size_t i = (size_t)listing->prefix.address[14] << 8 | listing->prefix.address[15];
	struct smtpfence_prefix expected = address_of(i);

	assert_string_equal(feed, "edge");
	assert_memory_equal(&expected, &listing->prefix, sizeof(expected));
	assert_int_equal(model->until[i], listing->until);
	model->until[ADDRESSES - 1]++; /* counts, see assert_equal_model */
	return 0;
}

/* The last address is in no list: its place counts what the walk has brought. */
static void assert_equal_model(struct store *store, struct model *model)
{
	int64_t expected = 0;

	for (size_t i = 0; i < ADDRESSES - 1; i++)
		expected += model->until[i] != ABSENT;
	model->until[ADDRESSES - 1] = 0;
	assert_int_equal(store_each_listing(store, NULL, NULL, check_listing, model, NULL), 0);
	assert_int_equal(model->until[ADDRESSES - 1], expected);
}

/* What is asked for one by one is what is listed: there, and in the gaps between. */
static int take_until(const struct listing *listing, const char *feed, void *userdata)
{
	(void)feed;
	*(int64_t *)userdata = listing->until;
	return 0;
}

static void assert_finds(struct store_finder *finder, const struct model *model, size_t i)
{
	const struct smtpfence_prefix prefix = address_of(i);
	int64_t until = ABSENT;

	assert_int_equal(store_find_listings(finder, &prefix, take_until, &until, NULL), 0);
	assert_int_equal(until, model->until[i]);
}

static void assert_finds_model(struct store *store, struct model *model)
{
	_cleanup_(store_finder_freep) struct store_finder *finder = NULL;

	assert_int_equal(store_finder_new(store, &finder, NULL), 0);
	for (size_t i = 0; i < ADDRESSES - 1; i += 1 + roll(model, 3))
		assert_finds(finder, model, i);
	for (size_t i = 0; i < 500; i++)
		assert_finds(finder, model, roll(model, ADDRESSES - 1));
}

static struct list_reading reading_of(const struct model *model, struct listing *listings)
{
	size_t count = 0;

	for (size_t i = 0; i < ADDRESSES - 1; i++)
		if (model->until[i] != ABSENT)
			listings[count++] = (struct listing){address_of(i), model->until[i]};
	return (struct list_reading){.named = listings, .named_count = count};
}

static void write_beside(struct store *store, const struct list_change *change)
{
	struct list_writer writer;
	int r;

	assert_int_equal(store_begin_list(store, "edge", change, &writer, NULL), 0);
	while ((r = store_write_list(store, &writer, NULL)) > 0)
		;
	assert_int_equal(r, 0);
	assert_int_equal(store_put_list(store, "edge", &writer, NULL), 1);
	while (store_sweep_lists(store, 7, NULL) > 0)
		;
}

/* Brings the list to what the model says, one way or the other. */
static void follow(struct store *store, struct model *model, bool beside)
{
	_cleanup_free_ struct listing *listings = calloc(ADDRESSES, sizeof(*listings));
	struct list_reading reading = reading_of(model, listings);
	_cleanup_(list_change_clear) struct list_change change = {0};

	assert_int_equal(store_begin(store, NULL), 0);
	assert_int_equal(store_compare_list(store, "edge", &reading, &change, NULL), 0);
	if (beside)
		write_beside(store, &change);
	else
		assert_int_equal(store_change_list(store, "edge", &change, NULL), 0);
	assert_int_equal(store_commit(store, NULL), 0);
	assert_equal_model(store, model);
	assert_finds_model(store, model);
}

/* @share of a thousand addresses change, around some place or everywhere. */
static void shake(struct model *model, uint64_t share, size_t begin, size_t end)
{
	for (size_t i = begin; i < end; i++)
		if (roll(model, 1000) < share)
			model->until[i] = (int64_t)roll(model, 4) - 1;
}

static void test_changes(void **state)
{
	struct store *store = ((struct stored *)*state)->store;
	_cleanup_free_ struct model *model = calloc(1, sizeof(*model));

	model->dice = 88172645463325252;
	for (size_t i = 0; i < ADDRESSES; i++)
		model->until[i] = ABSENT;
	for (unsigned int round = 0; round < 24; round++) {
		size_t begin = roll(model, ADDRESSES - 2000);
		bool everywhere = round % 3 == 0;

		shake(model, everywhere ? 300 : 2 + 400 * (round % 3 == 1), everywhere ? 0 : begin,
		      everywhere ? ADDRESSES - 1 : begin + 1900);
		follow(store, model, round % 2);
	}
	for (size_t i = 0; i < ADDRESSES - 1; i++)
		if (i % 3000 != 0)
			model->until[i] = ABSENT;
	follow(store, model, false);
	for (size_t i = 0; i < ADDRESSES - 1; i++)
		model->until[i] = ABSENT;
	follow(store, model, false);
}

/* A list that was being written when the daemon died is no list. */
static void test_unfinished_list(void **state)
{
	struct stored *f = *state;
	const struct listing listing = {address_of(1), 0};
	const struct list_reading reading = {.named = &listing, .named_count = 1};
	struct list_change change;
	_cleanup_(store_finder_freep) struct store_finder *finder = NULL;
	struct list_writer writer;
	int64_t end;

	assert_int_equal(store_compare_list(f->store, "edge", &reading, &change, NULL), 0);
	change.edits[0].until = 5;
	assert_int_equal(store_begin_list(f->store, "edge", &change, &writer, NULL), 0);
	assert_int_equal(store_write_list(f->store, &writer, NULL), 0);
	list_change_clear(&change);
	assert_int_equal(store_finder_new(f->store, &finder, NULL), 0);
	assert_int_equal(store_is_listed(finder, &listing.prefix, 0, NULL), 0);
	store_finder_free(STEAL(finder));
	assert_int_equal(store_next_listing_end(f->store, &end, NULL), 0);
	assert_int_equal(end, 0);
	stored_reopen(f);
	assert_int_equal(store_sweep_lists(f->store, 0, NULL), 0); /* there is nothing left of it */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORED_TEST(test_changes),
		STORED_TEST(test_unfinished_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading sentences ahead tells the same as asking for each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "ledger/sentence_reader.h"
#include "lib/stored.h"

#define SOURCES 2000

static struct smtpfence_prefix address_of(size_t i)
{
	struct smtpfence_prefix prefix = prefix_of("198.18.0.0");

	prefix.address[14] = (unsigned char)(i >> 8);
	prefix.address[15] = (unsigned char)i;
	return prefix;
}

static void put(struct store *store, size_t i, uint32_t score)
{
	const struct sentence sentence = {
		.prefix = address_of(i), .state = SENTENCE_BLOCKED, .score = score};

	assert_int_equal(store_put_sentence(store, &sentence, NULL), 0);
}

static void assert_reads(struct sentence_reader *reader, size_t i)
{
	const struct smtpfence_prefix prefix = address_of(i);
	const struct sentence *read = NULL;
	struct sentence known;
	int r = store_get_sentence(reader->store, &prefix, &known, NULL);

	assert_int_equal(sentence_read(reader, &prefix, &read, NULL), r == 0);
	if (r < 0)
		return;
	assert_memory_equal(&read->prefix, &prefix, sizeof(prefix));
	assert_int_equal(read->score, known.score);
}

static int setup(void **state)
{
	struct stored *f;

	if (stored_setup(state) < 0)
		return -1;
	f = *state;
	assert_int_equal(store_begin(f->store, NULL), 0);
	for (size_t i = 0; i < SOURCES; i += 1 + i % 3)
		put(f->store, i, 1);
	return 0;
}

static void test_in_order(void **state)
{
	static struct sentence_reader reader;
	struct store *store = ((struct stored *)*state)->store;

	for (size_t step = 1; step < SOURCES; step *= 3) {
		sentence_reader_begin(&reader, store);
		for (size_t i = 0; i < SOURCES + 10; i += step)
			assert_reads(&reader, i);
	}
}

/* What was asked for is changed, and asked for again; and the order is none. */
static void test_changed_meanwhile(void **state)
{
	static struct sentence_reader reader;
	struct store *store = ((struct stored *)*state)->store;
	size_t at = 0;

	srandom(25);
	sentence_reader_begin(&reader, store);
	for (uint32_t turn = 2; turn < 20000; turn++) {
		size_t jump = (size_t)random() % 100;

		at = jump < 3 ? (size_t)random() % SOURCES : (at + jump % 4) % SOURCES;
		assert_reads(&reader, at);
		if (random() % 2)
			put(store, at, turn);
	}
}

/* Neighbours are read together, and nobody else is. */
static void test_as_many_as_are_of_use(void **state)
{
	static struct sentence_reader reader;
	struct store *store = ((struct stored *)*state)->store;

	sentence_reader_begin(&reader, store);
	for (size_t i = 0; i < SOURCES / 2; i++)
		assert_reads(&reader, i);
	assert_int_equal(reader.ahead, SENTENCES_AHEAD);
	for (size_t i = SOURCES / 2; i < SOURCES; i += 200)
		assert_reads(&reader, i);
	assert_true(reader.ahead <= 2);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, stored_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_in_order),
		TEST(test_changed_meanwhile),
		TEST(test_as_many_as_are_of_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What owns memory gives it back, and may be cleared twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/entry.h"

static void test_entries_clear(void **state)
{
	struct entries entries = {.items = calloc(1, sizeof(*entries.items)), .count = 1};

	(void)state;
	entries_clear(&entries);
	assert_null(entries.items);
	assert_int_equal(entries.count, 0);
	entries_clear(&entries);
}

#define PIECE_MAX 100000 /* larger than a block */

/* None lies in another, each is empty at first, and all are aligned. */
static void test_arena(void **state)
{
	struct arena arena = {0};
	char *pieces[1000];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		size_t size = i % 100 == 99 ? PIECE_MAX : i % 50;

		pieces[i] = arena_get(&arena, size);
		assert_non_null(pieces[i]);
		assert_int_equal((uintptr_t)pieces[i] % sizeof(void *), 0);
		for (size_t k = 0; k < size; k++)
			assert_int_equal(pieces[i][k], 0);
		memset(pieces[i], (int)(i % 100) + 1, size);
	}
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++)
		for (size_t k = 0; k < i % 50; k++)
			assert_int_equal(pieces[i][k], (int)(i % 100) + 1);
	assert_string_equal(arena_copy(&arena, "vade"), "vade");
	arena_clear(&arena);
	assert_null(arena.blocks);
	arena_clear(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries_clear),
		cmocka_unit_test(test_arena),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

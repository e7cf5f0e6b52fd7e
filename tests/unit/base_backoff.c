/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting before another try. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/backoff.h"
#include "base/cleanup.h"

#define SECOND 1000000ULL
#define TRIES  1000

static void test_doubles_up_to_the_most(void **state)
{
	static const struct {
		unsigned int failures;
		uint64_t seconds;
	} cases[] = {{0, 2},   {1, 2},	 {2, 4},      {3, 8},
		     {8, 256}, {9, 300}, {1000, 300}, {UINT_MAX, 300}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t most = cases[i].seconds * SECOND;

		for (unsigned int try = 0; try < TRIES; try++)
			assert_in_range(backoff_usec(cases[i].failures, 2 * SECOND, 300 * SECOND),
					most / 2, most);
	}
}

static void test_spreads(void **state)
{
	uint64_t least = UINT64_MAX, most = 0;

	(void)state;
	for (unsigned int try = 0; try < TRIES; try++) {
		uint64_t usec = backoff_usec(1, 100 * SECOND, 100 * SECOND);

		least = usec < least ? usec : least;
		most = usec > most ? usec : most;
	}
	assert_true(most - least > 40 * SECOND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_doubles_up_to_the_most),
		cmocka_unit_test(test_spreads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

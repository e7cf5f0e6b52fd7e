/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a server is asked again: by chance, but never outside these bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "feed/schedule.h"

#define SECOND	1000000ULL /* us */
#define DRAWS	1000
#define HOUR	3600ULL
#define CENTURY (36500ULL * 24 * HOUR)

static void test_interval_is_never_exceeded(void **state)
{
	static const uint64_t intervals[] = {1, 10, 12 * HOUR, CENTURY};

	(void)state;
	for (size_t i = 0; i < sizeof(intervals) / sizeof(intervals[0]); i++) {
		uint64_t whole = intervals[i] * SECOND, least = UINT64_MAX, most = 0;
		struct schedule schedule = {0};

		for (unsigned int draw = 0; draw < DRAWS; draw++) {
			uint64_t usec = schedule_after_success(&schedule, intervals[i]);

			least = usec < least ? usec : least;
			most = usec > most ? usec : most;
		}
		assert_in_range(least, whole / 10 * 9, whole / 100 * 92);
		assert_in_range(most, whole / 100 * 98, whole);
	}
}

static void assert_delays(uint64_t interval, const uint64_t *seconds, size_t count)
{
	for (unsigned int draw = 0; draw < DRAWS; draw++) {
		struct schedule schedule = {0};

		for (size_t i = 0; i < count; i++)
			assert_in_range(schedule_after_failure(&schedule, interval, 0),
					seconds[i] * SECOND / 2, seconds[i] * SECOND);
	}
}

static void test_failures_in_a_row(void **state)
{
	static const uint64_t often[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300};
	static const uint64_t usual[] = {5, 10, 20, 40, 80, 160, 300, 300};
	static const uint64_t seldom[] = {5, 10, 20, 40, 80, 160, 320, 600, 600};

	(void)state;
	assert_delays(1, often, sizeof(often) / sizeof(often[0]));
	assert_delays(10, usual, sizeof(usual) / sizeof(usual[0]));
	assert_delays(600, seldom, sizeof(seldom) / sizeof(seldom[0]));
}

static void test_very_many_failures(void **state)
{
	struct schedule schedule = {.failures = UINT32_MAX - DRAWS};

	(void)state;
	for (unsigned int i = 0; i < DRAWS; i++)
		assert_in_range(schedule_after_failure(&schedule, 10, 0), 150 * SECOND,
				300 * SECOND);
}

static void test_success_begins_anew(void **state)
{
	struct schedule schedule = {.failures = 7};

	(void)state;
	schedule_after_success(&schedule, 10);
	assert_in_range(schedule_after_failure(&schedule, 10, 0), 5 * SECOND / 2, 5 * SECOND);
}

static void test_what_the_server_asks_for(void **state)
{
	(void)state;
	for (unsigned int draw = 0; draw < DRAWS; draw++) {
		struct schedule schedule = {0};

		assert_in_range(schedule_after_failure(&schedule, 10, 120), 120 * SECOND,
				132 * SECOND);
		/* It cannot keep us away for ever. */
		assert_in_range(schedule_after_failure(&schedule, 10, UINT64_MAX), HOUR * SECOND,
				HOUR * SECOND * 11 / 10);
		assert_in_range(schedule_after_failure(&schedule, 12 * HOUR, UINT64_MAX),
				12 * HOUR * SECOND, 12 * HOUR * SECOND * 11 / 10);
	}
}

static void test_never(void **state)
{
	(void)state;
	assert_int_equal(schedule_usec(10), 10 * SECOND);
	assert_int_equal(schedule_usec(UINT64_MAX), UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interval_is_never_exceeded),
		cmocka_unit_test(test_failures_in_a_row),
		cmocka_unit_test(test_very_many_failures),
		cmocka_unit_test(test_success_begins_anew),
		cmocka_unit_test(test_what_the_server_asks_for),
		cmocka_unit_test(test_never),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/clock.h"

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		int64_t wall;
	} cases[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"1969-12-31T23:59:59Z", -1},
		{"2026-11-21T20:58:31Z", 1795294711},
		{"2026-11-21t20:58:31z", 1795294711},
		{"2026-11-21T20:58:31.999999Z", 1795294711},
		{"2026-11-21T21:58:31+01:00", 1795294711},
		{"2026-11-21T15:28:31-05:30", 1795294711},
		{"2026-11-21T20:58:31-00:00", 1795294711},
		{"2000-02-29T00:00:00Z", 951782400},
		{"2016-12-31T23:59:60Z", 1483228800},
		{"2038-01-19T03:14:08Z", 2147483648},
		{"0000-01-01T00:00:00Z", -62167219200},
		{"9999-12-31T23:59:59Z", 253402300799},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t wall;

		assert_int_equal(time_parse(cases[i].text, &wall), 0);
		assert_true(wall == cases[i].wall);
	}
}

static void test_refuse(void **state)
{
	static const char *const cases[] = {
		"",
		"2026-11-21",
		"2026-11-21T20:58:31",
		"2026-11-21 20:58:31Z",
		"2026-11-21T20:58Z",
		"2026-11-21T20:58:31Zulu",
		"2026-11-21T20:58:31.Z",
		"2026-11-21T20:58:31,5Z",
		"2026-11-21T20:58:31+1:00",
		"2026-11-21T20:58:31+0100",
		"2026-11-21T20:58:31+24:00",
		"2026-11-21T20:58:31+00:60",
		"2026-11-21T20:58:31+00:00Z",
		"2026-00-21T20:58:31Z",
		"2026-13-21T20:58:31Z",
		"2026-11-00T20:58:31Z",
		"2026-11-31T20:58:31Z",
		"2026-02-29T20:58:31Z",
		"1900-02-29T00:00:00Z",
		"2026-11-21T24:00:00Z",
		"2026-11-21T20:60:31Z",
		"2026-11-21T20:58:61Z",
		"26-11-21T20:58:31Z",
		"+026-11-21T20:58:31Z",
		" 2026-11-21T20:58:31Z",
		"2026-11-21T20:58:31Z ",
		"1795294711",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t wall;

		assert_int_equal(time_parse(cases[i], &wall), -EINVAL);
	}
}

static void test_format(void **state)
{
	static const struct {
		int64_t wall;
		const char *text;
	} cases[] = {
		{0, "1970-01-01T00:00:00Z"},
		{-1, "1969-12-31T23:59:59Z"},
		{1795294711, "2026-11-21T20:58:31Z"},
		{-30610224000, "1000-01-01T00:00:00Z"},
		{-62135596800, "0001-01-01T00:00:00Z"},
		/* RFC 3339 ends here: what is beyond is clamped. */
		{INT64_MAX, "9999-12-31T23:59:59Z"},
		{INT64_MIN, "0000-01-01T00:00:00Z"},
	};
	char text[TIME_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(time_format(cases[i].wall, text), cases[i].text);
}

static void test_clocks(void **state)
{
	uint64_t before = clock_boot_ns();

	(void)state;
	assert_true(before > 0);
	assert_true(clock_boot_ns() >= before);
	assert_true(clock_wall() > 1700000000);
}

static void test_seconds_left(void **state)
{
	static const struct {
		uint64_t deadline, now, left;
	} cases[] = {
		{60 * NSEC_PER_SEC, 0, 60},
		{60 * NSEC_PER_SEC, 1, 60},
		{60 * NSEC_PER_SEC, NSEC_PER_SEC - 1, 60},
		{60 * NSEC_PER_SEC, NSEC_PER_SEC, 59},
		{60 * NSEC_PER_SEC, 60 * NSEC_PER_SEC - 1, 1},
		{60 * NSEC_PER_SEC, 60 * NSEC_PER_SEC, 0},
		{60 * NSEC_PER_SEC, 61 * NSEC_PER_SEC, 0},
		{0, NSEC_PER_SEC, 0},
		{UINT64_MAX, 0, UINT64_MAX / NSEC_PER_SEC + 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(clock_seconds_left(cases[i].deadline, cases[i].now),
				 cases[i].left);
}

static void test_boot_id(void **state)
{
	char id[BOOT_ID_MAX], again[BOOT_ID_MAX];

	(void)state;
	assert_int_equal(strlen(clock_boot_id(id)), BOOT_ID_MAX - 1);
	assert_string_equal(clock_boot_id(again), id);
}

static void test_format_local(void **state)
{
	static const struct {
		const char *zone;
		int64_t wall;
		const char *text;
	} cases[] = {
		{"CET-1", 1661791370, "2022-08-29T17:42:50+01:00"},
		{"UTC0", 1661791370, "2022-08-29T16:42:50+00:00"},
		{"XXX4:30", 1661791370, "2022-08-29T12:12:50-04:30"},
		{"XXX0:30", 1661791370, "2022-08-29T16:12:50-00:30"},
	};
	char text[TIME_TEXT_MAX];
	int64_t back;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		setenv("TZ", cases[i].zone, 1);
		tzset();
		assert_string_equal(time_format_local(cases[i].wall, text), cases[i].text);
		assert_int_equal(time_parse(text, &back), 0);
		assert_true(back == cases[i].wall);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),	     cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_format),	     cmocka_unit_test(test_clocks),
		cmocka_unit_test(test_seconds_left), cmocka_unit_test(test_boot_id),
		cmocka_unit_test(test_format_local),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

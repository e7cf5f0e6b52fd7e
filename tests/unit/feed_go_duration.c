/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lengths of time as Go writes them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "feed/go_duration.h"

#define SECOND 1000000000LL

static void test_taken(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
	} cases[] = {
		{"0", 0},
		{"-0", 0},
		{"0s", 0},
		{"3h59m12.34s", 14352 * SECOND + 340000000},
		{"-2m3.5s", -(123 * SECOND + 500000000)},
		{"+1h", 3600 * SECOND},
		{"1.5h", 5400 * SECOND},
		{".5s", SECOND / 2},
		{"5.s", 5 * SECOND},
		{"1ms", 1000000},
		{"1us", 1000},
		{"1\xc2\xb5s", 1000},
		{"1\xce\xbcs", 1000},
		{"1ns", 1},
		{"0.4ns", 0},
		{"1s1h", 3601 * SECOND},
		{"3h59m59.999999999s", 14400 * SECOND - 1},
		{"9223372036854775807ns", INT64_MAX},
		{"-9223372036854775807ns", -INT64_MAX},
		{"2562047h47m16.854775807s", INT64_MAX},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t ns = 42;

		if (go_duration_parse(cases[i].text, &ns) < 0)
			fail_msg("refused: %s", cases[i].text);
		if (ns != cases[i].ns)
			fail_msg("%s: %jd", cases[i].text, (intmax_t)ns);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		int code;
	} cases[] = {
		{"", -EINVAL},
		{"-", -EINVAL},
		{"1", -EINVAL},
		{"s", -EINVAL},
		{".s", -EINVAL},
		{"1.", -EINVAL},
		{"1d", -EINVAL},
		{"1h ", -EINVAL},
		{" 1h", -EINVAL},
		{"1h1", -EINVAL},
		{"--1h", -EINVAL},
		{"1h-1m", -EINVAL},
		{"1H", -EINVAL},
		{"1e3s", -EINVAL},
		{"0x1s", -EINVAL},
		{"00", -EINVAL},
		{"1\xc2s", -EINVAL},
		{"2562048h", -ERANGE},
		{"9223372036854775808ns", -ERANGE},
		{"99999999999999999999s", -ERANGE},
		{"18446744073709551615ns1ns", -ERANGE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t ns = 42;

		if (go_duration_parse(cases[i].text, &ns) != cases[i].code)
			fail_msg("not refused as it should be: %s", cases[i].text);
		assert_int_equal(ns, 42);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

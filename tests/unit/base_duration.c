/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/clock.h"

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		uint64_t seconds;
	} cases[] = {
		{"0s", 0},
		{"90s", 90},
		{"10m", 600},
		{"1h30m", 5400},
		{"7d", 604800},
		{"1d1s", 86401},
		{"24d20h31m23s", 2147483},
		{"007s", 7},
		{"18446744073709551615s", UINT64_MAX},
		{"213503982334601d7h15s", UINT64_MAX},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t seconds;

		assert_int_equal(duration_parse(cases[i].text, &seconds), 0);
		assert_int_equal(seconds, cases[i].seconds);
	}
}

static void test_refuse(void **state)
{
	static const struct {
		const char *text;
		int code;
	} cases[] = {
		{"", -EINVAL},
		{"90", -EINVAL},
		{"s", -EINVAL},
		{"-1s", -EINVAL},
		{"+1s", -EINVAL},
		{"1.5h", -EINVAL},
		{"1 h", -EINVAL},
		{" 1h", -EINVAL},
		{"1h ", -EINVAL},
		{"1w", -EINVAL},
		{"1H", -EINVAL},
		{"1m1m", -EINVAL},
		{"1m1h", -EINVAL},
		{"1h30", -EINVAL},
		{"1s1", -EINVAL},
		{"0x1s", -EINVAL},
		{"1\xff", -EINVAL},
		{"18446744073709551616s", -ERANGE},
		{"213503982334602d", -ERANGE},
		{"213503982334601d7h16s", -ERANGE},
		{"99999999999999999999999999d", -ERANGE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t seconds;

		assert_int_equal(duration_parse(cases[i].text, &seconds), cases[i].code);
	}
}

static void test_format(void **state)
{
	static const struct {
		uint64_t seconds;
		const char *text;
	} cases[] = {
		{0, "0s"},
		{1, "1s"},
		{60, "1m"},
		{5400, "1h30m"},
		{86400, "1d"},
		{86401, "1d1s"},
		{604800, "7d"},
		{2147483, "24d20h31m23s"},
		{UINT64_MAX, "213503982334601d7h15s"},
		{UINT64_MAX - 16, "213503982334601d6h59m59s"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[DURATION_TEXT_MAX];
		uint64_t seconds;

		assert_string_equal(duration_format(cases[i].seconds, text), cases[i].text);
		assert_int_equal(duration_parse(text, &seconds), 0);
		assert_int_equal(seconds, cases[i].seconds);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

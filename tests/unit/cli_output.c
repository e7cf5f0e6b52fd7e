/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/cli.h"
#include "cli/output.h"

static void test_values(void **state)
{
	static const struct {
		const char *json;
		enum output_kind kind;
		const char *text;
	} cases[] = {
		{"null", OUTPUT_PLAIN, "-"},
		{"\"\"", OUTPUT_PLAIN, "-"},
		{"[]", OUTPUT_PLAIN, "-"},
		{"null", OUTPUT_DURATION, "-"},
		{"\"a\\nb\"", OUTPUT_PLAIN, "a?b"},
		{"[\"\\u001b[31m\"]", OUTPUT_PLAIN, "?[31m"},
		{"[\"scorer\",\"manual\"]", OUTPUT_PLAIN, "scorer,manual"},
		{"[1]", OUTPUT_PLAIN, "?"},
		{"true", OUTPUT_PLAIN, "yes"},
		{"false", OUTPUT_PLAIN, "no"},
		{"0", OUTPUT_PLAIN, "0"},
		{"9007199254740991", OUTPUT_PLAIN, "9007199254740991"},
		{"5400", OUTPUT_DURATION, "1h30m"},
		{"0", OUTPUT_DURATION, "0s"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(cJSON_Deletep) cJSON *value = cJSON_Parse(cases[i].json);
		_cleanup_free_ char *text = output_value(value, cases[i].kind);

		assert_non_null(value);
		assert_string_equal(text, cases[i].text);
	}
}

static void test_missing_value(void **state)
{
	_cleanup_free_ char *text = output_value(NULL, OUTPUT_PLAIN);

	(void)state;
	assert_string_equal(text, "-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_missing_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

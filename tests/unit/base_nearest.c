/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/nearest.h"

static void test_nearest(void **state)
{
	static const char *const names[] = {"mode", NULL, "interfaces", "policy", "max"};
	static const struct {
		const char *word, *nearest;
	} cases[] = {
		{"mode", "mode"},
		{"mod", "mode"},
		{"moed", "mode"},
		{"moda", "mode"},
		{"maod", NULL}, /* two of four letters */
		{"interface", "interfaces"},
		{"Interfaces", "interfaces"},
		{"interfcaes", "interfaces"},
		{"polyci", "policy"},
		{"mx", "max"},
		{"feeds", NULL},
		{"", NULL},
		{"interfacesinterfacesinterfacesinterfaces", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *nearest = nearest_name(cases[i].word, names, ARRAY_SIZE(names));

		if (cases[i].nearest) {
			assert_non_null(nearest);
			assert_string_equal(nearest, cases[i].nearest);
		} else {
			assert_null(nearest);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

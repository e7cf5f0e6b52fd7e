/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a server is reached. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/link.h"

#define KEYS (sizeof(struct config_link) / sizeof(char *)) /* it holds nothing else */

union link {
	struct config_link link;
	char *keys[KEYS];
};

/* A receiver that is reached in another way is connected to anew: no key may be forgotten. */
static void test_every_key_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEYS; i++) {
		char text[] = "a", equal[] = "a", other[] = "b";
		union link none = {0}, a = {0}, b = {0};

		a.keys[i] = text;
		assert_false(config_same_link(&a.link, &none.link));
		assert_false(config_same_link(&none.link, &a.link));
		b.keys[i] = other;
		assert_false(config_same_link(&a.link, &b.link));
		b.keys[i] = equal;
		assert_true(config_same_link(&a.link, &b.link));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_key_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

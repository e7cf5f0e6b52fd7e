/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/client.h"

static void test_target(void **state)
{
	_cleanup_free_ char *target = client_target("/v1/blocks/", "2001:db8::/64", "/unblock");

	(void)state;
	assert_string_equal(target, "/v1/blocks/2001%3Adb8%3A%3A%2F64/unblock");
}

static void test_query(void **state)
{
	static const struct {
		struct client_parameter parameters[2];
		const char *target;
	} cases[] = {
		{{{"state", NULL}, {"in", NULL}}, "/v1/blocks"},
		{{{"state", "unblocked"}, {"in", NULL}}, "/v1/blocks?state=unblocked"},
		{{{"state", NULL}, {"in", "192.0.2.0/24"}}, "/v1/blocks?in=192.0.2.0%2F24"},
		{{{"state", "a&b=c"}, {"in", "::/0"}}, "/v1/blocks?state=a%26b%3Dc&in=%3A%3A%2F0"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *target = client_query("/v1/blocks", cases[i].parameters, 2);

		assert_string_equal(target, cases[i].target);
	}
}

static void test_nobody_listens(void **state)
{
	struct error error = {};
	cJSON *answer = NULL;

	(void)state;
	assert_int_equal(
		client_request("/nonexistent/socket", "GET", "/v1/status", NULL, &answer, &error),
		-ENOTCONN);
	assert_null(answer);
	assert_non_null(strstr(error.text, "/nonexistent/socket: No such file or directory"));
	assert_non_null(strstr(error.text, "is smtpfenced running?"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_target),
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_nobody_listens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signatures and environments, each against what was worked out by other means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "notify/environment.h"
#include "notify/signature.h"

/* printf %s TIME.BODY | openssl dgst -sha256 -hmac SECRET */
static void test_signature(void **state)
{
	char text[SIGNATURE_TEXT_MAX];

	(void)state;
	assert_int_equal(signature_make("key", 1700000000, "{\"id\":1}", text), 0);
	assert_string_equal(text,
			    "t=1700000000,v1="
			    "1d542af0cd7355fefa5c19021ad89d3e2afd77ebff5448db280f180e013d2651");
	assert_int_equal(signature_make("k", INT64_MAX, "", text), 0);
	assert_string_equal(text,
			    "t=9223372036854775807,v1="
			    "54575c97a1bfaedf982dd1980673665db01350cd47e32fe3f26e7632db4ed983");
}

static const char *variable(char **environment, const char *name)
{
	size_t length = strlen(name);

	for (; *environment; environment++)
		if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
			return *environment + length + 1;
	return NULL;
}

static void test_environment(void **state)
{
	cJSON *event = cJSON_Parse("{\"id\":9007199254740991,\"event\":\"blocked\",\"time\":0,"
				   "\"reason\":\"a=b\\nc \\\"d\\\"\",\"interface\":null,"
				   "\"evidence\":[{\"date\":1}],\"some_flag\":true}");
	const struct notice notice = {.event = event, .key = "abc-1"};
	char **environment = environment_new(&notice);
	size_t count = 0;

	(void)state;
	assert_non_null(environment);
	while (environment[count])
		count++;
	assert_int_equal(count, 8);
	assert_string_equal(variable(environment, "LANG"), "C.UTF-8");
	assert_string_equal(variable(environment, "PATH"),
			    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	assert_string_equal(variable(environment, "SMTPFENCE_KEY"), "abc-1");
	assert_string_equal(variable(environment, "SMTPFENCE_ID"), "9007199254740991");
	assert_string_equal(variable(environment, "SMTPFENCE_EVENT"), "blocked");
	assert_string_equal(variable(environment, "SMTPFENCE_TIME"), "0");
	assert_string_equal(variable(environment, "SMTPFENCE_REASON"), "a=b\nc \"d\"");
	assert_string_equal(variable(environment, "SMTPFENCE_INTERFACE"), "");
	assert_null(variable(environment, "SMTPFENCE_EVIDENCE"));
	environment_free(environment);
	cJSON_Delete(event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signature),
		cmocka_unit_test(test_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of a decisions bucket, and their keys. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/prefix.h"
#include "feed/nats_value.h"
#include "nats/key.h"

#define KEY "ip4.c0000201-32"

static const char good[] = "{\"ip\":\"192.0.2.1\",\"score\":300,\"detected\":"
			   "\"2026-11-21T20:58:31Z\",\"reason\":\"vade\"}";

static void test_keys(void **state)
{
	static const struct {
		const char *prefix, *key;
	} cases[] = {
		{"192.0.2.1", KEY},
		{"192.0.2.0/24", "ip4.c0000200-24"},
		{"0.0.0.0/0", "ip4.00000000-0"},
		{"::ffff:192.0.2.1", KEY},
		{"2001:db8:1:2::/64", "ip6.20010db8000100020000000000000000-64"},
		{"2001:db8::1", "ip6.20010db8000000000000000000000001-128"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct smtpfence_prefix prefix;
		char text[KEY_TEXT_MAX];

		assert_int_equal(prefix_parse(cases[i].prefix, &prefix), 0);
		assert_string_equal(key_format(&prefix, text), cases[i].key);
	}
}

static void test_record(void **state)
{
	struct arena arena = {0};
	struct incident incident;
	struct error error;

	(void)state;
	assert_int_equal(nats_value_parse(KEY, good, strlen(good), &arena, &incident, &error), 0);
	assert_int_equal(incident.score, 300);
	assert_string_equal(incident.reason, "vade");
	arena_clear(&arena);
}

/* The message that the library hands over goes on behind the value. */
static void test_length_counts(void **state)
{
	struct arena arena = {0};
	struct incident incident;
	struct error error;

	(void)state;
	assert_int_equal(nats_value_parse(KEY, good, strlen(good) - 1, &arena, &incident, &error),
			 -EBADMSG);
	assert_int_equal(nats_value_parse(KEY, good, strlen(good) + 1, &arena, &incident, &error),
			 -EBADMSG);
	assert_int_equal(nats_value_parse(KEY, good, 0, &arena, &incident, &error), -EBADMSG);
	arena_clear(&arena);
}

static void test_refused(void **state)
{
	static const struct {
		const char *key, *value, *message;
	} cases[] = {
		{KEY, "[]", "is not a JSON object"},
		{KEY, "{\"ip\":\"192.0.2.1\",\"score\":0} x", "is not a JSON object"},
		{KEY, "{\"ip\":\"192.0.2.1\",\"score\":300}", "\"detected\" is missing"},
		{KEY, "{\"ip\":\"192.0.2.2\",\"score\":0}", "whose key is ip4.c0000202-32"},
		{"ip4.C0000201-32", "{\"ip\":\"192.0.2.1\",\"score\":0}", "whose key is"},
		{"ip4.c0000000-16", "{\"ip\":\"192.0.0.0/16\",\"score\":0}", "wider than /24"},
		{"ip6.20010db8000000000000000000000000-32",
		 "{\"ip\":\"2001:db8::/32\",\"score\":0}", "wider than /24"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena arena = {0};
		struct incident incident;
		struct error error = {""};

		assert_int_equal(nats_value_parse(cases[i].key, cases[i].value,
						  strlen(cases[i].value), &arena, &incident,
						  &error),
				 -EBADMSG);
		if (!strstr(error.text, cases[i].message))
			fail_msg("%s: %s", cases[i].value, error.text);
		arena_clear(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_length_counts),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

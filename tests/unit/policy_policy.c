/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/prefix.h"
#include "policy/policy.h"

#define HOUR 3600ULL
#define DAY  (24 * HOUR)
#define NOW  1795294711

static void test_time(void **state)
{
	static uint32_t wide[] = {1, 1000000};
	static const struct {
		uint64_t duration, max;
		size_t multipliers;
		uint32_t offences;
		uint64_t time;
	} cases[] = {
		{HOUR, UINT64_MAX, 2, 0, HOUR},
		{HOUR, UINT64_MAX, 2, 1, 1000000ULL * HOUR},
		{HOUR, UINT64_MAX, 2, 2, 1000000ULL * HOUR},
		{HOUR, UINT64_MAX, 2, UINT32_MAX, 1000000ULL * HOUR},
		{HOUR, UINT64_MAX, 1, 7, HOUR},
		{HOUR, HOUR, 2, 1, HOUR},
		{HOUR, 1000000ULL * HOUR - 1, 2, 1, 1000000ULL * HOUR - 1},
		{HOUR, 1000000ULL * HOUR + 1, 2, 1, 1000000ULL * HOUR},
		{HOUR, 1, 2, 0, 1}, /* even the first is capped */
		/* 2^64 and beyond saturates rather than wrapping round to something short. */
		{UINT64_MAX, UINT64_MAX, 2, 0, UINT64_MAX},
		{UINT64_MAX, UINT64_MAX, 2, 1, UINT64_MAX},
		{UINT64_MAX / 1000000 + 1, UINT64_MAX, 2, 1, UINT64_MAX},
		{UINT64_MAX / 1000000, UINT64_MAX, 2, 1, UINT64_MAX / 1000000 * 1000000},
		{UINT64_MAX, 30 * DAY, 2, 1, 30 * DAY},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct config_policy policy = {
			.duration = cases[i].duration,
			.multipliers = wide,
			.multiplier_count = cases[i].multipliers,
			.max = cases[i].max,
		};

		assert_true(policy_time(&policy, cases[i].offences) == cases[i].time);
	}
}

static void test_forgetting(void **state)
{
	static const struct {
		const char *what;
		uint64_t forget_after;
		int64_t last_offence, now;
		uint32_t offences, left;
	} cases[] = {
		{"at once", DAY, NOW, NOW, 3, 3},
		{"a second before the first is forgotten", DAY, NOW, NOW + DAY - 1, 3, 3},
		{"the first", DAY, NOW, NOW + DAY, 3, 2},
		{"a second before the second", DAY, NOW, NOW + 2 * DAY - 1, 3, 2},
		{"the second", DAY, NOW, NOW + 2 * DAY, 3, 1},
		{"the last", DAY, NOW, NOW + 3 * DAY, 3, 0},
		{"no more than there were", DAY, NOW, NOW + 1000 * DAY, 3, 0},
		{"a clock set back forgets nothing", DAY, NOW, NOW - 1, 3, 3},
		{"nor one set back by years", DAY, NOW, -NOW, 3, 3},
		{"nor one set back as far as can be", DAY, INT64_MAX, INT64_MIN, 3, 3},
		{"the longest time there is", 1, INT64_MIN, INT64_MAX, UINT32_MAX, 0},
		{"a period longer than time", UINT64_MAX, 0, INT64_MAX, 3, 3},
		{"0: nothing is ever forgotten", 0, NOW, INT64_MAX, 3, 3},
		{"more periods than fit 32 bits", 1, 0, 1LL << 32, UINT32_MAX, 0},
		{"never heard of", DAY, 0, NOW, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct config_policy policy = {.forget_after = cases[i].forget_after};
		struct sentence sentence = {.offences = cases[i].offences,
					    .date = cases[i].last_offence};
		uint32_t left = policy_offences(&policy, &sentence, cases[i].now);

		if (left != cases[i].left)
			fail_msg("%s: %u left", cases[i].what, left);
	}
}

static struct smtpfence_prefix parsed(const char *text)
{
	struct smtpfence_prefix prefix;

	assert_int_equal(prefix_parse(text, &prefix), 0);
	return prefix;
}

static void test_units(void **state)
{
	struct config_ipv6_unit units[] = {
		{.match = parsed("2001:db8:1:2::/64"), .unit = 64},
		{.match = parsed("2001:db8:1::/48"), .unit = 128},
		{.unit = 64},
	};
	const struct config_policy policy = {.ipv6_units = units,
					     .ipv6_unit_count = ARRAY_SIZE(units)};
	static const struct {
		const char *source, *unit;
	} cases[] = {
		{"192.0.2.1", "192.0.2.1/32"},
		{"192.0.2.0/24", "192.0.2.0/24"},
		{"2001:db8::1", "2001:db8::/64"},
		{"2001:db8:1:1::1", "2001:db8:1:1::1/128"},
		{"2001:db8:1:1::/120", "2001:db8:1:1::/120"},
		{"2001:db8:1::/48", "2001:db8:1::/48"},
		{"2001:db8:1:2::1", "2001:db8:1:2::/64"}, /* the first match wins */
		{"2001:db8::/32", "2001:db8::/32"},	  /* wider than its unit: as it is */
		{"::/0", "::/0"},
	};
	char text[PREFIX_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct smtpfence_prefix source = parsed(cases[i].source);
		struct smtpfence_prefix unit = policy_unit(&policy, &source);

		assert_string_equal(prefix_format(&unit, text), cases[i].unit);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_forgetting),
		cmocka_unit_test(test_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/prefix.h"

static struct smtpfence_prefix parsed(const char *text)
{
	struct smtpfence_prefix prefix;

	assert_int_equal(prefix_parse(text, &prefix), 0);
	return prefix;
}

static void test_parse_and_format(void **state)
{
	static const struct {
		const char *text, *formatted, *short_form;
		unsigned int length; /* in the 128-bit space */
	} cases[] = {
		{"192.0.2.1", "192.0.2.1/32", "192.0.2.1", 128},
		{"192.0.2.1/32", "192.0.2.1/32", "192.0.2.1", 128},
		{"192.0.2.0/24", "192.0.2.0/24", "192.0.2.0/24", 120},
		{"192.0.2.128/25", "192.0.2.128/25", "192.0.2.128/25", 121},
		{"0.0.0.0/0", "0.0.0.0/0", "0.0.0.0/0", 96},
		{"255.255.255.255", "255.255.255.255/32", "255.255.255.255", 128},
		{"2001:DB8:0:0::1", "2001:db8::1/128", "2001:db8::1", 128},
		{"2001:db8:1:2::/64", "2001:db8:1:2::/64", "2001:db8:1:2::/64", 64},
		{"2001:db8::8000:0/97", "2001:db8::8000:0/97", "2001:db8::8000:0/97", 97},
		{"::/0", "::/0", "::/0", 0},
		{"::ffff:192.0.2.1", "192.0.2.1/32", "192.0.2.1", 128},
		{"::ffff:192.0.2.0/120", "192.0.2.0/24", "192.0.2.0/24", 120},
		{"1111:2222:3333:4444:5555:6666:255.255.255.255/128",
		 "1111:2222:3333:4444:5555:6666:ffff:ffff/128",
		 "1111:2222:3333:4444:5555:6666:ffff:ffff", 128},
	};
	char text[PREFIX_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct smtpfence_prefix prefix = parsed(cases[i].text);

		assert_int_equal(prefix.length, cases[i].length);
		assert_string_equal(prefix_format(&prefix, text), cases[i].formatted);
		assert_string_equal(prefix_format_short(&prefix, text), cases[i].short_form);
	}
}

static void test_bytes_in_memory(void **state)
{
	static const unsigned char expected[16] = {[10] = 0xff, 0xff, 192, 0, 2, 1};
	struct smtpfence_prefix prefix = parsed("192.0.2.1");

	(void)state;
	assert_memory_equal(prefix.address, expected, sizeof(expected));
}

static void test_refuse(void **state)
{
	static const struct {
		const char *text;
		int code;
	} cases[] = {
		{"", -EINVAL},
		{"/24", -EINVAL},
		{"mail.example.org", -EINVAL},
		{"192.0.2", -EINVAL},
		{"192.0.2.256", -EINVAL},
		{"192.0.2.01", -EINVAL},
		{" 192.0.2.1", -EINVAL},
		{"192.0.2.1 ", -EINVAL},
		{"192.0.2.0/", -EINVAL},
		{"192.0.2.0/24 ", -EINVAL},
		{"192.0.2.0/+24", -EINVAL},
		{"192.0.2.0/024", -EINVAL},
		{"192.0.2.0/-1", -EINVAL},
		{"192.0.2.0/24/24", -EINVAL},
		{"192.0.2.0/255.255.255.0", -EINVAL},
		{"192.0.2.0/33", -ERANGE},
		{"192.0.2.0/4294967320", -ERANGE},
		{"192.0.2.1/24", -EDOM},
		{"192.0.2.1/0", -EDOM},
		{"2001:db8::1::", -EINVAL},
		{"fe80::1%eth0", -EINVAL},
		{"2001:db8::/129", -ERANGE},
		{"2001:db8::1/64", -EDOM},
		{"2001:db8::/28", -EDOM},
		{"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc", -EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct smtpfence_prefix prefix, untouched;

		memset(&prefix, 0x5a, sizeof(prefix));
		untouched = prefix;
		assert_int_equal(prefix_parse(cases[i].text, &prefix), cases[i].code);
		assert_memory_equal(&prefix, &untouched, sizeof(prefix));
	}
	assert_string_not_equal(prefix_parse_problem(-EINVAL), prefix_parse_problem(-ERANGE));
	assert_string_equal(prefix_parse_problem(-EDOM), "has bits set behind its length");
}

static void test_family(void **state)
{
	static const struct {
		const char *text;
		bool ipv4, single;
		unsigned int length;
	} cases[] = {
		{"192.0.2.1", true, true, 32},
		{"0.0.0.0/0", true, false, 0},
		{"10.0.0.0/8", true, false, 8},
		{"2001:db8::1", false, true, 128},
		{"2001:db8::/32", false, false, 32},
		{"::/0", false, false, 0},
		/* One bit wider than the v4-mapped prefix: no longer IPv4. */
		{"::fffe:0:0/95", false, false, 95},
		{"::1", false, true, 128},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct smtpfence_prefix prefix = parsed(cases[i].text);

		assert_int_equal(prefix_is_ipv4(&prefix), cases[i].ipv4);
		assert_int_equal(prefix_is_single(&prefix), cases[i].single);
		assert_int_equal(prefix_family_length(&prefix), cases[i].length);
	}
}

static void test_contains(void **state)
{
	static const struct {
		const char *outer, *inner;
		bool contains;
	} cases[] = {
		{"192.0.2.0/24", "192.0.2.0", true},
		{"192.0.2.0/24", "192.0.2.255", true},
		{"192.0.2.0/24", "192.0.3.0", false},
		{"192.0.2.0/24", "192.0.2.0/24", true},
		{"192.0.2.0/24", "192.0.2.0/25", true},
		{"192.0.2.0/25", "192.0.2.0/24", false},
		{"192.0.2.128/25", "192.0.2.127", false},
		{"0.0.0.0/0", "203.0.113.9", true},
		{"2001:db8::/63", "2001:db8:0:1::1", true},
		{"2001:db8::/64", "2001:db8:0:1::1", false},
		{"::/0", "2001:db8::1", true},
		{"::/0", "192.0.2.1", false},
		{"0.0.0.0/0", "2001:db8::1", false},
		{"::ffff:0:0/96", "192.0.2.1", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct smtpfence_prefix outer = parsed(cases[i].outer);
		struct smtpfence_prefix inner = parsed(cases[i].inner);

		assert_int_equal(prefix_contains(&outer, &inner), cases[i].contains);
	}
}

static void test_order(void **state)
{
	static const char *const ascending[] = {
		"::/0",		"0.0.0.0/0",	"192.0.2.0/24",	 "192.0.2.0/25",  "192.0.2.0/32",
		"192.0.2.1/32", "192.0.3.0/24", "2001:db8::/32", "2001:db8::/64", "2001:db8::1",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ascending); i++)
		for (size_t j = 0; j < ARRAY_SIZE(ascending); j++) {
			struct smtpfence_prefix a = parsed(ascending[i]), b = parsed(ascending[j]);
			int order = prefix_compare(&a, &b);

			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
		}
}

static void test_cut(void **state)
{
	static const struct {
		const char *text;
		unsigned int length;
		const char *cut;
	} cases[] = {
		{"2001:db8:1:2:3:4:5:6", 64, "2001:db8:1:2::/64"},
		{"2001:db8:1:2:3:4:5:6", 128, "2001:db8:1:2:3:4:5:6/128"},
		{"2001:db8:1:ffff::", 49, "2001:db8:1:8000::/49"},
		{"2001:db8::/32", 64, "2001:db8::/32"},
		{"2001:db8::1", 0, "::/0"},
		{"192.0.2.255", SMTPFENCE_IPV4_BITS + 24, "192.0.2.0/24"},
		{"192.0.2.255", SMTPFENCE_IPV4_BITS + 31, "192.0.2.254/31"},
	};
	char text[PREFIX_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct smtpfence_prefix prefix = parsed(cases[i].text);

		prefix_cut(&prefix, cases[i].length);
		assert_string_equal(prefix_format(&prefix, text), cases[i].cut);
	}
}

static void test_around(void **state)
{
	static const struct {
		const char *text, *around;
	} cases[] = {
		{"192.0.2.121/28", "192.0.2.112/28"},
		{"192.0.2.0/24", "192.0.2.0/24"},
		{"192.0.2.1", "192.0.2.1/32"},
		{"192.0.2.1/0", "0.0.0.0/0"},
		{"2001:db8:1:2::5/56", "2001:db8:1::/56"},
		{"2001:db8::5", "2001:db8::5/128"},
	};
	struct smtpfence_prefix prefix;
	char text[PREFIX_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(prefix_parse_around(cases[i].text, &prefix), 0);
		assert_string_equal(prefix_format(&prefix, text), cases[i].around);
	}
	assert_int_equal(prefix_parse_around("192.0.2.1/33", &prefix), -ERANGE);
	assert_int_equal(prefix_parse_around("192.0.2/24", &prefix), -EINVAL);
}

static void test_too_wide(void **state)
{
	static const struct {
		const char *prefix;
		bool too_wide;
	} cases[] = {
		{"192.0.2.1", false},
		{"192.0.2.0/24", false},
		{"192.0.2.0/23", true},
		{"0.0.0.0/0", true},
		{"2001:db8::1", false},
		{"2001:db8::/64", false},
		{"2001:db8:1::/48", false},
		{"2001:db8::/47", true},
		{"::/0", true},
		/* Long enough for IPv6, but it is IPv4's /0 and more. */
		{"::ffff:0:0/96", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct smtpfence_prefix prefix = parsed(cases[i].prefix);

		assert_int_equal(prefix_too_wide(&prefix), cases[i].too_wide);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_and_format),
		cmocka_unit_test(test_bytes_in_memory),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_family),
		cmocka_unit_test(test_contains),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_around),
		cmocka_unit_test(test_too_wide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

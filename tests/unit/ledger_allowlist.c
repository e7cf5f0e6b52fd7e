/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two allowlists as one, and what lies in what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "ledger/allowlist.h"
#include "lib/stored.h"

/* The configuration's, and what was added at run time; in no order, and one of them twice. */
static struct allowlist load(struct stored *f)
{
	struct smtpfence_prefix items[] = {prefix_of("2001:db8::/32"), prefix_of("192.0.2.64/26"),
					   prefix_of("203.0.113.9")};
	const struct config_prefixes config = {items, ARRAY_SIZE(items)};
	const struct smtpfence_prefix one = prefix_of("192.0.2.1"), twice = items[1];
	struct allowlist allow;

	assert_int_equal(store_allow_add(f->store, &one, NULL, NULL), 0);
	assert_int_equal(store_allow_add(f->store, &twice, NULL, NULL), 0);
	assert_int_equal(allowlist_load(&config, f->store, &allow, NULL), 0);
	return allow;
}

static void test_sorted_and_unique(void **state)
{
	static const char *const expected[] = {"192.0.2.1", "192.0.2.64/26", "203.0.113.9",
					       "2001:db8::/32"};
	struct allowlist allow = load(*state);

	assert_int_equal(allow.count, ARRAY_SIZE(expected));
	for (size_t i = 0; i < allow.count; i++) {
		struct smtpfence_prefix prefix = prefix_of(expected[i]);

		assert_memory_equal(&allow.items[i], &prefix, sizeof(prefix));
		assert_true(allowlist_has(&allow, &prefix));
	}
	allowlist_clear(&allow);
	assert_int_equal(allow.count, 0);
}

typedef bool (*question)(const struct allowlist *allow, const struct smtpfence_prefix *prefix);

static void ask(const struct allowlist *allow, question fn, const char *yes, const char *no)
{
	struct smtpfence_prefix prefix = prefix_of(yes);

	assert_true(fn(allow, &prefix));
	prefix = prefix_of(no);
	assert_false(fn(allow, &prefix));
}

static void test_covers(void **state)
{
	struct allowlist allow = load(*state);

	ask(&allow, allowlist_covers, "192.0.2.1", "192.0.2.2");
	ask(&allow, allowlist_covers, "192.0.2.64/26", "192.0.2.0/24");
	ask(&allow, allowlist_covers, "192.0.2.127", "192.0.2.128");
	ask(&allow, allowlist_covers, "2001:db8:1::/48", "2001:db9::/32");
	allowlist_clear(&allow);
}

static bool reaches_into(const struct allowlist *allow, const struct smtpfence_prefix *prefix)
{
	return allowlist_inside(allow, prefix, 0) < allow->count;
}

static void test_reaches_into(void **state)
{
	struct allowlist allow = load(*state);

	ask(&allow, reaches_into, "192.0.2.0/24", "198.51.100.0/24");
	ask(&allow, reaches_into, "0.0.0.0/0", "192.0.2.1");
	ask(&allow, reaches_into, "::/0", "192.0.2.64/26");
	ask(&allow, reaches_into, "2000::/3", "2001:db8:1::/48");
	allowlist_clear(&allow);
}

static void test_ipv6_holds_no_ipv4(void **state)
{
	struct stored *f = *state;
	struct smtpfence_prefix items[] = {prefix_of("::/0")};
	const struct config_prefixes config = {items, 1};
	struct allowlist allow;

	assert_int_equal(allowlist_load(&config, f->store, &allow, NULL), 0);
	ask(&allow, allowlist_covers, "2001:db8::1", "192.0.2.1");
	allowlist_clear(&allow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORED_TEST(test_sorted_and_unique),
		STORED_TEST(test_covers),
		STORED_TEST(test_reaches_into),
		STORED_TEST(test_ipv6_holds_no_ipv4),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

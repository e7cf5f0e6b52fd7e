/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ranges that one guest can cost its neighbours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "lib/ledgered.h"

#define DAY ((int64_t)86400)

static struct ledger_range *ranges_of(struct ledgered *f, size_t expected)
{
	struct ledger_range *ranges = NULL;
	size_t count = 0;

	assert_ok(f, ledger_ranges(f->ledger, &ranges, &count, &f->error));
	assert_int_equal(count, expected);
	return ranges;
}

static void assert_range(const struct ledger_range *range, const char *text, size_t blocked_now,
			 size_t blocked_recently, uint64_t spams, bool split)
{
	const struct smtpfence_prefix prefix = prefix_of(text);

	assert_int_equal(prefix_compare(&range->prefix, &prefix), 0);
	assert_int_equal(range->blocked_now, blocked_now);
	assert_int_equal(range->blocked_recently, blocked_recently);
	assert_int_equal(range->spams, spams);
	assert_int_equal(range->split, split);
}

/* One that was let go, @days ago. */
static void put_past(struct ledgered *f, const char *text, int64_t days)
{
	const struct sentence sentence = {.prefix = prefix_of(text),
					  .date = clock_wall() - days * DAY - 3600,
					  .time = 3600,
					  .offences = 1,
					  .last_end = clock_wall() - days * DAY};

	assert_ok(f, store_put_sentence(f->store, &sentence, &f->error));
}

static void add_mail(struct ledgered *f, const char *text, int64_t days)
{
	char id[] = "a@b";
	const struct evidence evidence = {.date = clock_wall() - days * DAY,
					  .destination = prefix_of("203.0.113.25"),
					  .message_id = id,
					  .spam_score = 300};
	const struct smtpfence_prefix prefix = prefix_of(text);

	assert_ok(f, store_add_evidence(f->store, &prefix, "scorer", &evidence, 1, &f->error));
}

static void test_nobody(void **state)
{
	struct ledgered *f = *state;

	assert_null(ranges_of(f, 0));
}

static void test_ipv4(void **state)
{
	struct ledgered *f = *state;
	struct ledger_range *ranges;

	assert_ok(f, block(f, "192.0.2.1", 60));
	assert_ok(f, block(f, "192.0.2.200", 60));
	assert_ok(f, block(f, "192.0.3.0", 60));
	put_past(f, "192.0.2.7", 29);
	put_past(f, "192.0.2.8", 31); /* forgiven */
	put_past(f, "198.51.100.1", 31);
	add_mail(f, "192.0.2.1", 1);
	add_mail(f, "192.0.2.1", 2);
	add_mail(f, "192.0.2.1", 40);
	add_mail(f, "192.0.2.7", 29);
	ranges = ranges_of(f, 2);
	assert_range(&ranges[0], "192.0.2.0/24", 2, 3, 3, false);
	assert_range(&ranges[1], "192.0.3.0/24", 1, 1, 0, false);
	free(ranges);
}

/* What was blocked as a whole stands for itself, beside what lies in it. */
static void test_wider_than_a_range(void **state)
{
	struct ledgered *f = *state;
	const struct ledger_block_request request = {.prefix = prefix_of("192.0.0.0/20"),
						     .force = true};
	struct ledger_range *ranges;

	assert_ok(f, ledger_block(f->ledger, &request, &ledgered_root, NULL, &f->error));
	assert_ok(f, block(f, "192.0.0.0", 60));
	assert_ok(f, block(f, "192.0.2.0/24", 60));
	ranges = ranges_of(f, 3);
	assert_range(&ranges[0], "192.0.0.0/20", 1, 1, 0, false);
	assert_range(&ranges[1], "192.0.0.0/24", 1, 1, 0, false);
	assert_range(&ranges[2], "192.0.2.0/24", 1, 1, 0, false);
	free(ranges);
}

static void test_shared_64(void **state)
{
	struct ledgered *f = *state;
	struct ledger_range *ranges;

	ledgered_reload(f, "ipv6_unit: [{match: \"2001:db8:5::/48\", unit: 128}]", LEDGERED_LIMITS);
	assert_ok(f, block(f, "2001:db8:1::7", 60));
	assert_ok(f, block(f, "2001:db8:5::7", 60));
	assert_ok(f, block(f, "2001:db8:5::8", 60));
	assert_ok(f, unblock(f, "2001:db8:5::8", true));
	assert_ok(f, block(f, "2001:db8:5:1::1", 60));
	ranges = ranges_of(f, 3);
	assert_range(&ranges[0], "2001:db8:1::/64", 1, 1, 0, false);
	assert_range(&ranges[1], "2001:db8:5::/64", 1, 2, 0, true);
	assert_range(&ranges[2], "2001:db8:5:1::/64", 1, 1, 0, true);
	free(ranges);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LEDGERED_TEST(test_nobody),
		LEDGERED_TEST(test_ipv4),
		LEDGERED_TEST(test_wider_than_a_range),
		LEDGERED_TEST(test_shared_64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

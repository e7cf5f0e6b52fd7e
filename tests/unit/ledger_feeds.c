/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What feeds may do, in which order, and what the guard holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>

#include "lib/ledgered.h"

static int apply_delta(struct ledgered *f, uint64_t base, uint64_t serial, const char *text)
{
	struct incident incident = {
		.prefix = prefix_of(text), .score = 300, .detected = clock_wall()};
	const struct feed_batch batch = {
		.kind = CONFIG_FEED_SCORES,
		.delta = true,
		.base = base,
		.serial = serial,
		.incidents = &incident,
		.incident_count = 1,
	};

	return apply(f, "scorer", &batch);
}

static void test_serials_only_grow(void **state)
{
	struct ledgered *f = *state;

	assert_ok(f, score(f, 42, "192.0.2.1", 300));
	assert_int_equal(score(f, 41, "192.0.2.2", 300), -ESTALE);
	assert_string_equal(f->error.text, "serial 41 is older than 42, which is in force");
	assert_ok(f, score(f, 42, "192.0.2.2", 300));
	assert_false(kernel_entry(f, "192.0.2.2", NULL));
	assert_ok(f, score(f, 44, "192.0.2.2", 300));
	assert_true(kernel_drops(f, "192.0.2.2"));
}

static void test_delta_needs_its_base(void **state)
{
	struct ledgered *f = *state;

	assert_int_equal(apply_delta(f, 41, 42, "192.0.2.1"), -ESTALE);
	assert_non_null(strstr(f->error.text, "waiting for a snapshot"));
	assert_ok(f, score(f, 42, "192.0.2.1", 300));
	assert_ok(f, apply_delta(f, 42, 43, "192.0.2.2"));
	assert_true(kernel_drops(f, "192.0.2.2"));
	assert_ok(f, apply_delta(f, 42, 43, "192.0.2.2")); /* read once more */
	assert_int_equal(apply_delta(f, 44, 45, "192.0.2.3"), -ESTALE);
	assert_string_equal(
		f->error.text,
		"a gap: the delta builds on 44, 43 is in force, waiting for a snapshot");
	assert_int_equal(apply_delta(f, 41, 42, "192.0.2.3"), -ESTALE);
	assert_false(kernel_entry(f, "192.0.2.3", NULL));
}

static struct feed_batch of_epoch(struct incident *incident, uint64_t epoch, uint64_t serial)
{
	return (struct feed_batch){
		.kind = CONFIG_FEED_SCORES,
		.epoch = epoch,
		.serial = serial,
		.incidents = incident,
		.incident_count = 1,
	};
}

/* What another stream has counted says nothing of this one: only a snapshot goes on from there. */
static void test_epochs_do_not_compare(void **state)
{
	struct ledgered *f = *state;
	struct incident incident = {
		.prefix = prefix_of("192.0.2.1"), .score = 300, .detected = clock_wall()};
	struct feed_batch batch = of_epoch(&incident, 100, 42);
	struct config_feed feed = {.name = (char *)"scorer"};
	struct feed_place place;

	assert_int_equal(ledger_target.place(&feed, f->ledger, &place, &f->error), 0);
	assert_true(place.epoch == 0 && place.serial == 0);
	assert_ok(f, apply(f, "scorer", &batch));
	assert_int_equal(ledger_target.place(&feed, f->ledger, &place, &f->error), 0);
	assert_true(place.epoch == 100 && place.serial == 42);

	incident.prefix = prefix_of("192.0.2.2");
	batch = of_epoch(&incident, 101, 43);
	batch.delta = true;
	batch.base = 42;
	assert_int_equal(apply(f, "scorer", &batch), -ESTALE);
	assert_false(kernel_entry(f, "192.0.2.2", NULL));
	batch.epoch = 100;
	assert_ok(f, apply(f, "scorer", &batch));
	assert_true(kernel_drops(f, "192.0.2.2"));

	/* How a feed recovers: also with the serial that is in force, and with an older one. */
	incident.prefix = prefix_of("192.0.2.3");
	batch = of_epoch(&incident, 100, 43);
	assert_ok(f, apply(f, "scorer", &batch));
	assert_true(kernel_drops(f, "192.0.2.3"));
	incident.prefix = prefix_of("192.0.2.4");
	batch = of_epoch(&incident, 101, 1);
	assert_ok(f, apply(f, "scorer", &batch));
	assert_true(kernel_drops(f, "192.0.2.4"));
	assert_true(kernel_drops(f, "192.0.2.1"));
}

static void test_wide_incident_holds_all(void **state)
{
	struct ledgered *f = *state;
	struct incident incidents[] = {
		{.prefix = prefix_of("192.0.2.1"), .score = 300, .detected = clock_wall()},
		{.prefix = prefix_of("198.51.0.0/16"), .score = 300, .detected = clock_wall()},
	};

	assert_int_equal(apply_incidents(f, 1, incidents, 2), -EBUSY);
	assert_non_null(strstr(f->error.text, "198.51.0.0/16 is wider than /24"));
	assert_false(kernel_entry(f, "192.0.2.1", NULL));
	assert_events(f, "held");

	assert_int_equal(apply_incidents(f, 1, incidents, 2), -EBUSY);
	assert_events(f, "held");

	/* The serial was not taken over: the corrected feed may have the same. */
	incidents[1].prefix = prefix_of("198.51.100.0/24");
	assert_ok(f, apply_incidents(f, 1, incidents, 2));
	assert_true(kernel_drops(f, "198.51.100.0/24"));

	incidents[1].prefix = prefix_of("198.51.0.0/16");
	assert_int_equal(apply_incidents(f, 2, incidents, 2), -EBUSY);
	assert_events(f, "held blocked blocked released held");
}

static void test_too_many_incidents_are_held(void **state)
{
	struct ledgered *f = *state;
	struct incident incidents[3];

	ledgered_reload(f, "guard: {max_new_blocks: 2}", LEDGERED_LIMITS);
	for (size_t i = 0; i < ARRAY_SIZE(incidents); i++) {
		incidents[i] = (struct incident){
			.prefix = prefix_of("192.0.2.0"), .score = 300, .detected = clock_wall()};
		incidents[i].prefix.address[15] = (unsigned char)i;
	}
	assert_int_equal(apply_incidents(f, 1, incidents, 3), -EBUSY);
	assert_non_null(strstr(f->error.text, "3 new blocks are more than 2"));
	assert_non_null(strstr(f->error.text, "policy.guard.max_new_blocks"));
	assert_false(kernel_entry(f, "192.0.2.0", NULL));
	assert_int_equal(ledger_report(f->ledger).blocked_ipv4, 0);
	assert_int_equal(ledger_report(f->ledger).transitions_blocked, 0);
	assert_ok(f, apply_incidents(f, 1, incidents, 2));
	assert_ok(f, apply_incidents(f, 2, incidents, 3)); /* one is new, two run */
	assert_true(kernel_drops(f, "192.0.2.2"));
}

static void test_too_many_clearings_are_held(void **state)
{
	struct ledgered *f = *state;
	struct incident incidents[10];

	for (size_t i = 0; i < ARRAY_SIZE(incidents); i++) {
		incidents[i] = (struct incident){
			.prefix = prefix_of("192.0.2.0"), .score = 300, .detected = clock_wall()};
		incidents[i].prefix.address[15] = (unsigned char)i;
	}
	assert_ok(f, apply_incidents(f, 1, incidents, 10));
	for (size_t i = 0; i < ARRAY_SIZE(incidents); i++)
		incidents[i].score = 0;
	assert_int_equal(apply_incidents(f, 2, incidents, 6), -EBUSY);
	assert_non_null(strstr(f->error.text, "lifting 6 of 10 blocks is more than 50%"));
	assert_int_equal(state_of(f, "192.0.2.0"), SENTENCE_BLOCKED);
	assert_true(kernel_drops(f, "192.0.2.0"));
	assert_ok(f, apply_incidents(f, 2, incidents, 5));
	assert_int_equal(state_of(f, "192.0.2.4"), SENTENCE_UNBLOCKED);
	assert_false(kernel_entry(f, "192.0.2.4", NULL));
	assert_true(kernel_drops(f, "192.0.2.5"));
}

static void test_list_is_followed(void **state)
{
	struct ledgered *f = *state;
	struct smtpfence_prefix first[] = {prefix_of("192.0.2.1"), prefix_of("198.51.100.0/24")};
	struct smtpfence_prefix second[] = {prefix_of("192.0.2.1"), prefix_of("2001:db8::/48")};
	struct smtpfence_block entry;

	assert_ok(f, apply_list_of(f, "edge", first, 2));
	assert_true(kernel_entry(f, "192.0.2.1", &entry));
	assert_int_equal(entry.deadline, 0);
	assert_true(kernel_drops(f, "198.51.100.0/24"));
	assert_ok(f, apply_list_of(f, "edge", second, 2));
	assert_true(kernel_drops(f, "192.0.2.1"));
	assert_true(kernel_drops(f, "2001:db8::/48"));
	assert_false(kernel_entry(f, "198.51.100.0/24", NULL));
	assert_events(f, "listed listed unlisted");
	assert_ok(f, apply_list_of(f, "edge", second, 2));
	assert_events(f, "listed listed unlisted");
	assert_int_equal(ledger_report(f->ledger).blocked_ipv4, 1);
	assert_int_equal(ledger_report(f->ledger).blocked_ipv6, 1);
}

static void test_list_guard(void **state)
{
	struct ledgered *f = *state;
	struct smtpfence_prefix wide[] = {prefix_of("192.0.2.1"), prefix_of("198.0.0.0/8")};
	struct smtpfence_prefix many[12];

	for (size_t i = 0; i < ARRAY_SIZE(many); i++) {
		many[i] = prefix_of("192.0.2.0");
		many[i].address[15] = (unsigned char)i;
	}
	ledgered_reload(f, "guard: {max_new_blocks: 10}", LEDGERED_LIMITS);
	assert_int_equal(apply_list_of(f, "edge", many, 11), -EBUSY);
	assert_ok(f, apply_list_of(f, "edge", many, 10));
	assert_int_equal(apply_list_of(f, "edge", many, 4), -EBUSY);
	assert_true(kernel_drops(f, "192.0.2.9"));
	assert_ok(f, apply_list_of(f, "edge", many, 5));
	assert_ok(f, apply_list_of(f, "edge", many, 0)); /* five: a share says nothing */
	assert_int_equal(apply_list_of(f, "edge", wide, 2), -EBUSY);
	assert_false(kernel_entry(f, "192.0.2.1", NULL));
	assert_events(f, "reload held listed released held unlisted released unlisted held");
}

static void test_listing_outlives_sentence(void **state)
{
	struct ledgered *f = *state;
	struct smtpfence_prefix prefix = prefix_of("192.0.2.1");
	struct smtpfence_block entry;

	assert_ok(f, block(f, "192.0.2.1", 1));
	assert_ok(f, apply_list_of(f, "edge", &prefix, 1));
	assert_true(kernel_entry(f, "192.0.2.1", &entry));
	assert_int_equal(entry.deadline, 0);
	assert_int_equal(ledger_report(f->ledger).blocked_ipv4, 1);
	await_state(f, "192.0.2.1", SENTENCE_UNBLOCKED);
	assert_true(kernel_drops(f, "192.0.2.1"));
	assert_int_equal(ledger_report(f->ledger).blocked_ipv4, 1);
	assert_ok(f, apply_list_of(f, "edge", NULL, 0));
	assert_false(kernel_entry(f, "192.0.2.1", NULL));
	assert_int_equal(ledger_report(f->ledger).blocked_ipv4, 0);
}

static void test_sentence_outlives_listing(void **state)
{
	struct ledgered *f = *state;
	struct smtpfence_prefix prefix = prefix_of("192.0.2.1");
	struct smtpfence_block entry;

	assert_ok(f, apply_list_of(f, "edge", &prefix, 1));
	assert_ok(f, block(f, "192.0.2.1", 60));
	assert_ok(f, apply_list_of(f, "edge", NULL, 0));
	assert_true(kernel_entry(f, "192.0.2.1", &entry));
	assert_int_equal(entry.deadline, sentence_of(f, "192.0.2.1").deadline);
}

static void test_two_lists_want_the_same(void **state)
{
	struct ledgered *f = *state;
	struct smtpfence_prefix prefix = prefix_of("192.0.2.1");

	assert_ok(f, apply_list_of(f, "edge", &prefix, 1));
	assert_ok(f, apply_list_of(f, "drop", &prefix, 1));
	assert_int_equal(ledger_report(f->ledger).blocked_ipv4, 1);
	assert_ok(f, apply_list_of(f, "edge", NULL, 0));
	assert_true(kernel_drops(f, "192.0.2.1"));
	assert_ok(f, apply_list_of(f, "drop", NULL, 0));
	assert_false(kernel_entry(f, "192.0.2.1", NULL));
}

static void test_allowed_listing_is_not_in_force(void **state)
{
	struct ledgered *f = *state;
	struct smtpfence_prefix prefixes[] = {prefix_of("192.0.2.1"), prefix_of("192.0.2.64/26"),
					      prefix_of("192.0.2.65")};

	assert_ok(f, allow(f, "192.0.2.64/26"));
	assert_ok(f, apply_list_of(f, "edge", prefixes, ARRAY_SIZE(prefixes)));
	assert_true(kernel_drops(f, "192.0.2.1"));
	assert_false(kernel_entry(f, "192.0.2.64/26", NULL));
	assert_false(kernel_entry(f, "192.0.2.65", NULL));
	assert_ok(f, disallow(f, "192.0.2.64/26"));
	assert_true(kernel_drops(f, "192.0.2.64/26"));
	assert_true(kernel_drops(f, "192.0.2.65"));
}

static void await_gone(struct ledgered *f, const char *text)
{
	uint64_t end = clock_boot_ns() + LEDGERED_PATIENCE_NS;

	while (kernel_entry(f, text, NULL)) {
		assert_true(clock_boot_ns() < end);
		assert_true(sd_event_run(f->event, 100000) >= 0);
	}
}

/* Within the time that has gone by since it was said, also on a busy machine. */
static void assert_ends_in(struct ledgered *f, const char *text, int64_t seconds)
{
	struct smtpfence_block entry;

	assert_true(kernel_entry(f, text, &entry));
	assert_in_range(clock_seconds_left(entry.deadline, clock_boot_ns()), seconds - 20,
			seconds + 1);
}

static void test_listing_ends(void **state)
{
	struct ledgered *f = *state;
	struct listing listings[] = {{prefix_of("192.0.2.1"), clock_wall() + 1},
				     {prefix_of("192.0.2.2"), clock_wall() + 600},
				     {prefix_of("192.0.2.3"), clock_wall()}};

	assert_ok(f, apply_listings(f, "edge", listings, ARRAY_SIZE(listings)));
	assert_ends_in(f, "192.0.2.2", 600);
	assert_false(kernel_entry(f, "192.0.2.3", NULL)); /* has ended already */
	assert_int_equal(ledger_report(f->ledger).blocked_ipv4, 2);
	await_gone(f, "192.0.2.1");
	assert_int_equal(ledger_report(f->ledger).blocked_ipv4, 1);
	assert_events(f, "listed unlisted");
}

static void test_last_listing_to_end_counts(void **state)
{
	struct ledgered *f = *state;
	struct listing soon = {prefix_of("192.0.2.1"), clock_wall() + 100};
	struct listing late = {prefix_of("192.0.2.1"), clock_wall() + 900};
	struct listing never = {prefix_of("192.0.2.1"), 0};
	struct smtpfence_block entry;

	assert_ok(f, apply_listings(f, "edge", &soon, 1));
	assert_ok(f, apply_listings(f, "drop", &late, 1));
	assert_ends_in(f, "192.0.2.1", 900);
	assert_ok(f, block(f, "192.0.2.1", 3600));
	assert_ends_in(f, "192.0.2.1", 3600);
	assert_ok(f, apply_listings(f, "edge", &never, 1));
	assert_true(kernel_entry(f, "192.0.2.1", &entry));
	assert_int_equal(entry.deadline, 0);
	assert_ok(f, apply_listings(f, "edge", NULL, 0));
	assert_ends_in(f, "192.0.2.1", 3600);
	assert_int_equal(ledger_report(f->ledger).blocked_ipv4, 1);
}

static void test_sentence_ends_under_listing(void **state)
{
	struct ledgered *f = *state;
	struct listing listing = {prefix_of("192.0.2.1"), clock_wall() + 600};

	assert_ok(f, apply_listings(f, "edge", &listing, 1));
	assert_ok(f, block(f, "192.0.2.1", 1));
	await_state(f, "192.0.2.1", SENTENCE_UNBLOCKED);
	assert_ends_in(f, "192.0.2.1", 600);
	assert_int_equal(ledger_report(f->ledger).blocked_ipv4, 1);
}

/* Nobody looked until both were over: one entry goes, and is counted once. */
static void test_both_end_in_one_turn(void **state)
{
	struct ledgered *f = *state;
	struct listing listing = {prefix_of("192.0.2.1"), clock_wall() + 2};
	struct smtpfence_block entry;

	assert_ok(f, apply_listings(f, "edge", &listing, 1));
	assert_ok(f, block(f, "192.0.2.1", 2));
	assert_true(kernel_entry(f, "192.0.2.1", &entry));
	while (clock_wall() < listing.until || clock_boot_ns() < entry.deadline)
		usleep(1000);
	await_state(f, "192.0.2.1", SENTENCE_UNBLOCKED);
	assert_false(kernel_entry(f, "192.0.2.1", NULL));
	assert_int_equal(ledger_report(f->ledger).blocked_ipv4, 0);
}

static void test_listing_ends_under_sentence(void **state)
{
	struct ledgered *f = *state;
	struct listing listings[] = {{prefix_of("192.0.2.1"), clock_wall() + 1},
				     {prefix_of("192.0.2.2"), clock_wall() + 1}};

	assert_ok(f, apply_listings(f, "edge", listings, 2));
	assert_ok(f, block(f, "192.0.2.1", 600));
	await_gone(f, "192.0.2.2");
	assert_ends_in(f, "192.0.2.1", 600);
	assert_int_equal(state_of(f, "192.0.2.1"), SENTENCE_BLOCKED);
}

static void test_delta_of_a_list(void **state)
{
	struct ledgered *f = *state;
	struct listing first[] = {{prefix_of("192.0.2.1"), 0}, {prefix_of("192.0.2.2"), 0}};
	struct listing named = {prefix_of("192.0.2.3"), clock_wall() + 600};
	struct smtpfence_prefix removed = prefix_of("192.0.2.1");
	const struct feed_batch delta = {
		.kind = CONFIG_FEED_LIST,
		.delta = true,
		.listings = &named,
		.listing_count = 1,
		.removed = &removed,
		.removed_count = 1,
	};

	assert_ok(f, apply_listings(f, "edge", first, 2));
	assert_ok(f, apply(f, "edge", &delta));
	assert_false(kernel_entry(f, "192.0.2.1", NULL));
	assert_true(kernel_drops(f, "192.0.2.2"));
	assert_ends_in(f, "192.0.2.3", 600);
}

/* What a feed names stays for its ttl, whether it goes on to name it or not. */
static void test_ttl(void **state)
{
	struct ledgered *f = *state;
	struct smtpfence_prefix prefixes[] = {prefix_of("192.0.2.1"), prefix_of("192.0.2.2")};
	struct smtpfence_block first, entry;

	f->config->feeds[1].ttl = 8UL * 3600;
	assert_ok(f, apply_list_of(f, "edge", prefixes, 2));
	assert_true(kernel_entry(f, "192.0.2.2", &first));
	assert_in_range(clock_seconds_left(first.deadline, clock_boot_ns()), 8 * 3600 - 1,
			8 * 3600 + 1800 + 1);
	assert_ok(f, apply_list_of(f, "edge", prefixes, 1));
	assert_true(kernel_entry(f, "192.0.2.2", &entry));
	assert_int_equal(entry.deadline, first.deadline);
	assert_events(f, "listed");
}

/* A deadline is the same number for a whole boot: nothing is written anew after a restart. */
static void test_deadlines_of_listings_outlive_the_daemon(void **state)
{
	struct ledgered *f = *state;
	struct listing listing = {prefix_of("192.0.2.1"), clock_wall() + 600};
	struct smtpfence_block before, after;

	assert_ok(f, apply_listings(f, "edge", &listing, 1));
	assert_true(kernel_entry(f, "192.0.2.1", &before));
	ledgered_close(f);
	ledgered_open(f);
	assert_true(kernel_entry(f, "192.0.2.1", &after));
	assert_int_equal(before.deadline, after.deadline);
	assert_ok(f, audit(f));
	assert_int_equal(ledger_report(f->ledger).drift_wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LEDGERED_TEST(test_serials_only_grow),
		LEDGERED_TEST(test_delta_needs_its_base),
		LEDGERED_TEST(test_epochs_do_not_compare),
		LEDGERED_TEST(test_wide_incident_holds_all),
		LEDGERED_TEST(test_too_many_incidents_are_held),
		LEDGERED_TEST(test_too_many_clearings_are_held),
		LEDGERED_TEST(test_list_is_followed),
		LEDGERED_TEST(test_list_guard),
		LEDGERED_TEST(test_listing_outlives_sentence),
		LEDGERED_TEST(test_sentence_outlives_listing),
		LEDGERED_TEST(test_two_lists_want_the_same),
		LEDGERED_TEST(test_allowed_listing_is_not_in_force),
		LEDGERED_TEST(test_listing_ends),
		LEDGERED_TEST(test_last_listing_to_end_counts),
		LEDGERED_TEST(test_sentence_ends_under_listing),
		LEDGERED_TEST(test_listing_ends_under_sentence),
		LEDGERED_TEST(test_both_end_in_one_turn),
		LEDGERED_TEST(test_delta_of_a_list),
		LEDGERED_TEST(test_ttl),
		LEDGERED_TEST(test_deadlines_of_listings_outlive_the_daemon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

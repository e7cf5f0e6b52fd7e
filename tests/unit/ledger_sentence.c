/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of a sentence, from the incident to the day it is forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>

#include "lib/ledgered.h"

#define GUEST "192.0.2.7"

static void use_policy(struct ledgered *f, const char *policy)
{
	ledgered_reload(f, policy, LEDGERED_LIMITS);
}

static void test_whole_life(void **state)
{
	struct ledgered *f = *state;
	struct smtpfence_block block;
	struct sentence sentence;
	struct ledger_report report;
	uint64_t begun = clock_boot_ns();

	use_policy(f, "duration: 1s");
	assert_ok(f, score(f, 1, GUEST, 300));
	sentence = sentence_of(f, GUEST);
	assert_int_equal(sentence.state, SENTENCE_BLOCKED);
	assert_int_equal(sentence.time, 1);
	assert_int_equal(sentence.score, 300);
	assert_int_equal(sentence.offences, 1);
	assert_string_equal(sentence.source, "scorer");
	assert_in_range(sentence.date, clock_wall() - 10, clock_wall());
	assert_in_range(sentence.deadline, begun + NSEC_PER_SEC, clock_boot_ns() + NSEC_PER_SEC);
	assert_true(kernel_entry(f, GUEST, &block));
	assert_int_equal(block.action, SMTPFENCE_ACTION_DROP);
	assert_int_equal(block.deadline, sentence.deadline);
	assert_int_equal(ledger_report(f->ledger).blocked_ipv4, 1);

	await_state(f, GUEST, SENTENCE_UNBLOCKED);
	assert_in_range(clock_boot_ns(), sentence.deadline, sentence.deadline + NSEC_PER_SEC);
	assert_false(kernel_entry(f, GUEST, NULL));
	sentence = sentence_of(f, GUEST);
	assert_in_range(sentence.last_end, sentence.date + 1, clock_wall());
	assert_events(f, "reload blocked unblocking unblocked");
	report = ledger_report(f->ledger);
	assert_int_equal(report.blocked_ipv4, 0);
	assert_int_equal(report.transitions_blocked, 1);
	assert_int_equal(report.transitions_unblocking, 1);
	assert_int_equal(report.transitions_unblocked, 1);
}

/* What was dropped is shown until the next sentence begins, and is never laid at its door. */
static void test_hits_are_of_the_last_sentence(void **state)
{
	struct ledgered *f = *state;

	assert_ok(f, block(f, GUEST, 60));
	hit(f, GUEST);
	assert_ok(f, score(f, 1, GUEST, 400)); /* evidence: the same sentence */
	assert_true(has_hits(f, GUEST));
	assert_ok(f, unblock(f, GUEST, true));
	assert_true(has_hits(f, GUEST));
	assert_ok(f, block(f, GUEST, 60));
	assert_false(has_hits(f, GUEST));
	hit(f, GUEST);
	ledgered_close(f);
	ledgered_open(f);
	assert_true(has_hits(f, GUEST));
}

/* Ends what runs, and goes on to the next second, in which a new incident counts. */
static void serve(struct ledgered *f, const char *text)
{
	int64_t ended;

	await_state(f, text, SENTENCE_UNBLOCKED);
	ended = sentence_of(f, text).last_end;
	while (clock_wall() <= ended)
		assert_true(sd_event_run(f->event, 10000) >= 0);
}

static void test_second_offence_costs_more(void **state)
{
	struct ledgered *f = *state;
	struct sentence sentence;

	use_policy(f, "duration: 1s, multipliers: [1, 50]");
	assert_ok(f, score(f, 1, GUEST, 300));
	serve(f, GUEST);
	assert_ok(f, score(f, 2, GUEST, 300));
	sentence = sentence_of(f, GUEST);
	assert_int_equal(sentence.state, SENTENCE_BLOCKED);
	assert_int_equal(sentence.time, 50);
	assert_int_equal(sentence.offences, 2);
}

static void test_repeated_score_blocks_nobody_twice(void **state)
{
	struct ledgered *f = *state;
	struct incident incident = {
		.prefix = prefix_of(GUEST), .score = 300, .detected = clock_wall()};

	use_policy(f, "duration: 1s");
	assert_ok(f, apply_incidents(f, 1, &incident, 1));
	serve(f, GUEST);
	assert_ok(f, apply_incidents(f, 2, &incident, 1));
	assert_int_equal(state_of(f, GUEST), SENTENCE_UNBLOCKED);
	assert_false(kernel_entry(f, GUEST, NULL));
	assert_int_equal(sentence_of(f, GUEST).offences, 1);
}

static int count_piece(const struct evidence *evidence, const char *source, void *userdata)
{
	(void)evidence;
	assert_string_equal(source, "scorer");
	++*(size_t *)userdata;
	return 0;
}

static size_t count_evidence(struct ledgered *f, const char *text)
{
	struct smtpfence_prefix prefix = prefix_of(text);
	size_t count = 0;

	assert_ok(f, store_each_evidence(f->store, &prefix, 0, count_piece, &count, &f->error));
	return count;
}

static void test_evidence_extends_nothing(void **state)
{
	struct ledgered *f = *state;
	struct evidence pieces[] = {
		{.date = 100, .message_id = "a@b"},
		{.date = 200, .message_id = "c@d"},
	};
	struct incident incident = {.prefix = prefix_of(GUEST),
				    .score = 300,
				    .detected = clock_wall(),
				    .reason = "vade",
				    .evidence = pieces,
				    .evidence_count = 1};
	struct sentence before, after;

	assert_ok(f, apply_incidents(f, 1, &incident, 1));
	before = sentence_of(f, GUEST);
	assert_string_equal(before.reason, "vade");
	assert_int_equal(count_evidence(f, GUEST), 1);

	assert_ok(f, apply_incidents(f, 2, &incident, 1));
	assert_events(f, "blocked");

	incident.evidence_count = 2;
	incident.score = 500;
	assert_ok(f, apply_incidents(f, 3, &incident, 1));
	after = sentence_of(f, GUEST);
	assert_int_equal(after.score, 500);
	assert_int_equal(after.deadline, before.deadline);
	assert_int_equal(after.time, before.time);
	assert_int_equal(after.offences, 1);
	assert_int_equal(count_evidence(f, GUEST), 2);
	assert_events(f, "blocked evidence");

	incident.score = 400;
	assert_ok(f, apply_incidents(f, 4, &incident, 1));
	assert_int_equal(sentence_of(f, GUEST).score, 500);
	assert_events(f, "blocked evidence");
}

static void test_low_score_is_nothing(void **state)
{
	struct ledgered *f = *state;
	struct smtpfence_prefix prefix = prefix_of(GUEST);
	struct sentence sentence;

	assert_ok(f, score(f, 1, GUEST, 299));
	assert_int_equal(store_get_sentence(f->store, &prefix, &sentence, NULL), -ENOENT);
	assert_false(kernel_entry(f, GUEST, NULL));
}

static void test_score_zero_lifts_at_once(void **state)
{
	struct ledgered *f = *state;

	assert_ok(f, score(f, 1, GUEST, 300));
	assert_ok(f, score(f, 2, GUEST, 0));
	assert_int_equal(state_of(f, GUEST), SENTENCE_UNBLOCKED);
	assert_false(kernel_entry(f, GUEST, NULL));
	assert_in_range(sentence_of(f, GUEST).last_end, clock_wall() - 10, clock_wall());
	assert_events(f, "blocked unblocking unblocked");
	assert_ok(f, score(f, 3, GUEST, 0));
	assert_events(f, "blocked unblocking unblocked");
}

static void test_one_unit_is_one_sentence(void **state)
{
	struct ledgered *f = *state;
	struct incident incidents[] = {
		{.prefix = prefix_of("2001:db8:1:2::1"), .score = 300, .detected = clock_wall()},
		{.prefix = prefix_of("2001:db8:1:2::2"), .score = 400, .detected = clock_wall()},
		{.prefix = prefix_of(GUEST), .score = 300, .detected = clock_wall()},
	};
	struct sentence sentence;

	assert_ok(f, apply_incidents(f, 1, incidents, ARRAY_SIZE(incidents)));
	sentence = sentence_of(f, "2001:db8:1:2::/64");
	assert_int_equal(sentence.offences, 1);
	assert_int_equal(sentence.score, 400);
	assert_true(kernel_drops(f, "2001:db8:1:2::/64"));
	assert_true(kernel_drops(f, GUEST));
	assert_events(f, "blocked evidence blocked");
	assert_int_equal(ledger_report(f->ledger).blocked_ipv6, 1);
}

static void test_allowed_source_is_not_judged(void **state)
{
	struct ledgered *f = *state;
	struct smtpfence_prefix prefix = prefix_of(GUEST);
	struct sentence sentence;

	use_policy(f, "allow: [\"192.0.2.0/28\"]");
	assert_ok(f, score(f, 1, GUEST, 300));
	assert_int_equal(store_get_sentence(f->store, &prefix, &sentence, NULL), -ENOENT);
	assert_false(kernel_entry(f, GUEST, NULL));
	assert_ok(f, score(f, 2, "192.0.2.16", 300));
	assert_true(kernel_drops(f, "192.0.2.16"));
}

static void test_release_on_request(void **state)
{
	struct ledgered *f = *state;
	struct smtpfence_block entry;

	use_policy(f, "duration: 2s, release: on-request");
	assert_ok(f, score(f, 1, GUEST, 300));
	assert_true(kernel_entry(f, GUEST, &entry));
	assert_int_equal(entry.deadline, 0);
	assert_int_equal(unblock(f, GUEST, false), -EBUSY);

	while (clock_boot_ns() < sentence_of(f, GUEST).served)
		assert_true(sd_event_run(f->event, 10000) >= 0);
	assert_int_equal(state_of(f, GUEST), SENTENCE_BLOCKED);
	assert_true(kernel_drops(f, GUEST));
	assert_ok(f, unblock(f, GUEST, false));
	assert_int_equal(state_of(f, GUEST), SENTENCE_UNBLOCKED);
	assert_false(kernel_entry(f, GUEST, NULL));
}

/* Two that end at different times: the timer goes on from one to the other. */
static void test_timer_goes_on(void **state)
{
	struct ledgered *f = *state;

	assert_ok(f, block(f, "192.0.2.8", 2));
	assert_ok(f, block(f, GUEST, 1));
	await_state(f, GUEST, SENTENCE_UNBLOCKED);
	assert_int_equal(state_of(f, "192.0.2.8"), SENTENCE_BLOCKED);
	await_state(f, "192.0.2.8", SENTENCE_UNBLOCKED);
	assert_false(kernel_entry(f, "192.0.2.8", NULL));
}

static void test_time_is_capped(void **state)
{
	struct ledgered *f = *state;

	use_policy(f, "duration: 7d, max: 1d");
	assert_ok(f, score(f, 1, GUEST, 300));
	assert_int_equal(sentence_of(f, GUEST).time, 86400);
}

static void test_applies_are_measured(void **state)
{
	struct ledgered *f = *state;
	struct ledger_report before = ledger_report(f->ledger), after;
	uint64_t in_buckets = 0;

	assert_ok(f, score(f, 1, GUEST, 300));
	after = ledger_report(f->ledger);
	assert_int_equal(after.applies, before.applies + 1);
	assert_true(after.apply_seconds_sum > before.apply_seconds_sum);
	for (size_t i = 0; i < ARRAY_SIZE(ledger_buckets); i++)
		in_buckets += after.apply_buckets[i];
	assert_int_equal(in_buckets, after.applies);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LEDGERED_TEST(test_whole_life),
		LEDGERED_TEST(test_hits_are_of_the_last_sentence),
		LEDGERED_TEST(test_second_offence_costs_more),
		LEDGERED_TEST(test_repeated_score_blocks_nobody_twice),
		LEDGERED_TEST(test_evidence_extends_nothing),
		LEDGERED_TEST(test_low_score_is_nothing),
		LEDGERED_TEST(test_score_zero_lifts_at_once),
		LEDGERED_TEST(test_one_unit_is_one_sentence),
		LEDGERED_TEST(test_allowed_source_is_not_judged),
		LEDGERED_TEST(test_release_on_request),
		LEDGERED_TEST(test_timer_goes_on),
		LEDGERED_TEST(test_time_is_capped),
		LEDGERED_TEST(test_applies_are_measured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is too large for one step, and what happens between the steps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>

#include "lib/ledgered.h"

#define COUNT  3000
#define LIMITS "limits: {blocks: 8192, prefixes: 64, sources: 16}"
#define GUARD  "guard: {max_new_blocks: 5000, max_removed_share: 100%}"

static struct smtpfence_prefix address_of(size_t i)
{
	struct smtpfence_prefix prefix = prefix_of("198.18.0.0");

	prefix.address[14] = (unsigned char)(i >> 8);
	prefix.address[15] = (unsigned char)i;
	return prefix;
}

static int setup_limited(void **state, const char *limits)
{
	struct ledgered *f;

	if (ledgered_setup(state) < 0)
		return -1;
	f = *state;
	ledgered_configure(f, GUARD, limits);
	ledgered_open(f);
	return 0;
}

static int setup(void **state)
{
	return setup_limited(state, LIMITS);
}

static int setup_small(void **state)
{
	return setup_limited(state, "limits: {blocks: 2048, prefixes: 64, sources: 16}");
}

/* A batch under way, step by step. */
struct work {
	struct ledgered *f;
	struct listing listings[COUNT];
	struct incident incidents[COUNT];
	struct feed_batch batch;
	void *handle;
};

static void begin(struct work *work, const char *feed)
{
	assert_ok(work->f,
		  ledger_target.begin(config_find_feed(work->f->config, feed), &work->batch, false,
				      work->f->ledger, &work->handle, &work->f->error));
}

static int step(struct work *work)
{
	return ledger_target.step(work->handle, &work->f->error);
}

/* The addresses from @first to before @end, as a list. */
static struct work *list_make(struct ledgered *f, size_t first, size_t end)
{
	struct work *work = calloc(1, sizeof(*work));

	assert_non_null(work);
	work->f = f;
	for (size_t i = first; i < end; i++)
		work->listings[i - first].prefix = address_of(i);
	work->batch = (struct feed_batch){
		.kind = CONFIG_FEED_LIST, .listings = work->listings, .listing_count = end - first};
	return work;
}

static struct work *list_begin(struct ledgered *f, size_t first, size_t end)
{
	struct work *work = list_make(f, first, end);

	begin(work, "edge");
	return work;
}

static struct work *scores_begin(struct ledgered *f, size_t count)
{
	struct work *work = calloc(1, sizeof(*work));

	assert_non_null(work);
	work->f = f;
	for (size_t i = 0; i < count; i++)
		work->incidents[i] = (struct incident){
			.prefix = address_of(i), .score = 300, .detected = clock_wall()};
	work->batch = (struct feed_batch){.kind = CONFIG_FEED_SCORES,
					  .serial = 7,
					  .incidents = work->incidents,
					  .incident_count = count};
	begin(work, "scorer");
	return work;
}

static void end(struct work *work)
{
	ledger_target.end(work->handle);
	free(work);
}

static void finish(struct work *work)
{
	int r;

	while ((r = step(work)) > 0)
		;
	assert_ok(work->f, r);
	end(work);
}

/* The kernel drops the addresses from @first to before @end, and no other of the first COUNT. */
static void assert_drops(const struct ledgered *f, size_t first, size_t end_)
{
	char text[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < COUNT; i++) {
		const struct smtpfence_prefix prefix = address_of(i);

		if (kernel_drops(f, prefix_format(&prefix, text)) != (i >= first && i < end_))
			fail_msg("%s is %s", text, i >= first && i < end_ ? "missing" : "there");
	}
}

static void assert_no_drift(struct ledgered *f, size_t blocked)
{
	struct ledger_report report;

	assert_int_equal(ledger_report(f->ledger).blocked_ipv4, blocked);
	assert_ok(f, audit(f));
	report = ledger_report(f->ledger);
	assert_int_equal(report.drift_missing + report.drift_wrong + report.drift_extra, 0);
	assert_int_equal(report.blocked_ipv4, blocked);
}

static void test_list(void **state)
{
	struct ledgered *f = *state;

	finish(list_begin(f, 0, 2000));
	assert_drops(f, 0, 2000);
	assert_no_drift(f, 2000);
	finish(list_begin(f, 1000, 3000));
	assert_drops(f, 1000, 3000);
	assert_no_drift(f, 2000);
	assert_events(f, "listed listed unlisted");
}

/* Whatever step it is, a list that is given up leaves the old one or the new one. */
static void test_list_is_given_up(void **state)
{
	struct ledgered *f = *state;

	finish(list_begin(f, 0, 1000));
	for (unsigned int steps = 1; steps < 100; steps++) {
		struct work *work = list_begin(f, 1000, 2000);
		int r = 1;

		for (unsigned int i = 0; i < steps && r > 0; i++)
			r = step(work);
		end(work);
		assert_ok(f, r);
		ledgered_close(f);
		ledgered_open(f);
		if (kernel_drops(f, "198.18.0.0"))
			assert_drops(f, 0, 1000);
		else
			assert_drops(f, 1000, 2000);
		if (r == 0)
			return;
		finish(list_begin(f, 0, 1000));
	}
	fail_msg("it never came to its end");
}

static void assert_swept(struct ledgered *f)
{
	int r;

	while ((r = sd_event_run(f->event, 0)) > 0)
		;
	assert_int_equal(r, 0);
	assert_int_equal(store_sweep_lists(f->store, 1, NULL), 0);
}

/* Lists that are replaced, given up or forgotten leave the store when there is time. */
static void test_old_lists_are_swept(void **state)
{
	struct ledgered *f = *state;
	struct work *work;
	size_t feeds;

	finish(list_begin(f, 0, 1000));
	finish(list_begin(f, 1000, 2000));
	assert_swept(f);
	work = list_begin(f, 0, 1000);
	assert_int_equal(step(work), 1);
	assert_int_equal(step(work), 1);
	end(work);
	assert_swept(f);
	assert_drops(f, 1000, 2000);
	feeds = f->config->feed_count;
	f->config->feed_count = 1; /* the scorer alone */
	assert_ok(f, ledger_reconfigure(f->ledger, f->config, &f->error));
	f->config->feed_count = feeds;
	assert_swept(f);
	assert_drops(f, 0, 0);
}

static void test_requests_in_between(void **state)
{
	struct ledgered *f = *state;
	struct work *work;
	unsigned int steps = 0;
	int r;

	finish(list_begin(f, 0, 1000));
	work = list_begin(f, 1000, 3000);
	do {
		r = step(work);
		if (steps == 1) {
			assert_ok(f, block(f, "192.0.2.1", 600));
			assert_ok(f, block(f, "198.18.0.5", 600)); /* which is about to go */
			assert_ok(f, block(f, "198.18.4.0", 600)); /* which is about to come */
			assert_ok(f, allow(f, "198.18.11.0"));
		} else if (steps == 2) {
			assert_ok(f, unblock(f, "192.0.2.1", true));
			assert_ok(f, score(f, 1, "192.0.2.2", 300));
		}
		steps++;
	} while (r > 0);
	assert_ok(f, r);
	end(work);
	assert_true(steps > 3);
	assert_false(kernel_entry(f, "192.0.2.1", NULL));
	assert_true(kernel_drops(f, "192.0.2.2"));
	assert_true(kernel_drops(f, "198.18.0.5"));
	assert_false(kernel_entry(f, "198.18.0.6", NULL));
	assert_true(kernel_drops(f, "198.18.10.255"));
	assert_false(kernel_entry(f, "198.18.11.0", NULL));
	assert_no_drift(f, 2000 - 1 + 2);
}

/* What is still on its way is nothing that somebody took out of the maps. */
static void test_audit_in_between(void **state)
{
	struct ledgered *f = *state;
	struct work *work = list_begin(f, 0, COUNT);
	int r;

	while ((r = step(work)) > 0)
		assert_ok(f, audit(f));
	assert_ok(f, r);
	end(work);
	assert_drops(f, 0, COUNT);
	assert_no_drift(f, COUNT);
	assert_events(f, "listed");
}

static void finish_excepting(struct work *work, const char *around, const char *exception)
{
	int r;

	while ((r = step(work)) > 0)
		if (kernel_drops(work->f, around))
			assert_true(kernel_allows(work->f, exception));
	assert_ok(work->f, r);
	end(work);
}

/* They are in before the range around them is blocked, and stay until it is not. */
static void test_exceptions_in_a_large_list(void **state)
{
	struct ledgered *f = *state;
	struct work *work = list_make(f, 100, 1100);
	unsigned long syncs = f->ledger->syncs;

	assert_ok(f, allow(f, "198.18.0.50"));
	work->listings[0].prefix = prefix_of("198.18.0.0/24");
	begin(work, "edge");
	finish_excepting(work, "198.18.0.0/24", "198.18.0.50");
	assert_true(kernel_allows(f, "198.18.0.50"));
	assert_no_drift(f, 1000);

	finish_excepting(list_begin(f, 1500, 2500), "198.18.0.0/24", "198.18.0.50");
	assert_false(kernel_entry(f, "198.18.0.50", NULL));
	assert_int_equal(f->ledger->syncs, syncs);
	assert_no_drift(f, 1000);
}

static void test_reload_in_between(void **state)
{
	struct ledgered *f = *state;

	for (size_t at = 1; at < 5; at++) {
		struct work *work = list_begin(f, at * 300, 1000 + at * 300);

		for (size_t i = 0; i < at; i++)
			assert_int_equal(step(work), 1);
		ledgered_reload(f, GUARD, LIMITS);
		finish(work);
		assert_drops(f, at * 300, 1000 + at * 300);
		assert_no_drift(f, 1000);
	}
}

static void test_scores(void **state)
{
	struct ledgered *f = *state;

	finish(scores_begin(f, COUNT));
	assert_drops(f, 0, COUNT);
	assert_no_drift(f, COUNT);
	finish(scores_begin(f, COUNT)); /* the same serial */
	assert_int_equal(ledger_report(f->ledger).transitions_blocked, COUNT);
}

/* What was judged before a crash is evidence at most the second time. */
static void test_scores_go_on_after_a_crash(void **state)
{
	struct ledgered *f = *state;
	struct work *work = scores_begin(f, COUNT);

	for (unsigned int i = 0; ledger_report(f->ledger).transitions_blocked == 0; i++)
		assert_int_equal(step(work), 1);
	end(work);
	ledgered_close(f);
	ledgered_open(f);
	work = scores_begin(f, COUNT);
	for (size_t i = 0; i < COUNT; i++)
		work->incidents[i].detected = sentence_of(f, "198.18.0.0").last_detected;
	finish(work);
	assert_drops(f, 0, COUNT);
	assert_int_equal(sentence_of(f, "198.18.0.0").offences, 1);
	assert_int_equal(sentence_of(f, "198.18.11.183").offences, 1);
}

/* What is told of one unit is taken in order, also where one step brings it all. */
static void test_one_unit_in_order(void **state)
{
	struct ledgered *f = *state;
	struct work *work = scores_begin(f, COUNT);
	const struct smtpfence_prefix unit = prefix_of("2001:db8::/64");
	struct sentence sentence;

	for (size_t i = 0; i < COUNT; i++) {
		work->incidents[i].prefix = prefix_of("2001:db8::1");
		work->incidents[i].prefix.address[7] = (unsigned char)(i / 500);
		work->incidents[i].prefix.address[15] = (unsigned char)i;
		work->incidents[i].score = i % 2 ? 0 : 300;
	}
	finish(work);
	assert_ok(f, store_get_sentence(f->store, &unit, &sentence, &f->error));
	assert_int_equal(sentence.state, SENTENCE_UNBLOCKED);
	assert_int_equal(ledger_report(f->ledger).transitions_blocked, COUNT / 500);
	assert_int_equal(ledger_report(f->ledger).transitions_unblocking, COUNT / 500);
	assert_no_drift(f, 0);
}

/* The share of those that run. */
static void test_guard_of_lifting(void **state)
{
	struct ledgered *f = *state;
	struct work *work;
	int r;

	finish(scores_begin(f, COUNT));
	ledgered_reload(f, "guard: {max_new_blocks: 5000, max_removed_share: 50%}", LIMITS);
	work = scores_begin(f, COUNT / 2 + 1);
	work->batch.serial++;
	for (size_t i = 0; i < work->batch.incident_count; i++)
		work->incidents[i].score = 0;
	while ((r = step(work)) > 0)
		;
	assert_int_equal(r, -EBUSY);
	assert_string_equal(f->error.text,
			    "lifting 1501 of 3000 blocks is more than 50%: raise "
			    "policy.guard.max_removed_share and reload, or correct the feed");
	assert_drops(f, 0, COUNT);
	end(work);
	work = scores_begin(f, COUNT / 2);
	work->batch.serial++;
	for (size_t i = 0; i < work->batch.incident_count; i++)
		work->incidents[i].score = 0;
	finish(work);
	assert_drops(f, COUNT / 2, COUNT);
	assert_no_drift(f, COUNT / 2);
}

/* Each is confirmed in the step that lifts it, so these are fewer than of any other kind. */
static void test_lifting_in_parts(void **state)
{
	struct ledgered *f = *state;
	uint64_t before = 0, lifted;
	struct work *work;
	int r;

	finish(scores_begin(f, COUNT));
	work = scores_begin(f, COUNT);
	work->batch.serial++;
	for (size_t i = 0; i < COUNT; i++)
		work->incidents[i].score = 0;
	do {
		r = step(work);
		lifted = ledger_report(f->ledger).transitions_unblocked;
		assert_true(lifted - before <= 1000);
		before = lifted;
	} while (r > 0);
	assert_ok(f, r);
	assert_int_equal(lifted, COUNT);
	end(work);
	assert_drops(f, 0, 0);
	assert_no_drift(f, 0);
}

static void test_guard(void **state)
{
	struct ledgered *f = *state;
	struct work *work;
	int r;

	ledgered_reload(f, "guard: {max_new_blocks: 2000}", LIMITS);
	work = scores_begin(f, COUNT);
	while ((r = step(work)) > 0)
		;
	assert_int_equal(r, -EBUSY);
	assert_string_equal(f->error.text,
			    "3000 new blocks are more than 2000: raise "
			    "policy.guard.max_new_blocks and reload, or correct the feed");
	end(work);
	assert_drops(f, 0, 0);
	assert_int_equal(ledger_report(f->ledger).transitions_blocked, 0);
}

/* All that fits is in force, and the rest is told. */
static void test_full_map(void **state)
{
	struct ledgered *f = *state;
	struct work *work;
	int r;

	work = list_begin(f, 0, COUNT);
	while ((r = step(work)) > 0)
		;
	assert_int_equal(r, -ENOSPC);
	assert_int_equal(ledger_report(f->ledger).refused, COUNT - 2048);
	end(work);
	finish(list_begin(f, 1000, COUNT));
	assert_drops(f, 1000, COUNT);
	assert_int_equal(ledger_report(f->ledger).refused, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, ledgered_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_list),
		TEST(test_list_is_given_up),
		TEST(test_old_lists_are_swept),
		TEST(test_requests_in_between),
		TEST(test_audit_in_between),
		TEST(test_exceptions_in_a_large_list),
		TEST(test_reload_in_between),
		TEST(test_scores),
		TEST(test_scores_go_on_after_a_crash),
		TEST(test_one_unit_in_order),
		TEST(test_lifting_in_parts),
		TEST(test_guard),
		TEST(test_guard_of_lifting),
		cmocka_unit_test_setup_teardown(test_full_map, setup_small, ledgered_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sentences: what is put in comes out again, in order, and only what was asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>

#include "lib/stored.h"

static int add_sentence(const struct sentence *sentence, void *userdata)
{
	char text[PREFIX_TEXT_MAX];

	add_word(userdata, prefix_format(&sentence->prefix, text));
	return 0;
}

static void assert_walk(struct store *store, const struct sentence_filter *filter,
			const char *expected)
{
	struct words words = {""};

	assert_int_equal(store_each_sentence(store, filter, add_sentence, &words, NULL), 0);
	assert_string_equal(words.text, expected);
}

static void test_sentence_comes_back(void **state)
{
	struct stored *f = *state;
	struct sentence in = {
		.prefix = prefix_of("2001:db8:1:2::/64"),
		.state = SENTENCE_BLOCKED,
		.score = 4294967295U,
		.date = 1661787770,
		.time = 3600,
		.served = clock_boot_ns() + 3600 * NSEC_PER_SEC,
		.deadline = clock_boot_ns() + 3600 * NSEC_PER_SEC,
		.offences = 3,
		.last_end = 1661700000,
		.last_detected = 1661787769,
		.source = "scorer",
		.reason = "vade",
	};
	struct sentence out = {0};

	assert_int_equal(store_put_sentence(f->store, &in, NULL), 0);
	stored_reopen(f);
	assert_int_equal(store_get_sentence(f->store, &in.prefix, &out, NULL), 0);
	assert_memory_equal(&out.prefix, &in.prefix, sizeof(in.prefix));
	assert_int_equal(out.state, in.state);
	assert_int_equal(out.score, in.score);
	assert_int_equal(out.date, in.date);
	assert_int_equal(out.time, in.time);
	assert_int_equal(out.served, in.served);
	assert_int_equal(out.deadline, in.deadline);
	assert_int_equal(out.offences, in.offences);
	assert_int_equal(out.last_end, in.last_end);
	assert_int_equal(out.last_detected, in.last_detected);
	assert_string_equal(out.source, in.source);
	assert_string_equal(out.reason, in.reason);
}

static void test_unknown_sentence(void **state)
{
	struct stored *f = *state;
	struct smtpfence_prefix prefix = prefix_of("192.0.2.1");
	struct sentence out;
	struct error error;

	assert_int_equal(store_get_sentence(f->store, &prefix, &out, &error), -ENOENT);
	assert_string_equal(error.text, "192.0.2.1/32: never had a sentence");
}

static void test_order_and_filters(void **state)
{
	struct store *store = ((struct stored *)*state)->store;
	struct smtpfence_prefix in = prefix_of("192.0.2.0/24"), all_ipv6 = prefix_of("::/0");

	stored_put(store, "2001:db8::/64", SENTENCE_BLOCKED, 50);
	stored_put(store, "192.0.3.1", SENTENCE_BLOCKED, 0);
	stored_put(store, "192.0.2.128/25", SENTENCE_UNBLOCKED, 10);
	stored_put(store, "192.0.2.0/24", SENTENCE_BLOCKED, 20);
	stored_put(store, "192.0.2.255", SENTENCE_UNBLOCKING, 10);
	stored_put(store, "192.0.0.0/16", SENTENCE_BLOCKED, 30);
	stored_put(store, "192.0.2.0", SENTENCE_BLOCKED, 40);

	assert_walk(store, &(struct sentence_filter){0},
		    "192.0.0.0/16 192.0.2.0/24 192.0.2.0/32 192.0.2.128/25 192.0.2.255/32 "
		    "192.0.3.1/32 2001:db8::/64");
	assert_walk(store, &(struct sentence_filter){.in = &in},
		    "192.0.2.0/24 192.0.2.0/32 192.0.2.128/25 192.0.2.255/32");
	assert_walk(store, &(struct sentence_filter){.in = &all_ipv6}, "2001:db8::/64");
	assert_walk(store,
		    &(struct sentence_filter){.by_state = true, .state = SENTENCE_UNBLOCKING},
		    "192.0.2.255/32");
	assert_walk(
		store,
		&(struct sentence_filter){.by_state = true, .state = SENTENCE_BLOCKED, .in = &in},
		"192.0.2.0/24 192.0.2.0/32");
	assert_walk(store, &(struct sentence_filter){.ends_before = 30},
		    "192.0.2.0/24 192.0.0.0/16");
	assert_walk(store, &(struct sentence_filter){.ends_before = 50, .limit = 2},
		    "192.0.2.0/24 192.0.0.0/16");
	assert_walk(store, &(struct sentence_filter){.limit = 2}, "192.0.0.0/16 192.0.2.0/24");
	assert_walk(store, &(struct sentence_filter){.ends_before = 40, .in = &in},
		    "192.0.2.0/24 192.0.2.0/32");
}

static int stop_at_once(const struct sentence *sentence, void *userdata)
{
	(void)sentence;
	++*(int *)userdata;
	return -ECANCELED;
}

static void test_walk_can_be_ended(void **state)
{
	struct store *store = ((struct stored *)*state)->store;
	int calls = 0;

	stored_put(store, "192.0.2.1", SENTENCE_BLOCKED, 0);
	stored_put(store, "192.0.2.2", SENTENCE_BLOCKED, 0);
	assert_int_equal(store_each_sentence(store, &(struct sentence_filter){0}, stop_at_once,
					     &calls, NULL),
			 -ECANCELED);
	assert_int_equal(calls, 1);
}

/* A walk inside a walk of the same kind: each has a statement of its own. */
static int walk_again(const struct sentence *sentence, void *userdata)
{
	(void)sentence;
	assert_walk(userdata, &(struct sentence_filter){0}, "192.0.2.1/32 192.0.2.2/32");
	return 0;
}

static void test_walks_nest(void **state)
{
	struct store *store = ((struct stored *)*state)->store;

	stored_put(store, "192.0.2.1", SENTENCE_BLOCKED, 0);
	stored_put(store, "192.0.2.2", SENTENCE_BLOCKED, 0);
	assert_int_equal(
		store_each_sentence(store, &(struct sentence_filter){0}, walk_again, store, NULL),
		0);
}

static void test_count(void **state)
{
	struct store *store = ((struct stored *)*state)->store;
	size_t count = 1;

	assert_int_equal(store_count_sentences(store, SENTENCE_BLOCKED, &count, NULL), 0);
	assert_int_equal(count, 0);
	stored_put(store, "192.0.2.1", SENTENCE_BLOCKED, 0);
	stored_put(store, "192.0.2.2", SENTENCE_UNBLOCKED, 0);
	stored_put(store, "192.0.2.3", SENTENCE_BLOCKED, 0);
	assert_int_equal(store_count_sentences(store, SENTENCE_BLOCKED, &count, NULL), 0);
	assert_int_equal(count, 2);
}

static void test_next_deadline(void **state)
{
	struct store *store = ((struct stored *)*state)->store;
	uint64_t next = 1;

	assert_int_equal(store_next_deadline(store, &next, NULL), 0);
	assert_int_equal(next, 0);
	stored_put(store, "192.0.2.1", SENTENCE_BLOCKED, 0);
	stored_put(store, "192.0.2.2", SENTENCE_UNBLOCKED, 5);
	stored_put(store, "192.0.2.3", SENTENCE_BLOCKED, 70);
	stored_put(store, "192.0.2.4", SENTENCE_BLOCKED, 60);
	assert_int_equal(store_next_deadline(store, &next, NULL), 0);
	assert_int_equal(next, 60);
}

static void test_rollback_undoes(void **state)
{
	struct store *store = ((struct stored *)*state)->store;

	assert_int_equal(store_begin(store, NULL), 0);
	stored_put(store, "192.0.2.1", SENTENCE_BLOCKED, 0);
	store_rollback(store);
	store_rollback(store); /* outside a transaction: nothing */
	assert_walk(store, &(struct sentence_filter){0}, "");

	assert_int_equal(store_begin(store, NULL), 0);
	stored_put(store, "192.0.2.1", SENTENCE_BLOCKED, 0);
	assert_int_equal(store_commit(store, NULL), 0);
	store_rollback(store);
	assert_walk(store, &(struct sentence_filter){0}, "192.0.2.1/32");
}

static void test_state_names(void **state)
{
	enum sentence_state parsed;

	(void)state;
	for (int i = SENTENCE_UNBLOCKED; i <= SENTENCE_UNBLOCKING; i++) {
		const char *name = sentence_state_name((enum sentence_state)i);

		assert_int_equal(sentence_state_parse(name, &parsed), 0);
		assert_int_equal(parsed, i);
	}
	assert_string_equal(sentence_state_name(SENTENCE_BLOCKED), "blockedForSpam");
	assert_int_equal(sentence_state_parse("blocked", &parsed), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORED_TEST(test_sentence_comes_back),
		STORED_TEST(test_unknown_sentence),
		STORED_TEST(test_order_and_filters),
		STORED_TEST(test_walk_can_be_ended),
		STORED_TEST(test_walks_nest),
		STORED_TEST(test_next_deadline),
		STORED_TEST(test_count),
		STORED_TEST(test_rollback_undoes),
		cmocka_unit_test(test_state_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

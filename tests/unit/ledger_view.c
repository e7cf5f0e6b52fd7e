/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `list` and `show` are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>

#include "lib/ledgered.h"

/* "PREFIX ACTION STATE SOURCE,SOURCE", one a row. */
static int add_row(const struct ledger_row *row, void *userdata)
{
	char text[PREFIX_TEXT_MAX], word[1024];
	size_t used;

	used = (size_t)snprintf(word, sizeof(word), "%s %s %s ",
				prefix_format_short(&row->prefix, text),
				row->action == SMTPFENCE_ACTION_ALLOW ? "allow" : "drop",
				sentence_state_name(row->state));
	for (size_t i = 0; i < row->source_count; i++)
		used += (size_t)snprintf(word + used, sizeof(word) - used, "%s%s", i ? "," : "",
					 row->sources[i]);
	snprintf(word + used, sizeof(word) - used, "\n");
	strncat(userdata, word, LEDGERED_WORDS_MAX - strlen(userdata) - 1);
	return 0;
}

static void assert_rows(struct ledgered *f, const struct ledger_filter *filter,
			const char *expected)
{
	char rows[LEDGERED_WORDS_MAX] = "";

	assert_ok(f, ledger_each(f->ledger, filter, add_row, rows, &f->error));
	assert_string_equal(rows, expected);
}

/* Every kind of row there is. */
static void fill(struct ledgered *f)
{
	struct smtpfence_prefix edge[] = {prefix_of("192.0.2.1"), prefix_of("192.0.2.3"),
					  prefix_of("198.51.100.64/26")};
	struct smtpfence_prefix drop[] = {prefix_of("192.0.2.3"), prefix_of("203.0.113.5"),
					  prefix_of("2001:db8:9::/48")};

	assert_ok(f, block(f, "192.0.2.1", 60));
	assert_ok(f, score(f, 1, "192.0.2.2", 300));
	assert_ok(f, block(f, "192.0.2.4", 60));
	assert_ok(f, unblock(f, "192.0.2.4", true));
	assert_ok(f, block(f, "203.0.113.0/24", 60));
	assert_ok(f, allow(f, "203.0.113.5"));
	assert_ok(f, apply_list_of(f, "edge", edge, ARRAY_SIZE(edge)));
	assert_ok(f, apply_list_of(f, "drop", drop, ARRAY_SIZE(drop)));
}

static void test_rows_in_order(void **state)
{
	struct ledgered *f = *state;

	fill(f);
	assert_rows(f, &(struct ledger_filter){0},
		    "192.0.2.1 drop blockedForSpam manual,edge\n"
		    "192.0.2.2 drop blockedForSpam scorer\n"
		    "192.0.2.3 drop blockedForSpam drop,edge\n"
		    "198.51.100.64/26 drop blockedForSpam edge\n"
		    "203.0.113.0/24 drop blockedForSpam manual\n"
		    "203.0.113.5 allow unblocked drop,manual\n"
		    "2001:db8:9::/48 drop blockedForSpam drop\n");
}

static void test_rows_inside_a_prefix(void **state)
{
	struct ledgered *f = *state;
	struct smtpfence_prefix in = prefix_of("203.0.113.0/24"), ipv6 = prefix_of("::/0");

	fill(f);
	assert_rows(f, &(struct ledger_filter){.in = &in},
		    "203.0.113.0/24 drop blockedForSpam manual\n"
		    "203.0.113.5 allow unblocked drop,manual\n");
	assert_rows(f, &(struct ledger_filter){.in = &ipv6},
		    "2001:db8:9::/48 drop blockedForSpam drop\n");
}

static void test_rows_by_state(void **state)
{
	struct ledgered *f = *state;
	struct smtpfence_prefix in = prefix_of("192.0.2.0/24");

	fill(f);
	assert_rows(f,
		    &(struct ledger_filter){.by_state = true, .state = SENTENCE_BLOCKED, .in = &in},
		    "192.0.2.1 drop blockedForSpam manual,edge\n"
		    "192.0.2.2 drop blockedForSpam scorer\n"
		    "192.0.2.3 drop blockedForSpam drop,edge\n");
	assert_rows(f, &(struct ledger_filter){.by_state = true, .state = SENTENCE_UNBLOCKED},
		    "192.0.2.4 drop unblocked \n");
	assert_rows(f, &(struct ledger_filter){.by_state = true, .state = SENTENCE_UNBLOCKING}, "");
}

static struct ledger_row show(struct ledgered *f, const char *text)
{
	struct smtpfence_prefix prefix = prefix_of(text);
	struct ledger_row row;

	assert_ok(f, ledger_show(f->ledger, &prefix, &row, &f->error));
	return row;
}

static void test_show(void **state)
{
	struct ledgered *f = *state;
	struct smtpfence_prefix unknown = prefix_of("198.51.100.1");
	struct ledger_row row;

	fill(f);
	row = show(f, "192.0.2.2");
	assert_true(row.has_sentence);
	assert_int_equal(row.sentence.score, 300);
	assert_in_range(row.remaining, 3500, 3600);

	/* On a list as well: there is no end in sight. */
	assert_int_equal(show(f, "192.0.2.1").remaining, 0);

	row = show(f, "192.0.2.4");
	assert_int_equal(row.state, SENTENCE_UNBLOCKED);
	assert_int_equal(row.sentence.offences, 1);
	assert_int_equal(row.remaining, 0);

	assert_false(show(f, "203.0.113.5").has_sentence);
	assert_int_equal(ledger_show(f->ledger, &unknown, &row, &f->error), -ENOENT);
	assert_string_equal(f->error.text, "198.51.100.1/32: nothing is known of it");
}

static void test_show_finds_the_unit(void **state)
{
	struct ledgered *f = *state;
	struct smtpfence_prefix unit = prefix_of("2001:db8:1:2::/64");
	struct ledger_row row;

	assert_ok(f, block(f, "2001:db8:1:2::7", 60));
	row = show(f, "2001:db8:1:2::8");
	assert_memory_equal(&row.prefix, &unit, sizeof(unit));
}

static int stop(const struct ledger_row *row, void *userdata)
{
	(void)row;
	++*(int *)userdata;
	return -ECANCELED;
}

static void test_walk_can_be_ended(void **state)
{
	struct ledgered *f = *state;
	int calls = 0;

	fill(f);
	assert_int_equal(
		ledger_each(f->ledger, &(struct ledger_filter){0}, stop, &calls, &f->error),
		-ECANCELED);
	assert_int_equal(calls, 1);
}

/* Whichever row a walk begins behind, the rest comes as it does without. */
static void test_behind_a_row(void **state)
{
	static const struct ledger_filter everything = {0};
	struct ledgered *f = *state;
	char all[LEDGERED_WORDS_MAX] = "";
	const char *rest = all;

	fill(f);
	assert_ok(f, ledger_each(f->ledger, &everything, add_row, all, &f->error));
	while (*rest) {
		char text[PREFIX_TEXT_MAX];
		struct smtpfence_prefix after;

		assert_int_equal(sscanf(rest, "%51s", text), 1);
		after = prefix_of(text);
		rest = strchr(rest, '\n') + 1;
		assert_rows(f, &(struct ledger_filter){.after = &after}, rest);
	}
}

static int count_row(const struct ledger_row *row, void *userdata)
{
	size_t *count = userdata;
	char text[PREFIX_TEXT_MAX];

	assert_string_equal(row->sentence.reason, prefix_format(&row->prefix, text));
	return ++*count == 2500;
}

/* Sentences are read from the store some hundred at a time. */
static void test_many_rows(void **state)
{
	struct ledgered *f = *state;
	struct sentence sentence = {.state = SENTENCE_UNBLOCKED};
	struct ledger_filter filter = {.sentenced = true};
	struct smtpfence_prefix last;
	size_t count = 0;

	assert_ok(f, store_begin(f->store, &f->error));
	for (unsigned int i = 0; i < 3000; i++) {
		char text[PREFIX_TEXT_MAX];

		snprintf(text, sizeof(text), "198.18.%u.%u/32", i / 256, i % 256);
		sentence.prefix = prefix_of(text);
		snprintf(sentence.reason, sizeof(sentence.reason), "%s", text);
		assert_ok(f, store_put_sentence(f->store, &sentence, &f->error));
	}
	assert_ok(f, store_commit(f->store, &f->error));
	assert_int_equal(ledger_each(f->ledger, &filter, count_row, &count, &f->error), 1);
	last = prefix_of("198.18.9.195"); /* the 2,500th */
	filter.after = &last;
	assert_int_equal(ledger_each(f->ledger, &filter, count_row, &count, &f->error), 0);
	assert_int_equal(count, 3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LEDGERED_TEST(test_rows_in_order),	 LEDGERED_TEST(test_rows_inside_a_prefix),
		LEDGERED_TEST(test_rows_by_state),	 LEDGERED_TEST(test_show),
		LEDGERED_TEST(test_show_finds_the_unit), LEDGERED_TEST(test_walk_can_be_ended),
		LEDGERED_TEST(test_behind_a_row),	 LEDGERED_TEST(test_many_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

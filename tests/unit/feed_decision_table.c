/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sum of a server's answers, and what of it a list is told. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/prefix.h"
#include "feed/decision_table.h"

#define NOW 1000

static const char *const types[] = {"ban", "smtp"};
static const struct decision_filter filter = {
	.scopes = DECISION_IP | DECISION_RANGE, .types = types, .type_count = ARRAY_SIZE(types)};

#define BAN(value, duration)  DECISION("Ip", "ban", value, duration)
#define SMTP(value, duration) DECISION("Ip", "smtp", value, duration)
#define DECISION(scope, type, value, duration)                                                     \
	"{\"scope\":\"" scope "\",\"type\":\"" type "\",\"value\":\"" value                        \
	"\",\"duration\":\"" duration "\"}"
#define ANSWER(begun, ended) "{\"new\":[" begun "],\"deleted\":[" ended "]}"

/* "192.0.2.1>1004 …" for what is listed and until when, "-192.0.2.1 …" for what is removed. */
static void describe(const struct feed_batch *batch, char *text, size_t size)
{
	char prefix[PREFIX_TEXT_MAX];
	FILE *stream = fmemopen(text, size, "w");

	assert_non_null(stream);
	text[0] = '\0';
	for (size_t i = 0; i < batch->listing_count; i++)
		fprintf(stream, "%s>%jd ", prefix_format_short(&batch->listings[i].prefix, prefix),
			(intmax_t)batch->listings[i].until);
	for (size_t i = 0; i < batch->removed_count; i++)
		fprintf(stream, "-%s ", prefix_format_short(&batch->removed[i], prefix));
	fclose(stream);
}

/* Adds the answer @text to @table; the batch must be as @expected describes it. */
static void add(struct decision_table *table, const char *text, bool whole, const char *expected)
{
	_cleanup_(decisions_freep) struct decisions *answer = NULL;
	_cleanup_(feed_batch_freep) struct feed_batch *batch = NULL;
	_cleanup_fclose_ FILE *stream = fmemopen((char *)text, strlen(text), "r");
	struct decision_table next;
	struct error error = {0};
	char description[512];

	assert_non_null(stream);
	if (decisions_read(stream, "F", &filter, NOW, &answer, &error) < 0)
		fail_msg("%s", error.text);
	assert_int_equal(decision_table_add(table, answer, whole, &next, &batch, &error), 0);
	assert_int_equal(batch->kind, CONFIG_FEED_LIST);
	assert_int_equal(batch->delta, !whole);
	describe(batch, description, sizeof(description));
	assert_string_equal(description, expected);
	decision_table_clear(table);
	*table = next;
}

static void test_whole(void **state)
{
	struct decision_table table = {0};

	(void)state;
	add(&table,
	    ANSWER(BAN("192.0.2.2", "2s") "," BAN("192.0.2.1", "1s"), BAN("192.0.2.3", "-1s")),
	    true, "192.0.2.1>1001 192.0.2.2>1002 ");
	add(&table, ANSWER(BAN("192.0.2.3", "1s"), ""), true, "192.0.2.3>1001 ");
	assert_int_equal(table.count, 1);
	add(&table, ANSWER("", ""), true, "");
	decision_table_clear(&table);
}

static void test_changes(void **state)
{
	struct decision_table table = {0};

	(void)state;
	add(&table, ANSWER(BAN("192.0.2.2", "2s") "," BAN("192.0.2.4", "4s"), ""), true,
	    "192.0.2.2>1002 192.0.2.4>1004 ");
	add(&table, ANSWER("", ""), false, "");
	add(&table,
	    ANSWER(BAN("192.0.2.3", "3s") "," BAN("192.0.2.4", "5s"), BAN("192.0.2.2", "-1s")),
	    false, "192.0.2.3>1003 192.0.2.4>1005 -192.0.2.2 ");
	assert_int_equal(table.count, 2);
	add(&table, ANSWER(BAN("192.0.2.1", "1s") "," BAN("192.0.2.5", "5s"), ""), false,
	    "192.0.2.1>1001 192.0.2.5>1005 ");
	assert_int_equal(table.count, 4);
	decision_table_clear(&table);
}

/* The server repeats what has ended for some seconds. */
static void test_an_end_that_is_told_twice(void **state)
{
	struct decision_table table = {0};

	(void)state;
	add(&table, ANSWER(BAN("192.0.2.1", "9s"), ""), true, "192.0.2.1>1009 ");
	for (int i = 0; i < 2; i++)
		add(&table, ANSWER("", BAN("192.0.2.1", "-1s")), false, "-192.0.2.1 ");
	add(&table, ANSWER(BAN("192.0.2.1", "8s"), BAN("192.0.2.1", "-1s")), false,
	    "192.0.2.1>1008 ");
	decision_table_clear(&table);
}

static void test_a_shorter_one_takes_its_place(void **state)
{
	struct decision_table table = {0};

	(void)state;
	add(&table, ANSWER(BAN("192.0.2.1", "9s"), ""), true, "192.0.2.1>1009 ");
	add(&table, ANSWER(BAN("192.0.2.1", "5s"), ""), false, "192.0.2.1>1005 ");
	add(&table, ANSWER(BAN("192.0.2.1", "-1s"), ""), false, "-192.0.2.1 ");
	decision_table_clear(&table);
}

/* Types and scopes overlap: a source is listed until the last of its decisions has ended. */
static void test_several_kinds(void **state)
{
	struct decision_table table = {0};

	(void)state;
	add(&table,
	    ANSWER(BAN("192.0.2.1", "5s") "," SMTP("192.0.2.1", "9s") "," DECISION(
			   "Range", "ban", "192.0.2.1/32", "7s"),
		   ""),
	    true, "192.0.2.1>1009 ");
	add(&table, ANSWER("", SMTP("192.0.2.1", "-1s")), false, "192.0.2.1>1007 ");
	add(&table, ANSWER(BAN("192.0.2.1", "6s"), ""), false, "192.0.2.1>1007 ");
	add(&table, ANSWER("", DECISION("Range", "ban", "192.0.2.1/32", "-1s")), false,
	    "192.0.2.1>1006 ");
	add(&table, ANSWER("", BAN("192.0.2.1", "-1s")), false, "-192.0.2.1 ");
	assert_int_equal(table.count, 0);
	decision_table_clear(&table);
}

static void test_a_range_and_an_address_in_it(void **state)
{
	struct decision_table table = {0};

	(void)state;
	add(&table,
	    ANSWER(BAN("192.0.2.1", "5s") "," DECISION("Range", "ban", "192.0.2.0/24", "9s"), ""),
	    true, "192.0.2.0/24>1009 192.0.2.1>1005 ");
	add(&table, ANSWER("", DECISION("Range", "ban", "192.0.2.0/24", "-1s")), false,
	    "-192.0.2.0/24 ");
	assert_int_equal(table.count, 1);
	decision_table_clear(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_an_end_that_is_told_twice),
		cmocka_unit_test(test_a_shorter_one_takes_its_place),
		cmocka_unit_test(test_several_kinds),
		cmocka_unit_test(test_a_range_and_an_address_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `type: drop`: what is taken, and that everything else is refused whole, by its line. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/prefix.h"
#include "feed/feed.h"

#define DATA	 "tests/data/feeds/drop.json"
#define TEXT_MAX 4096

#define NETWORK	     "{\"cidr\":\"192.0.2.0/24\",\"sblid\":\"SBL1\",\"rir\":\"apnic\"}\n"
#define END(records) "{\"type\":\"metadata\",\"timestamp\":1763755200,\"records\":" #records "}\n"

static int parse_bytes(const char *bytes, size_t length, struct feed_batch **ret,
		       struct error *error)
{
	_cleanup_fclose_ FILE *stream = fmemopen((char *)bytes, length, "r");

	assert_non_null(stream);
	return feed_format_drop.parse(stream, "F", ret, error);
}

static void test_list(void **state)
{
	static const char *const expected[] = {"192.0.2.0/24", "198.51.100.0/22", "203.0.112.0/20",
					       "2001:db8::/32"};
	_cleanup_(feed_batch_freep) struct feed_batch *batch = NULL;
	_cleanup_fclose_ FILE *stream = fopen(DATA, "re");
	struct error error = {0};
	char text[PREFIX_TEXT_MAX];

	(void)state;
	assert_non_null(stream);
	if (feed_format_drop.parse(stream, "F", &batch, &error) < 0)
		fail_msg("refused: %s", error.text);
	assert_int_equal(batch->kind, CONFIG_FEED_LIST);
	assert_int_equal(batch->generated, 1763755200);
	assert_int_equal(batch->listing_count, ARRAY_SIZE(expected));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_string_equal(prefix_format(&batch->listings[i].prefix, text), expected[i]);
}

static void test_taken(void **state)
{
	static const struct {
		const char *text;
		size_t count;
	} cases[] = {
		{END(0), 0},
		{NETWORK END(1), 1},
		{"\n" NETWORK "\r\n" END(1) "\n \n", 1},
		{NETWORK NETWORK END(2), 1}, /* twice is once, but both count */
		{"{\"cidr\":\"192.0.2.1\",\"new\":[{}]}\n{\"type\":\"metadata\",\"records\":1}", 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(feed_batch_freep) struct feed_batch *batch = NULL;
		struct error error = {0};

		if (parse_bytes(cases[i].text, strlen(cases[i].text), &batch, &error) < 0)
			fail_msg("refused: %s", error.text);
		assert_int_equal(batch->listing_count, cases[i].count);
	}
}

static void assert_refused(const char *bytes, size_t length, const char *message)
{
	struct feed_batch *batch = NULL;
	struct error error = {0};

	assert_int_equal(parse_bytes(bytes, length, &batch, &error), -EBADMSG);
	assert_null(batch);
	if (message)
		assert_string_equal(error.text, message);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"\n", "F:2: the list stops without its metadata line"},
		{NETWORK, "F:2: the list stops without its metadata line"},
		{NETWORK END(2), "F:2: the metadata tells of 2 records, but there are 1"},
		{NETWORK NETWORK END(1), "F:3: the metadata tells of 1 records, but there are 2"},
		{END(0) NETWORK, "F:2: there is text after the metadata line"},
		{END(0) "<html>", "F:2: there is text after the metadata line"},
		{END(0) END(0), "F:2: there is text after the metadata line"},
		{"<html>\n", "F:1: the line is not a JSON object, or is cut off"},
		{"[\"192.0.2.0/24\"]\n", "F:1: the line is JSON, but not an object"},
		{NETWORK "{\"asn\":64496}\n", "F:2: \"cidr\" is missing"},
		{"{\"cidr\":1}\n", "F:1: \"cidr\" must be a string"},
		{"{\"cidr\":\"192.0.2.1/24\"}\n", NULL},
		{"{\"cidr\":\"192.0.2.0/33\"}\n", NULL},
		{"{\"cidr\":\"\"}\n", NULL},
		{"{\"cidr\":\"192.0.2.1\",\"cidr\":\"192.0.2.2\"}\n",
		 "F:1: \"cidr\" stands there twice"},
		{"{\"type\":\"end\",\"records\":0}\n",
		 "F:1: \"type\" \"end\" is not known, only \"metadata\""},
		{"{\"type\":7,\"records\":0}\n", "F:1: \"type\" must be a string"},
		{"{\"type\":\"metadata\"}\n", "F:1: \"records\" is missing"},
		{"{\"type\":\"metadata\",\"records\":\"0\"}\n", NULL},
		{"{\"type\":\"metadata\",\"records\":-1}\n", NULL},
		{"{\"type\":\"metadata\",\"records\":0,\"timestamp\":\"now\"}\n", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_refused(cases[i].text, strlen(cases[i].text), cases[i].message);
	assert_refused("{\"cidr\":\"192.0.2.0/2\0\"}\n", 25, NULL);
}

/* The last newline apart, nothing may be missing. */
static void test_cut_anywhere(void **state)
{
	_cleanup_fclose_ FILE *stream = fopen(DATA, "re");
	char text[TEXT_MAX];
	size_t length;

	(void)state;
	assert_non_null(stream);
	length = fread(text, 1, sizeof(text), stream);
	assert_in_range(length, 1, sizeof(text) - 1);
	for (size_t cut = 1; cut < length - 1; cut++)
		assert_refused(text, cut, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_cut_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `type: list`, and the table of formats. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/prefix.h"
#include "feed/feed.h"
#include "feed/lines.h"

static int parse(const char *bytes, size_t length, struct feed_batch **ret, struct error *error)
{
	_cleanup_fclose_ FILE *stream = fmemopen((char *)bytes, length, "r");

	assert_non_null(stream);
	return feed_format_list.parse(stream, "F", ret, error);
}

static void test_list(void **state)
{
	static const char *const expected[] = {
		"192.0.2.7/32",	   "198.51.100.0/24",	"198.51.100.0/25",
		"2001:db8::1/128", "2001:db8:bad::/48",
	};
	_cleanup_fclose_ FILE *stream = fopen("tests/data/feeds/list.txt", "re");
	_cleanup_(feed_batch_freep) struct feed_batch *batch = NULL;
	char text[PREFIX_TEXT_MAX];

	(void)state;
	assert_non_null(stream);
	assert_int_equal(feed_format_list.parse(stream, "F", &batch, NULL), 0);
	assert_int_equal(batch->kind, CONFIG_FEED_LIST);
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
		{"\n", 0},
		{"# nothing\n;\n \t\r\n", 0},
		{"192.0.2.1", 1},
		{"192.0.2.1\r\n192.0.2.1#\r\n", 1},
		{"0.0.0.0/0\n::/0\n", 2},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(feed_batch_freep) struct feed_batch *batch = NULL;
		struct error error = {0};

		if (parse(cases[i].text, strlen(cases[i].text), &batch, &error) < 0)
			fail_msg("refused: %s", error.text);
		assert_int_equal(batch->listing_count, cases[i].count);
	}
}

static void test_empty_file(void **state)
{
	_cleanup_(feed_batch_freep) struct feed_batch *batch = NULL;
	_cleanup_fclose_ FILE *stream = fopen("/dev/null", "re");

	(void)state;
	assert_int_equal(feed_format_list.parse(stream, "F", &batch, NULL), 0);
	assert_int_equal(batch->listing_count, 0);
}

static void assert_refused(const char *bytes, size_t length, const char *message)
{
	struct feed_batch *batch = NULL;
	struct error error = {0};

	assert_int_equal(parse(bytes, length, &batch, &error), -EBADMSG);
	assert_null(batch);
	assert_string_equal(error.text, message);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{"192.0.2.1\n\nexample.com\n",
		 "F:3: \"example.com\" is not an IPv4 or IPv6 address or prefix"},
		{"192.0.2.1 192.0.2.2\n",
		 "F:1: \"192.0.2.1 192.0.2.2\" is not an IPv4 or IPv6 address or prefix"},
		{"# a\n192.0.2.1/24 ; b\n", "F:2: \"192.0.2.1/24\" has bits set behind its length"},
		{"2001:db8::/129\n",
		 "F:1: \"2001:db8::/129\" has a length beyond 32 (IPv4) or 128 (IPv6)"},
		{"\033[2J\n", "F:1: \"?[2J\" is not an IPv4 or IPv6 address or prefix"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_refused(cases[i].text, strlen(cases[i].text), cases[i].error);
}

static void test_nul_byte(void **state)
{
	static const char list[] = "192.0.2.1\n192.0.2.2\0";

	(void)state;
	assert_refused(list, sizeof(list), "F:2: the line holds a NUL byte");
}

static void test_long_line(void **state)
{
	_cleanup_free_ char *list = malloc(LINE_LENGTH_MAX + 1);

	(void)state;
	assert_non_null(list);
	memset(list, ' ', LINE_LENGTH_MAX + 1);
	assert_refused(list, LINE_LENGTH_MAX + 1, "F:1: the line is longer than 1048576 bytes");
}

static void test_formats(void **state)
{
	(void)state;
	assert_ptr_equal(feed_format_find("ndjson"), &feed_format_ndjson);
	assert_ptr_equal(feed_format_find("list"), &feed_format_list);
	assert_null(feed_format_find("csv"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),	   cmocka_unit_test(test_taken),
		cmocka_unit_test(test_empty_file), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_nul_byte),   cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `type: ndjson`: what is taken, and that everything else is refused whole, by its line. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/prefix.h"
#include "feed/escapes.h"
#include "feed/feed.h"
#include "feed/lines.h"
#include "feed/record.h"

#define DATA "tests/data/feeds/"

#define HEADER(records)                                                                            \
	"{\"type\":\"snapshot\",\"version\":1,\"serial\":7,\"records\":" #records "}\n"
#define END(records)   "{\"type\":\"end\",\"serial\":7,\"records\":" #records "}\n"
#define RECORD(fields) "{\"ip\":\"192.0.2.1\"," fields "}\n"
#define ONE(record)    HEADER(1) record END(1)
#define SCORED(fields) ONE(RECORD("\"score\":1,\"detected\":\"2026-11-21T20:58:31Z\"," fields))
#define EVIDENCE(item) SCORED("\"evidence\":[{}," item "]")

static int parse_bytes(const char *bytes, size_t length, struct feed_batch **ret,
		       struct error *error)
{
	_cleanup_fclose_ FILE *stream = fmemopen((char *)bytes, length, "r");

	assert_non_null(stream);
	return feed_format_ndjson.parse(stream, "F", ret, error);
}

static void assert_refused(const char *bytes, size_t length, const char *message)
{
	struct feed_batch *batch = NULL;
	struct error error = {0};

	assert_int_equal(parse_bytes(bytes, length, &batch, &error), -EBADMSG);
	assert_null(batch);
	assert_string_equal(error.text, message);
}

static struct feed_batch *parse_good(const char *text)
{
	struct feed_batch *batch = NULL;
	struct error error = {0};

	if (parse_bytes(text, strlen(text), &batch, &error) < 0)
		fail_msg("refused: %s", error.text);
	return batch;
}

static struct feed_batch *parse_data(const char *path)
{
	_cleanup_fclose_ FILE *stream = fopen(path, "re");
	struct feed_batch *batch = NULL;
	struct error error = {0};

	assert_non_null(stream);
	if (feed_format_ndjson.parse(stream, path, &batch, &error) < 0)
		fail_msg("refused: %s", error.text);
	return batch;
}

static void assert_prefix(const struct smtpfence_prefix *prefix, const char *expected)
{
	char text[PREFIX_TEXT_MAX];

	assert_string_equal(prefix_format(prefix, text), expected);
}

static void assert_time(int64_t wall, const char *expected)
{
	char text[TIME_TEXT_MAX];

	assert_string_equal(time_format(wall, text), expected);
}

static void test_snapshot(void **state)
{
	_cleanup_(feed_batch_freep) struct feed_batch *batch = parse_data(DATA "snapshot.ndjson");
	const struct incident *incidents = batch->incidents;

	(void)state;
	assert_int_equal(batch->kind, CONFIG_FEED_SCORES);
	assert_false(batch->delta);
	assert_int_equal(batch->serial, 42);
	assert_time(batch->generated, "2026-11-21T21:00:00Z");
	assert_int_equal(batch->incident_count, 3);
	assert_prefix(&incidents[0].prefix, "122.122.122.122/32");
	assert_int_equal(incidents[0].score, 300);
	assert_time(incidents[0].detected, "2026-11-21T20:58:31Z");
	assert_string_equal(incidents[0].reason, "vade");
	assert_prefix(&incidents[1].prefix, "2001:db8:1:2::/64");
	assert_int_equal(incidents[1].score, 0);
	assert_int_equal(incidents[1].detected, 0);
	assert_null(incidents[1].reason);
	assert_prefix(&incidents[2].prefix, "192.0.2.0/28");
	assert_int_equal(incidents[2].score, UINT32_MAX);
	assert_time(incidents[2].detected, "2026-11-21T20:58:31Z");
}

static void test_evidence(void **state)
{
	_cleanup_(feed_batch_freep) struct feed_batch *batch = parse_data(DATA "snapshot.ndjson");
	const struct evidence *evidence = batch->incidents[0].evidence;

	(void)state;
	assert_int_equal(batch->incidents[0].evidence_count, 2);
	assert_int_equal(evidence[0].date, 1385640992);
	assert_prefix(&evidence[0].destination, "188.95.235.33/32");
	assert_string_equal(evidence[0].message_id, "a@b");
	assert_int_equal(evidence[0].spam_score, 300);
	assert_int_equal(evidence[1].destination.length, 0);
	assert_string_equal(evidence[1].message_id, "c@d");
	assert_int_equal(batch->incidents[1].evidence_count, 0);
}

static void test_delta(void **state)
{
	_cleanup_(feed_batch_freep) struct feed_batch *batch = parse_data(DATA "delta.ndjson");

	(void)state;
	assert_true(batch->delta);
	assert_int_equal(batch->base, 42);
	assert_int_equal(batch->serial, 43);
	assert_int_equal(batch->generated, 0);
	assert_int_equal(batch->incident_count, 1);
	assert_time(batch->incidents[0].detected, "2026-11-21T21:30:00Z");
}

static void test_taken(void **state)
{
	static const char *const feeds[] = {
		HEADER(0) END(0),
		"\n \t\r\n" HEADER(0) "\r\n" END(0) "\n\n",
		"{\"records\":0,\"serial\":7,\"version\":1,\"type\":\"snapshot\",\"x\":[]}\r\n" END(
			0),
		"{\"type\":\"snapshot\",\"version\":1,\"serial\":9007199254740991,\"records\":0}\n"
		"{\"type\":\"end\",\"serial\":9007199254740991,\"records\":0}",
		ONE("{\"ip\":\"::/0\",\"score\":0}\n"),
		EVIDENCE("{\"x\":1,\"spamscore\":-5}"),
		HEADER(2) "{\"ip\":\"10.0.0.0/"
			  "8\",\"score\":0}\n{\"ip\":\"10.0.0.0\",\"score\":0}\n" END(2),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(feeds); i++)
		feed_batch_free(parse_good(feeds[i]));
}

static const struct {
	const char *text, *error;
} refusals[] = {
	/* what a feed is made of */
	{"\n", "F:2: the feed is empty: it has no header"},
	{"hello\n", "F:1: the line is not a JSON object, or is cut off"},
	{"[]\n", "F:1: the line is JSON, but not an object"},
	{HEADER(0), "F:2: the feed stops without an end line"},
	{HEADER(0) "{} {}\n" END(0), "F:2: the line is not a JSON object, or is cut off"},
	{HEADER(0) "{\n", "F:2: the line is not a JSON object, or is cut off"},
	{HEADER(0) "\n7\n", "F:3: the line is JSON, but not an object"},
	{HEADER(0) END(0) "x", "F:3: there is text after the end line"},
	{HEADER(0) END(0) "\n" HEADER(0), "F:4: there is text after the end line"},
	/* the header */
	{RECORD("\"score\":0") HEADER(0) END(0),
	 "F:1: the first line must be a header, of \"type\" "
	 "\"snapshot\" or \"delta\""},
	{END(0), "F:1: the first line must be a header, of \"type\" \"snapshot\" or \"delta\""},
	{"{\"type\":1}\n", "F:1: \"type\" must be a string"},
	{"{\"type\":\"snapshot\"}\n", "F:1: \"version\" is missing"},
	{"{\"type\":\"snapshot\",\"version\":\"1\"}\n",
	 "F:1: \"version\" must be an integer from 0 to 9007199254740991"},
	{"{\"type\":\"snapshot\",\"version\":2}\n", "F:1: version 2 is not known, only version 1"},
	{"{\"type\":\"snapshot\",\"version\":1,\"records\":0}\n", "F:1: \"serial\" is missing"},
	{"{\"type\":\"snapshot\",\"version\":1,\"serial\":-1,\"records\":0}\n",
	 "F:1: \"serial\" must be an integer from 0 to 9007199254740991"},
	{"{\"type\":\"snapshot\",\"version\":1,\"serial\":9007199254740993,\"records\":0}\n",
	 "F:1: \"serial\" must be an integer from 0 to 9007199254740991"},
	{"{\"type\":\"snapshot\",\"version\":1,\"serial\":1}\n", "F:1: \"records\" is missing"},
	{"{\"type\":\"snapshot\",\"version\":1,\"serial\":1,\"records\":0.5}\n",
	 "F:1: \"records\" must be an integer from 0 to 9007199254740991"},
	{"{\"type\":\"snapshot\",\"version\":1,\"serial\":1,\"records\":0,\"generated\":\"now\"}\n",
	 "F:1: \"generated\" must be a time like 2026-11-21T21:00:00Z, after 1970"},
	{"{\"type\":\"snapshot\",\"version\":1,\"serial\":1,\"serial\":2,\"records\":0}\n",
	 "F:1: \"serial\" stands there twice"},
	{"{\"type\":\"delta\",\"version\":1,\"serial\":7,\"records\":0}\n",
	 "F:1: \"base\" is missing"},
	{"{\"type\":\"delta\",\"version\":1,\"serial\":7,\"base\":7,\"records\":0}\n",
	 "F:1: \"base\" 7 must be lower than \"serial\" 7"},
	/* the end */
	{HEADER(0) "{\"type\":\"end\",\"serial\":8,\"records\":0}\n",
	 "F:2: the end line has serial 8, but the header has 7"},
	{HEADER(0) "{\"type\":\"end\",\"records\":0}\n", "F:2: \"serial\" is missing"},
	{HEADER(0) "{\"type\":\"end\",\"serial\":7}\n", "F:2: \"records\" is missing"},
	{HEADER(0) END(1), "F:2: the end line tells of 1 records, but the header of 0"},
	{HEADER(1) END(1), "F:2: the feed tells of 1 records, but has 0"},
	{HEADER(0) RECORD("\"score\":0") END(0), "F:3: the feed tells of 0 records, but has 1"},
	/* a record */
	{HEADER(0) HEADER(0), "F:2: \"type\" \"snapshot\" is not known here: records have none"},
	{ONE("{\"score\":0}\n"), "F:2: \"ip\" is missing"},
	{ONE("{\"ip\":7,\"score\":0}\n"), "F:2: \"ip\" must be a string"},
	{ONE("{\"ip\":\"192.0.2\",\"score\":0}\n"),
	 "F:2: \"ip\": \"192.0.2\" is not an IPv4 or IPv6 address or prefix"},
	{ONE("{\"ip\":\"192.0.2.1/24\",\"score\":0}\n"),
	 "F:2: \"ip\": \"192.0.2.1/24\" has bits set behind its length"},
	{ONE("{\"ip\":\"192.0.2.1/33\",\"score\":0}\n"),
	 "F:2: \"ip\": \"192.0.2.1/33\" has a length beyond 32 (IPv4) or 128 (IPv6)"},
	{ONE("{\"ip\":\"192.0.2.1\\u0000\\u001b[2J\",\"score\":0}\n"),
	 "F:2: \"ip\": \"192.0.2.1??[2J\" is not an IPv4 or IPv6 address or prefix"},
	{ONE(RECORD("\"x\":0")), "F:2: \"score\" is missing"},
	{ONE(RECORD("\"score\":\"1\"")), "F:2: \"score\" must be an integer from 0 to 4294967295"},
	{ONE(RECORD("\"score\":-1")), "F:2: \"score\" must be an integer from 0 to 4294967295"},
	{ONE(RECORD("\"score\":1.5")), "F:2: \"score\" must be an integer from 0 to 4294967295"},
	{ONE(RECORD("\"score\":1e999")), "F:2: \"score\" must be an integer from 0 to 4294967295"},
	{ONE(RECORD("\"score\":4294967296")),
	 "F:2: \"score\" must be an integer from 0 to 4294967295"},
	{ONE(RECORD("\"score\":null")), "F:2: \"score\" must be an integer from 0 to 4294967295"},
	{ONE(RECORD("\"score\":1")),
	 "F:2: \"detected\" is missing: only a score of 0 goes without it"},
	{ONE(RECORD("\"score\":1,\"detected\":1385640992")), "F:2: \"detected\" must be a string"},
	{ONE(RECORD("\"score\":0,\"detected\":\"2026-02-30T00:00:00Z\"")),
	 "F:2: \"detected\" must be a time like 2026-11-21T21:00:00Z, after 1970"},
	{ONE(RECORD("\"score\":1,\"detected\":\"1970-01-01T00:00:00Z\"")),
	 "F:2: \"detected\" must be a time like 2026-11-21T21:00:00Z, after 1970"},
	{SCORED("\"reason\":7"), "F:2: \"reason\" must be a string"},
	{HEADER(3) RECORD("\"score\":0") "{\"ip\":\"::1\",\"score\":0}\n"
					 "{\"ip\":\"192.0.2.1/32\",\"score\":0}\n" END(3),
	 "F:4: 192.0.2.1 was named in line 2 before"},
	/* its evidence */
	{SCORED("\"evidence\":{}"), "F:2: \"evidence\" must be an array"},
	{EVIDENCE("7"), "F:2: item 2 of \"evidence\": must be an object"},
	{EVIDENCE("{\"date\":\"2026-11-21T21:00:00Z\"}"),
	 "F:2: item 2 of \"evidence\": \"date\" must be an integer from 0 to 9007199254740991"},
	{EVIDENCE("{\"destinationIp\":\"mx\"}"),
	 "F:2: item 2 of \"evidence\": \"destinationIp\": \"mx\" is not an IPv4 or IPv6 address or "
	 "prefix"},
	{EVIDENCE("{\"destinationIp\":\"192.0.2.0/24\"}"),
	 "F:2: item 2 of \"evidence\": \"destinationIp\" must be one address"},
	{EVIDENCE("{\"messageId\":1}"),
	 "F:2: item 2 of \"evidence\": \"messageId\" must be a string"},
	{EVIDENCE("{\"spamscore\":\"300\"}"),
	 "F:2: item 2 of \"evidence\": \"spamscore\" must be an integer from -9007199254740991 to "
	 "9007199254740991"},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
		assert_refused(refusals[i].text, strlen(refusals[i].text), refusals[i].error);
}

static void test_nul_byte(void **state)
{
	static const char feed[] = HEADER(0) "\0" END(0);

	(void)state;
	assert_refused(feed, sizeof(feed) - 1, "F:2: the line holds a NUL byte");
}

/* A header, then a blank line of @length bytes, then the end. */
static char *feed_with_long_line(int length)
{
	char *feed = NULL;

	assert_true(asprintf(&feed, "%s%*s\n%s", HEADER(0), length, "", END(0)) > 0);
	return feed;
}

static void test_long_line(void **state)
{
	_cleanup_free_ char *longest = feed_with_long_line(LINE_LENGTH_MAX);
	_cleanup_free_ char *longer = feed_with_long_line(LINE_LENGTH_MAX + 1);

	(void)state;
	feed_batch_free(parse_good(longest));
	assert_refused(longer, strlen(longer), "F:2: the line is longer than 1048576 bytes");
}

static char *feed_with_evidence(size_t items)
{
	char *feed = NULL;
	size_t size;
	FILE *stream = open_memstream(&feed, &size);

	assert_non_null(stream);
	fputs(HEADER(1) "{\"ip\":\"::1\",\"score\":0,\"evidence\":[{}", stream);
	for (size_t i = 1; i < items; i++)
		fputs(",{}", stream);
	fputs("]}\n" END(1), stream);
	fclose(stream);
	return feed;
}

static void test_much_evidence(void **state)
{
	_cleanup_free_ char *most = feed_with_evidence(RECORD_EVIDENCE_MAX);
	_cleanup_free_ char *more = feed_with_evidence(RECORD_EVIDENCE_MAX + 1);
	_cleanup_(feed_batch_freep) struct feed_batch *batch = parse_good(most);

	(void)state;
	assert_int_equal(batch->incidents[0].evidence_count, RECORD_EVIDENCE_MAX);
	assert_refused(more, strlen(more), "F:2: \"evidence\" has 1001 items, more than 1000");
}

/* Whatever is missing at its end, a feed is refused; only the last newline may be missing. */
static void test_cut_at_every_byte(void **state)
{
	static char feed[4096];
	_cleanup_fclose_ FILE *stream = fopen(DATA "snapshot.ndjson", "re");
	size_t length;

	(void)state;
	assert_non_null(stream);
	length = fread(feed, 1, sizeof(feed), stream);
	assert_true(length > 0 && length < sizeof(feed));
	for (size_t cut = 1; cut <= length; cut++) {
		_cleanup_(feed_batch_freep) struct feed_batch *batch = NULL;
		struct error error = {0};
		int r = parse_bytes(feed, cut, &batch, &error);

		if (r != (cut < length - 1 ? -EBADMSG : 0))
			fail_msg("cut at %zu of %zu: %d %s", cut, length, r, error.text);
	}
}

static void test_strings_are_printable(void **state)
{
	_cleanup_(feed_batch_freep) struct feed_batch *batch = parse_good(
		EVIDENCE("{\"messageId\":\"a\\u0000b\\u001b\\ud83d\\ude00\\udc80\\u009b\xff\"}"));

	(void)state;
	assert_string_equal(batch->incidents[0].evidence[1].message_id, "a?b?\xf0\x9f\x98\x80???");
}

static void test_escapes(void **state)
{
	static const struct {
		const char *json, *mended;
	} cases[] = {
		{"", ""},
		{"a\\", "a\\"},
		{"\\u0000", "\\u003f"},
		{"\\\\u0000", "\\\\u0000"}, /* a backslash, then text */
		{"\\\\\\u0000", "\\\\\\u003f"},
		{"\\u000", "\\u000"},
		{"\\u00\\u0000", "\\u00\\u003f"},
		{"\\u00410", "\\u00410"},
		{"\\ud83d\\ude00", "\\ud83d\\ude00"},
		{"\\uD83D\\uDE00\\uDE00", "\\uD83D\\uDE00\\u003f"},
		{"\\ud83d", "\\u003f"},
		{"\\ud83d\\ud83d\\ude00", "\\u003f\\ud83d\\ude00"},
		{"\\ud83d\\n\\udfff", "\\u003f\\n\\u003f"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *json = strdup(cases[i].json);

		assert_non_null(json);
		escapes_mend(json);
		assert_string_equal(json, cases[i].mended);
	}
}

static ssize_t fail_to_read(void *cookie, char *buffer, size_t size)
{
	(void)cookie;
	(void)buffer;
	(void)size;
	errno = EIO;
	return -1;
}

static void test_read_error(void **state)
{
	const cookie_io_functions_t functions = {.read = fail_to_read};
	_cleanup_fclose_ FILE *stream = fopencookie(NULL, "r", functions);
	struct feed_batch *batch = NULL;
	struct error error = {0};

	(void)state;
	assert_int_equal(feed_format_ndjson.parse(stream, "F", &batch, &error), -EIO);
	assert_string_equal(error.text, "F:1: cannot be read on: Input/output error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_snapshot),
		cmocka_unit_test(test_evidence),
		cmocka_unit_test(test_delta),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_nul_byte),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_much_evidence),
		cmocka_unit_test(test_cut_at_every_byte),
		cmocka_unit_test(test_strings_are_printable),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_read_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

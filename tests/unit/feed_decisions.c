/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers of CrowdSec's local API: taken whole or refused whole. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/prefix.h"
#include "feed/decisions.h"
#include "feed/elements.h"

#define NOW 1000

static const char *const types[] = {"ban", "smtp"};
static const struct decision_filter filter = {
	.scopes = DECISION_IP | DECISION_RANGE, .types = types, .type_count = ARRAY_SIZE(types)};

static int read_with(const struct decision_filter *wanted, const char *bytes, size_t length,
		     struct decisions **ret, struct error *error)
{
	_cleanup_fclose_ FILE *stream =
		length ? fmemopen((char *)bytes, length, "r") : fopen("/dev/null", "re");

	assert_non_null(stream);
	return decisions_read(stream, "F", wanted, NOW, ret, error);
}

static struct decisions *take(const struct decision_filter *wanted, const char *text)
{
	struct decisions *decisions = NULL;
	struct error error = {0};

	if (read_with(wanted, text, strlen(text), &decisions, &error) < 0)
		fail_msg("refused: %s", error.text);
	return decisions;
}

static void assert_decision(const struct decision *decision, const char *prefix, int64_t until)
{
	char text[PREFIX_TEXT_MAX];

	assert_string_equal(prefix_format(&decision->prefix, text), prefix);
	assert_int_equal(decision->until, until);
}

/* As CrowdSec 1.4.6 writes it. */
static const char answer[] =
	"{\"deleted\":[{\"duration\":\"-5m3.2s\",\"id\":7,\"origin\":\"cscli\",\"scenario\":\"x\","
	"\"scope\":\"Ip\",\"type\":\"ban\",\"value\":\"192.0.2.9\"}],"
	"\"new\":[{\"duration\":\"3h59m12.5s\",\"id\":1,\"origin\":\"cscli\",\"scenario\":\"manual "
	"'ban' from 'localhost'\",\"scope\":\"Ip\",\"type\":\"ban\",\"uuid\":\"a-b\","
	"\"value\":\"192.0.2.1\"},"
	"{\"duration\":\"1s\",\"scope\":\"Range\",\"type\":\"ban\",\"value\":\"2001:db8::7/32\"},"
	"{\"duration\":\"1s\",\"scope\":\"Country\",\"type\":\"ban\",\"value\":\"AT\"},"
	"{\"duration\":\"1s\",\"scope\":\"Ip\",\"type\":\"captcha\",\"value\":\"192.0.2.3\"}]}\n";

static void test_answer(void **state)
{
	_cleanup_(decisions_freep) struct decisions *decisions = take(&filter, answer);

	(void)state;
	assert_int_equal(decisions->begun_count, 2);
	assert_decision(&decisions->begun[0], "192.0.2.1/32", NOW + 14353);
	assert_decision(&decisions->begun[1], "2001:db8::/32", NOW + 1);
	assert_int_equal(decisions->ended_count, 1);
	assert_decision(&decisions->ended[0], "192.0.2.9/32", 0);
	assert_int_equal(decisions->begun[0].kind, decisions->ended[0].kind);
	assert_int_equal(decisions->others.scopes, 1);
	assert_int_equal(decisions->others.types, 1);
}

static void test_nothing(void **state)
{
	static const char *const texts[] = {
		"{\"new\":null,\"deleted\":null}",
		"{\"new\":[],\"deleted\":[]}",
		"{\"new\":null}",
		" { \"deleted\" : [ ] } \r\n\t",
		"{\"links\":{\"a\":[1,{\"b\":\"}]\\\"\"}]},\"new\":[],\"count\":1.5e3,\"s\":\"\"}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_(decisions_freep) struct decisions *decisions = take(&filter, texts[i]);

		assert_int_equal(decisions->begun_count, 0);
		assert_int_equal(decisions->ended_count, 0);
	}
}

#define DECISION(scope, type, value, duration)                                                     \
	"{\"scope\":\"" scope "\",\"type\":\"" type "\",\"value\":\"" value                        \
	"\",\"duration\":\"" duration "\"}"

static void test_case_of_scope_and_type(void **state)
{
	_cleanup_(decisions_freep) struct decisions *decisions = take(
		&filter, "{\"new\":[" DECISION("IP", "Ban", "192.0.2.1", "1s") "," DECISION(
				 "ip", "BAN", "192.0.2.2",
				 "1s") "," DECISION("range", "smtp", "192.0.2.0/24", "1s") "]}");

	(void)state;
	assert_int_equal(decisions->begun_count, 3);
}

/* Two types may name one source, and each ends for itself; of one type the longest counts. */
static void test_kinds(void **state)
{
	_cleanup_(decisions_freep) struct decisions *decisions = take(
		&filter, "{\"new\":[" DECISION("Ip", "smtp", "192.0.2.1", "2s") "," DECISION(
				 "Ip", "ban", "192.0.2.1",
				 "1s") "," DECISION("Ip", "ban", "192.0.2.1",
						    "4s") "," DECISION("Range", "ban",
								       "192.0.2.1/32", "3s") "]}");

	(void)state;
	assert_int_equal(decisions->begun_count, 3);
	assert_decision(&decisions->begun[0], "192.0.2.1/32", NOW + 4);
	assert_decision(&decisions->begun[1], "192.0.2.1/32", NOW + 3);
	assert_decision(&decisions->begun[2], "192.0.2.1/32", NOW + 2);
}

static void test_scopes_wanted(void **state)
{
	static const struct decision_filter addresses = {
		.scopes = DECISION_IP, .types = types, .type_count = 1};
	_cleanup_(decisions_freep) struct decisions *decisions = take(
		&addresses, "{\"new\":[" DECISION("Ip", "ban", "192.0.2.1", "1s") "," DECISION(
				    "Ip", "smtp", "192.0.2.2",
				    "1s") "," DECISION("Range", "ban", "192.0.2.0/24", "1s") "]}");

	(void)state;
	assert_int_equal(decisions->begun_count, 1);
	assert_int_equal(decisions->others.types, 1);
	assert_int_equal(decisions->others.scopes, 1);
}

static void test_over_already(void **state)
{
	_cleanup_(decisions_freep) struct decisions *decisions =
		take(&filter, "{\"new\":[" DECISION("Ip", "ban", "192.0.2.1", "-1s") "," DECISION(
				      "Ip", "ban", "192.0.2.2", "0s") "]}");

	(void)state;
	assert_int_equal(decisions->begun_count, 0);
	assert_int_equal(decisions->ended_count, 2);
}

static void test_simulated(void **state)
{
	_cleanup_(decisions_freep) struct decisions *decisions =
		take(&filter, "{\"new\":[{\"simulated\":true,\"scope\":\"Ip\"},"
			      "{\"simulated\":false,\"scope\":\"Ip\",\"type\":\"ban\","
			      "\"value\":\"192.0.2.1\",\"duration\":\"1s\"}]}");

	(void)state;
	assert_int_equal(decisions->begun_count, 1);
	assert_int_equal(decisions->others.simulated, 1);
}

static void assert_refused(const char *bytes, size_t length, const char *message)
{
	struct decisions *decisions = NULL;
	struct error error = {0};

	if (read_with(&filter, bytes, length, &decisions, &error) != -EBADMSG)
		fail_msg("not refused: %.*s", (int)length, bytes);
	assert_null(decisions);
	if (message)
		assert_string_equal(error.text, message);
}

static void test_every_cut(void **state)
{
	(void)state;
	for (size_t length = 0; length < strlen(answer) - 1; length++)
		assert_refused(answer, length, NULL);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{"<html>", "F: byte 1: expected a JSON object"},
		{"[]", "F: byte 1: expected a JSON object"},
		{"{\"new\":[", "F: element 1 of \"new\": the answer is cut off after 8 bytes: "
			       "expected a value"},
		{"{}", "F: neither \"new\" nor \"deleted\" is there: these are no decisions"},
		{"{\"message\":\"access forbidden\"}",
		 "F: neither \"new\" nor \"deleted\" is there: these are no decisions"},
		{"{\"new\":[]}{", "F: there is text behind the object"},
		{"{\"new\":[],\"new\":[]}", "F: \"new\" stands there twice"},
		{"{\"new\":{}}", "F: \"new\": must be an array of objects, or null"},
		{"{\"new\":[null]}", "F: element 1 of \"new\": is not an object"},
		{"{\"new\":[],}", "F: byte 11: expected the name of a member"},
		{"{\"new\":[{},]}", "F: element 1 of \"new\": \"scope\" is missing"},
		{"{\"new\":[{]}", "F: element 1 of \"new\": byte 9: the value is not JSON"},
		{"{\"new\":[{}", "F: element 1 of \"new\": \"scope\" is missing"},
		{"{\"new\":[" DECISION("Ip", "ban", "192.0.2.999", "1s") "]}",
		 "F: element 1 of \"new\": \"value\": \"192.0.2.999\" is not an IPv4 or IPv6 "
		 "address or prefix"},
		{"{\"new\":[" DECISION("Ip", "ban", "192.0.2.1", "1 s") "]}",
		 "F: element 1 of \"new\": \"duration\": \"1 s\" is not a length of time like "
		 "3h59m12.34s"},
		{"{\"new\":[{\"scope\":\"Ip\",\"type\":\"ban\",\"value\":\"192.0.2.1\"}]}",
		 "F: element 1 of \"new\": \"duration\" is missing"},
		{"{\"deleted\":[{\"scope\":\"Ip\",\"type\":\"ban\",\"value\":1}]}",
		 "F: element 1 of \"deleted\": \"value\" must be a string"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_refused(cases[i].text, strlen(cases[i].text), cases[i].error);
}

static void test_long_element(void **state)
{
	static const char start[] = "{\"new\":[{\"a\":\"";
	_cleanup_free_ char *text = malloc(2 * (size_t)ELEMENT_LENGTH_MAX);

	(void)state;
	assert_non_null(text);
	memset(text, 'a', 2 * (size_t)ELEMENT_LENGTH_MAX);
	memcpy(text, start, sizeof(start) - 1);
	assert_refused(text, 2 * (size_t)ELEMENT_LENGTH_MAX,
		       "F: element 1 of \"new\": byte 65545: the value is longer than 65536 bytes");
}

static void test_nul_byte(void **state)
{
	static const char text[] = "{\"new\":[{\"a\":\"\0\"}]}";

	(void)state;
	assert_refused(text, sizeof(text) - 1, "F: element 1 of \"new\": byte 15 is NUL");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_case_of_scope_and_type),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_scopes_wanted),
		cmocka_unit_test(test_over_already),
		cmocka_unit_test(test_simulated),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_long_element),
		cmocka_unit_test(test_nul_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

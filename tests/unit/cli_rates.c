/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `top` makes of two looks at the counters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/rates.h"

#define ROW(interface, source, packets, attempts)                                                  \
	"{\"interface\":\"" interface "\",\"source\":\"" source "\",\"packets\":" #packets         \
	",\"bytes\":1000,\"attempts\":" #attempts ",\"dropped_packets\":0,\"destinations\":1}"

static const char before[] = "[" ROW("tap1", "192.0.2.1", 100, 10) "," ROW(
	"uplink", "192.0.2.1", 50, 5) "," ROW("tap2", "192.0.2.2", 900, 0) "]";
static const char now[] =
	"[" ROW("tap2", "192.0.2.2", 900, 0) "," ROW("tap1", "192.0.2.1", 140, 30) "," ROW(
		"tap3", "192.0.2.3", 20, 2) "," ROW("uplink", "192.0.2.1", 10, 1) "]";

/* "SOURCE@INTERFACE=RATE …" of the field. */
static const char *rates_of(const cJSON *rows, const char *name, char text[256])
{
	const cJSON *row;
	size_t used = 0;

	text[0] = '\0';
	cJSON_ArrayForEach (row, rows) {
		const cJSON *rate = cJSON_GetObjectItemCaseSensitive(row, name);

		assert_non_null(rate);
		used += (size_t)snprintf(
			text + used, 256 - used, "%s%s@%s=%g", used ? " " : "",
			cJSON_GetStringValue(cJSON_GetObjectItem(row, "source")) + 8,
			cJSON_GetStringValue(cJSON_GetObjectItem(row, "interface")),
			cJSON_IsNumber(rate) ? rate->valuedouble : -1);
	}
	return text;
}

static void test_rates(void **state)
{
	_cleanup_(cJSON_Deletep) cJSON *rows = cJSON_Parse(now);
	_cleanup_(cJSON_Deletep) cJSON *earlier = cJSON_Parse(before);
	char text[256];

	(void)state;
	assert_int_equal(rates_add(rows, earlier, 4), 0);
	/* 3 is new, and 1 at the uplink has begun anew: it had given way in the full map. */
	assert_string_equal(rates_of(rows, "packets_per_second", text),
			    "2@tap2=0 1@tap1=10 3@tap3=5 1@uplink=2.5");
	assert_string_equal(rates_of(rows, "attempts_per_second", text),
			    "2@tap2=0 1@tap1=5 3@tap3=0.5 1@uplink=0.25");
	assert_string_equal(rates_of(rows, "bytes_per_second", text),
			    "2@tap2=0 1@tap1=0 3@tap3=250 1@uplink=0");
}

static void test_first_look(void **state)
{
	_cleanup_(cJSON_Deletep) cJSON *rows = cJSON_Parse(now);
	char text[256];

	(void)state;
	assert_int_equal(rates_add(rows, NULL, 0), 0);
	assert_string_equal(rates_of(rows, "dropped_per_second", text),
			    "2@tap2=-1 1@tap1=-1 3@tap3=-1 1@uplink=-1");
	assert_int_equal(rates_sort(rows, COUNTERS_SORT_PACKETS, 2), 0);
	assert_string_equal(rates_of(rows, "packets", text), "2@tap2=900 1@tap1=140");
}

static void test_order(void **state)
{
	static const struct {
		enum counters_sort sort;
		size_t top;
		const char *order;
	} cases[] = {
		{COUNTERS_SORT_PACKETS, 0, "1@tap1=140 3@tap3=20 1@uplink=10 2@tap2=900"},
		{COUNTERS_SORT_PACKETS, 1, "1@tap1=140"},
		{COUNTERS_SORT_PACKETS, 9, "1@tap1=140 3@tap3=20 1@uplink=10 2@tap2=900"},
		{COUNTERS_SORT_BYTES, 1, "3@tap3=20"},
		{COUNTERS_SORT_DROPPED, 0, "1@tap1=140 1@uplink=10 2@tap2=900 3@tap3=20"},
		{COUNTERS_SORT_DESTINATIONS, 2, "1@tap1=140 3@tap3=20"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(cJSON_Deletep) cJSON *rows = cJSON_Parse(now);
		_cleanup_(cJSON_Deletep) cJSON *earlier = cJSON_Parse(before);
		char text[256];

		assert_int_equal(rates_add(rows, earlier, 4), 0);
		assert_int_equal(rates_sort(rows, cases[i].sort, cases[i].top), 0);
		assert_string_equal(rates_of(rows, "packets", text), cases[i].order);
	}
}

static void test_nothing(void **state)
{
	_cleanup_(cJSON_Deletep) cJSON *rows = cJSON_Parse("[]");
	_cleanup_(cJSON_Deletep) cJSON *earlier = cJSON_Parse(before);

	(void)state;
	assert_int_equal(rates_add(rows, earlier, 1), 0);
	assert_int_equal(rates_sort(rows, COUNTERS_SORT_BYTES, 5), 0);
	assert_int_equal(cJSON_GetArraySize(rows), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_first_look),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

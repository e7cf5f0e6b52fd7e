/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports of what the kernel's real maps hold. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/pinned.h"
#include "usage/report.h"

#define MANY	    7000 /* sources: three reports */
#define MESSAGE_MAX (1024UL * 1024)
#define REPORTS_MAX 8

static const struct window window = {
	.boot_id = "0b3c", .sequence = 42, .from = 1764072000, .to = 1764072030};

struct reports {
	cJSON *items[REPORTS_MAX];
	size_t count, slices;
};

static void put_sources(const struct pinned *pinned, size_t count)
{
	int cpus = libbpf_num_possible_cpus();
	struct smtpfence_source *values = calloc((size_t)cpus, sizeof(*values));

	assert_non_null(values);
	values[0] = (struct smtpfence_source){.packets = UINT32_MAX,
					      .bytes = 1ULL << 50,
					      .attempts = 7,
					      .dropped_packets = 5,
					      .dropped_bytes = 300};
	for (size_t i = 0; i < count; i++) {
		struct smtpfence_source_key key = {.ifindex = 1000000};
		char text[64];

		snprintf(text, sizeof(text), "2001:db8:ffff:%zx::/64", i);
		key.source = pinned_prefix(text);
		pinned_put(pinned->bpf->maps.sources, &key, values);
	}
	free(values);
}

/* Writes all reports of a window as the receiver does. */
static struct reports write_reports(struct pinned *pinned)
{
	struct reports reports = {0};
	struct report report;
	int r;

	assert_int_equal(report_read(&report, pinned->counters, &pinned->error), 0);
	do {
		char *text = NULL;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		assert_non_null(out);
		assert_true(reports.count < REPORTS_MAX);
		assert_int_equal(report_begin(&report, &window, out, &pinned->error), 0);
		do {
			r = report_go_on(&report, &pinned->error);
			reports.slices++;
		} while (r > 0);
		assert_int_equal(r, 0);
		fclose(out);
		assert_true(size < MESSAGE_MAX);
		assert_int_equal(text[size - 1], '\n');
		reports.items[reports.count] = cJSON_Parse(text);
		assert_non_null(reports.items[reports.count++]);
		free(text);
	} while (!report_is_last(&report));
	report_clear(&report);
	return reports;
}

static const cJSON *sources_of(const cJSON *report)
{
	const cJSON *sources = cJSON_GetObjectItem(report, "sources");

	assert_true(cJSON_IsArray(sources));
	return sources;
}

static void reports_clear(struct reports *reports)
{
	for (size_t i = 0; i < reports->count; i++)
		cJSON_Delete(reports->items[i]);
}

static void test_nobody_has_sent(void **state)
{
	struct reports reports = write_reports(*state);

	assert_int_equal(reports.count, 1);
	assert_int_equal(cJSON_GetArraySize(sources_of(reports.items[0])), 0);
	reports_clear(&reports);
}

static void assert_field(const cJSON *object, const char *name, const char *expected)
{
	char *text = cJSON_PrintUnformatted(cJSON_GetObjectItem(object, name));

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

static void test_fields(void **state)
{
	struct reports reports;
	const cJSON *row;

	put_sources(*state, 1);
	reports = write_reports(*state);
	assert_int_equal(reports.count, 1);
	assert_field(reports.items[0], "version", "1");
	assert_field(reports.items[0], "boot_id", "\"0b3c\"");
	assert_field(reports.items[0], "sequence", "42");
	assert_field(reports.items[0], "from", "\"2025-11-25T12:00:00Z\"");
	assert_field(reports.items[0], "to", "\"2025-11-25T12:00:30Z\"");
	row = cJSON_GetArrayItem(sources_of(reports.items[0]), 0);
	assert_field(row, "interface", "\"if1000000\"");
	assert_field(row, "source", "\"2001:db8:ffff::/64\"");
	assert_field(row, "packets", "4294967295");
	assert_field(row, "bytes", "1125899906842624");
	assert_field(row, "attempts", "7");
	assert_field(row, "dropped_packets", "5");
	assert_field(row, "dropped_bytes", "300");
	assert_field(row, "destinations", "0");
	reports_clear(&reports);
}

static int compare(const void *a, const void *b)
{
	const char *const *first = a, *const *second = b;

	return strcmp(*first, *second);
}

/* Every source stands in one of them, once. */
static void test_many(void **state)
{
	static const char *names[MANY];
	struct reports reports;
	size_t count = 0;

	put_sources(*state, MANY);
	reports = write_reports(*state);
	assert_int_equal(reports.count, 3);
	assert_true(reports.slices >= 7);
	for (size_t i = 0; i < reports.count; i++) {
		const cJSON *row;

		cJSON_ArrayForEach (row, sources_of(reports.items[i])) {
			assert_true(count < MANY);
			names[count++] = cJSON_GetStringValue(cJSON_GetObjectItem(row, "source"));
		}
	}
	assert_int_equal(count, MANY);
	qsort(names, MANY, sizeof(*names), compare);
	for (size_t i = 1; i < MANY; i++)
		assert_string_not_equal(names[i - 1], names[i]);
	reports_clear(&reports);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PINNED_TEST(test_nobody_has_sent),
		PINNED_TEST(test_fields),
		PINNED_TEST(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON of counters and check: fields, order, times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <cmocka.h>

#include "base/clock.h"
#include "lib/pinned.h"

#define NO_SUCH_IFINDEX 999999

/* Counts only on the first CPU. */
static void put_source(struct pinned *pinned, uint32_t ifindex, const char *address,
		       const struct smtpfence_source *value)
{
	struct smtpfence_source_key key = {ifindex, pinned_prefix(address)};
	struct smtpfence_source *values = calloc(libbpf_num_possible_cpus(), sizeof(*values));

	assert_non_null(values);
	values[0] = *value;
	pinned_put(pinned->bpf->maps.sources, &key, values);
	free(values);
}

static const char *text_of(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static double number_of(const cJSON *object, const char *name)
{
	return cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static void test_row_of_a_source(void **state)
{
	struct pinned *pinned = *state;
	uint64_t now = clock_boot_ns();
	char text[TIME_TEXT_MAX];
	cJSON *array;
	int64_t seen;

	put_source(pinned, 1, "192.0.2.1",
		   &(struct smtpfence_source){.packets = 3,
					      .bytes = 5000000000,
					      .attempts = 2,
					      .dropped_packets = 1,
					      .dropped_bytes = 60,
					      .first_seen = now - 90 * NSEC_PER_SEC,
					      .last_seen = now,
					      .destinations = {1}});
	array = counters_sources_json(pinned->counters, COUNTERS_SORT_PACKETS, 0, NULL);
	assert_int_equal(cJSON_GetArraySize(array), 1);
	assert_string_equal(text_of(array->child, "interface"), "lo");
	assert_string_equal(text_of(array->child, "source"), "192.0.2.1");
	assert_true(number_of(array->child, "packets") == 3);
	assert_true(number_of(array->child, "bytes") == 5e9);
	assert_true(number_of(array->child, "attempts") == 2);
	assert_true(number_of(array->child, "dropped_packets") == 1);
	assert_true(number_of(array->child, "dropped_bytes") == 60);
	assert_true(number_of(array->child, "destinations") == 1);
	assert_int_equal(time_parse(text_of(array->child, "first_seen"), &seen), 0);
	assert_in_range(clock_wall() - seen, 89, 92);
	assert_int_equal(time_parse(text_of(array->child, "last_seen"), &seen), 0);
	assert_in_range(clock_wall() - seen + 1, 0, 3);
	assert_string_equal(time_format(seen, text), text_of(array->child, "last_seen"));
	cJSON_Delete(array);
}

static void test_an_interface_that_is_gone_keeps_its_number(void **state)
{
	struct pinned *pinned = *state;
	cJSON *array;

	put_source(pinned, NO_SUCH_IFINDEX, "2001:db8::/64", &(struct smtpfence_source){});
	array = counters_sources_json(pinned->counters, COUNTERS_SORT_PACKETS, 0, NULL);
	assert_string_equal(text_of(array->child, "interface"), "if999999");
	assert_string_equal(text_of(array->child, "source"), "2001:db8::/64");
	cJSON_Delete(array);
}

static void test_sort_and_top(void **state)
{
	static const struct {
		const char *sort, *first;
	} cases[] = {
		{"packets", "192.0.2.1"}, {"bytes", "192.0.2.2"},	 {"attempts", "192.0.2.3"},
		{"dropped", "192.0.2.4"}, {"destinations", "192.0.2.5"},
	};
	struct pinned *pinned = *state;

	put_source(pinned, 1, "192.0.2.1", &(struct smtpfence_source){.packets = 9});
	put_source(pinned, 1, "192.0.2.2", &(struct smtpfence_source){.bytes = 9});
	put_source(pinned, 1, "192.0.2.3", &(struct smtpfence_source){.attempts = 9});
	put_source(pinned, 1, "192.0.2.4", &(struct smtpfence_source){.dropped_packets = 9});
	put_source(pinned, 1, "192.0.2.5", &(struct smtpfence_source){.destinations = {3}});
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		enum counters_sort sort;
		cJSON *array;

		assert_int_equal(counters_sort_parse(cases[i].sort, &sort), 0);
		array = counters_sources_json(pinned->counters, sort, 2, NULL);
		assert_int_equal(cJSON_GetArraySize(array), 2);
		assert_string_equal(text_of(array->child, "source"), cases[i].first);
		cJSON_Delete(array);
	}
	assert_int_equal(counters_sort_parse("size", &(enum counters_sort){0}), -EINVAL);
}

static void test_maps(void **state)
{
	struct pinned *pinned = *state;
	cJSON *array = counters_maps_json(pinned->counters);

	assert_int_equal(cJSON_GetArraySize(array), COUNTERS_MAPS);
	assert_string_equal(text_of(array->child, "name"), "blocks");
	assert_true(number_of(array->child, "entries") == 0);
	assert_true(number_of(array->child, "max") ==
		    bpf_map__max_entries(pinned->bpf->maps.blocks));
	cJSON_Delete(array);
}

static cJSON *check_json(const struct smtpfence_answer *answer)
{
	struct smtpfence_prefix source = pinned_prefix("192.0.2.1");
	struct smtpfence_prefix destination = pinned_prefix("198.51.100.7");

	return counters_check_json(&source, &destination, answer);
}

static void test_check_with_a_match(void **state)
{
	struct smtpfence_answer answer = {
		.deadline = clock_boot_ns() + 59 * NSEC_PER_SEC + NSEC_PER_SEC / 2,
		.verdict = SMTPFENCE_DROP,
		.reason = SMTPFENCE_REASON_BLOCKED,
		.matched = 1,
		.match = pinned_prefix("192.0.2.0/24"),
	};
	cJSON *object = check_json(&answer);

	(void)state;
	assert_string_equal(text_of(object, "source"), "192.0.2.1");
	assert_string_equal(text_of(object, "destination"), "198.51.100.7");
	assert_string_equal(text_of(object, "verdict"), "drop");
	assert_string_equal(text_of(object, "reason"), "blocked");
	assert_string_equal(text_of(object, "prefix"), "192.0.2.0/24");
	assert_true(number_of(object, "remaining") == 60);
	cJSON_Delete(object);
}

static void test_check_without_a_match(void **state)
{
	struct smtpfence_answer answer = {.reason = SMTPFENCE_REASON_SMTP};
	cJSON *object = check_json(&answer);

	(void)state;
	assert_string_equal(text_of(object, "verdict"), "pass");
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(object, "prefix")));
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(object, "remaining")));
	cJSON_Delete(object);
}

static void test_a_match_whose_deadline_passed_has_nothing_left(void **state)
{
	struct smtpfence_answer answer = {.deadline = 1,
					  .reason = SMTPFENCE_REASON_EXPIRED,
					  .matched = 1,
					  .match = pinned_prefix("192.0.2.1")};
	cJSON *object = check_json(&answer);

	(void)state;
	assert_true(number_of(object, "remaining") == 0);
	cJSON_Delete(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PINNED_TEST(test_row_of_a_source),
		PINNED_TEST(test_an_interface_that_is_gone_keeps_its_number),
		PINNED_TEST(test_sort_and_top),
		PINNED_TEST(test_maps),
		cmocka_unit_test(test_check_with_a_match),
		cmocka_unit_test(test_check_without_a_match),
		cmocka_unit_test(test_a_match_whose_deadline_passed_has_nothing_left),
	};

	libbpf_set_print(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How fast sources grow from one look to the next, for several who look. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "counters/rates.h"
#include "lib/pinned.h"

struct world {
	struct pinned *pinned;
	struct looks *looks;
};

static int setup(void **state)
{
	static struct world world;
	int r = pinned_setup((void **)&world.pinned);

	world.looks = looks_new();
	*state = &world;
	return r < 0 || !world.looks ? -1 : 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	looks_free(world->looks);
	return pinned_teardown((void **)&world->pinned);
}

/* Its volume on the first CPU. */
static void put(struct world *world, uint32_t ifindex, const char *address, uint64_t packets,
		uint64_t attempts)
{
	struct smtpfence_source_key key = {ifindex, pinned_prefix(address)};
	struct smtpfence_source *values = calloc(libbpf_num_possible_cpus(), sizeof(*values));

	assert_non_null(values);
	values[0] = (struct smtpfence_source){
		.packets = packets, .bytes = 1000, .attempts = attempts, .destinations = {packets}};
	pinned_put(world->pinned->bpf->maps.sources, &key, values);
	free(values);
}

static void put_before(struct world *world)
{
	put(world, 1, "192.0.2.1", 100, 10);
	put(world, 999999, "192.0.2.1", 50, 5);
	put(world, 999992, "192.0.2.2", 900, 0);
}

/* 2 is quiet, 3 is new, and 1 at 999999 has begun anew. */
static void put_after(struct world *world)
{
	put(world, 1, "192.0.2.1", 140, 30);
	put(world, 999999, "192.0.2.1", 10, 1);
	put(world, 999993, "192.0.2.3", 20, 2);
}

static cJSON *ask(struct world *world, uint64_t since, enum counters_sort sort, size_t top)
{
	const struct rates_request request = {since, sort, top};
	cJSON *answer =
		rates_json(world->pinned->counters, world->looks, &request, &world->pinned->error);

	if (!answer)
		fail_msg("%s", world->pinned->error.text);
	return answer;
}

static uint64_t number_of_look(const cJSON *answer)
{
	return (uint64_t)cJSON_GetNumberValue(cJSON_GetObjectItem(answer, "look"));
}

static uint64_t look(struct world *world, uint64_t since)
{
	cJSON *answer = ask(world, since, COUNTERS_SORT_PACKETS, 0);
	uint64_t number = number_of_look(answer);

	cJSON_Delete(answer);
	return number;
}

static bool is_known(struct world *world, uint64_t since)
{
	cJSON *answer = ask(world, since, COUNTERS_SORT_PACKETS, 1);
	bool known = cJSON_IsNumber(cJSON_GetObjectItem(answer, "seconds"));

	cJSON_Delete(answer);
	return known;
}

/* "SOURCE@INTERFACE=CAME …": the rate, times the time that it is for. */
static const char *came(const cJSON *answer, const char *name, char text[256])
{
	double seconds = cJSON_GetNumberValue(cJSON_GetObjectItem(answer, "seconds"));
	const cJSON *row, *rows = cJSON_GetObjectItem(answer, "sources");
	size_t used = 0;

	text[0] = '\0';
	cJSON_ArrayForEach (row, rows) {
		const cJSON *rate = cJSON_GetObjectItemCaseSensitive(row, name);

		assert_non_null(rate);
		used += (size_t)snprintf(
			text + used, 256 - used, "%s%s@%s=%ld", used ? " " : "",
			cJSON_GetStringValue(cJSON_GetObjectItem(row, "source")) + 8,
			cJSON_GetStringValue(cJSON_GetObjectItem(row, "interface")),
			cJSON_IsNumber(rate) ? lround(rate->valuedouble * seconds) : -1);
	}
	return text;
}

static void test_rates(void **state)
{
	struct world *world = *state;
	cJSON *answer;
	char text[256];

	put_before(world);
	answer = ask(world, 0, COUNTERS_SORT_PACKETS, 0);
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(answer, "seconds")));
	assert_string_equal(came(answer, "bytes_per_second", text),
			    "2@if999992=-1 1@lo=-1 1@if999999=-1");
	put_after(world);
	cJSON_Delete(answer);

	answer = ask(world, 1, COUNTERS_SORT_PACKETS, 0);
	assert_int_equal(number_of_look(answer), 2);
	assert_string_equal(came(answer, "packets_per_second", text),
			    "1@lo=40 3@if999993=20 1@if999999=10 2@if999992=0");
	assert_string_equal(came(answer, "attempts_per_second", text),
			    "1@lo=20 3@if999993=2 1@if999999=1 2@if999992=0");
	assert_string_equal(came(answer, "bytes_per_second", text),
			    "1@lo=0 3@if999993=1000 1@if999999=0 2@if999992=0");
	assert_string_equal(came(answer, "dropped_per_second", text),
			    "1@lo=0 3@if999993=0 1@if999999=0 2@if999992=0");
	cJSON_Delete(answer);
}

static void test_order(void **state)
{
	static const struct {
		enum counters_sort sort;
		size_t top;
		const char *order;
	} cases[LOOKS_MAX] = {
		{COUNTERS_SORT_ATTEMPTS, 2, "1@lo=40 3@if999993=20"},
		{COUNTERS_SORT_BYTES, 1, "3@if999993=20"},
		{COUNTERS_SORT_DROPPED, 9, "1@lo=40 1@if999999=10 2@if999992=0 3@if999993=20"},
		{COUNTERS_SORT_DESTINATIONS, 3, "2@if999992=0 1@lo=40 3@if999993=20"},
	};
	struct world *world = *state;
	uint64_t before[LOOKS_MAX];

	put_before(world);
	for (size_t i = 0; i < LOOKS_MAX; i++)
		before[i] = look(world, 0);
	put_after(world);
	for (size_t i = 0; i < LOOKS_MAX; i++) {
		cJSON *answer = ask(world, before[i], cases[i].sort, cases[i].top);
		char text[256];

		assert_string_equal(came(answer, "packets_per_second", text), cases[i].order);
		cJSON_Delete(answer);
	}
}

/* Who has not asked for longest gives way, and gets rates from his next look on. */
static void test_those_who_look(void **state)
{
	struct world *world = *state;
	uint64_t numbers[LOOKS_MAX + 1], mine;

	for (size_t i = 0; i <= LOOKS_MAX; i++)
		numbers[i] = look(world, 0);
	mine = numbers[LOOKS_MAX];
	for (size_t i = 0; i < 100; i++)
		mine = look(world, mine); /* takes the place of his own */
	for (size_t i = 1; i < LOOKS_MAX; i++)
		assert_true(is_known(world, numbers[i]));
	assert_true(is_known(world, mine));
	assert_false(is_known(world, mine)); /* that was answered */
	assert_false(is_known(world, numbers[0]));
	assert_false(is_known(world, 1000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rates, setup, teardown),
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_those_who_look, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A map without batch operations, as a trie was on linux 5.10, is walked key by key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <cmocka.h>

#include "counters/map.h"

static int add_value(const void *key, const void *value, void *userdata)
{
	const __u32 *number = value;
	__u32 *sum = userdata;

	(void)key;
	*sum += *number;
	return 0;
}

static int stop_at_once(const void *key, const void *value, void *userdata)
{
	(void)key;
	(void)value;
	(void)userdata;
	return -ECANCELED;
}

/* Of the maps that this kernel still cannot read in batches, a cpumap has the simplest value. */
static int setup(void **state)
{
	static struct map map;
	int cpus = libbpf_num_possible_cpus();

	map = (struct map){
		.fd = bpf_map_create(BPF_MAP_TYPE_CPUMAP, "walked", sizeof(__u32), sizeof(__u32),
				     cpus, NULL),
		.key_size = sizeof(__u32),
		.value_size = sizeof(__u32),
		.max = cpus,
	};
	*state = &map;
	return map.fd < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	map_close(*state);
	return 0;
}

static void test_every_entry_is_met(void **state)
{
	const struct map *map = *state;
	__u32 sum = 0, expected = 0;
	size_t count;

	for (__u32 cpu = 0; cpu < map->max; cpu++) {
		__u32 queue = 100 + cpu;

		assert_int_equal(bpf_map_update_elem(map->fd, &cpu, &queue, BPF_ANY), 0);
		expected += queue;
	}
	assert_int_equal(map_walk(map, add_value, &sum), 0);
	assert_int_equal(sum, expected);
	assert_int_equal(map_count(map, &count), 0);
	assert_int_equal(count, map->max);
}

static void test_entries_that_are_gone_are_no_error(void **state)
{
	const struct map *map = *state;
	size_t count;

	assert_int_equal(map_count(map, &count), 0);
	assert_int_equal(count, 0);
}

static void test_the_visitor_ends_the_walk(void **state)
{
	const struct map *map = *state;
	__u32 cpu = 0, queue = 1;

	assert_int_equal(bpf_map_update_elem(map->fd, &cpu, &queue, BPF_ANY), 0);
	assert_int_equal(map_walk(map, stop_at_once, NULL), -ECANCELED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_entry_is_met),
		TEST(test_entries_that_are_gone_are_no_error),
		TEST(test_the_visitor_ends_the_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading real pinned maps: the programs are loaded, and the maps filled by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <cmocka.h>

#include "lib/pinned.h"

#define HASH_ENTRIES 5000 /* several batches, and buckets of several entries */

static void test_open_refuses_what_it_cannot_read(void **state)
{
	struct pinned *pinned = *state;
	struct counters *counters = NULL;
	char path[64];

	assert_int_equal(counters_open("/sys/fs/bpf/none", &counters, &pinned->error), -ENOENT);
	assert_non_null(strstr(pinned->error.text, "/sys/fs/bpf/none: nothing is loaded"));

	pinned_put_settings(pinned, SMTPFENCE_SCHEMA + 1, SMTPFENCE_MODE_ENFORCE);
	assert_int_equal(counters_open(pinned->folder, &counters, &pinned->error), -EPROTO);
	assert_non_null(strstr(pinned->error.text, "another version"));

	pinned_put_settings(pinned, SMTPFENCE_SCHEMA, SMTPFENCE_MODE_ENFORCE);
	snprintf(path, sizeof(path), "%s/blocks", pinned->folder);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(bpf_obj_pin(bpf_map__fd(pinned->bpf->maps.settings), path), 0);
	assert_int_equal(counters_open(pinned->folder, &counters, &pinned->error), -EPROTO);
	assert_non_null(strstr(pinned->error.text, "/blocks: "));
	assert_null(counters);
}

static void put_source(struct pinned *pinned, uint32_t ifindex, const char *address,
		       const struct smtpfence_source *values)
{
	struct smtpfence_source_key key = {ifindex, pinned_prefix(address)};

	pinned_put(pinned->bpf->maps.sources, &key, values);
}

/* One value a possible CPU; all but the first are zero. */
static struct smtpfence_source *source_values(void)
{
	struct smtpfence_source *values = calloc(libbpf_num_possible_cpus(), sizeof(*values));

	assert_non_null(values);
	return values;
}

static void test_sources_are_summed_over_cpus(void **state)
{
	struct pinned *pinned = *state;
	int last = libbpf_num_possible_cpus() - 1;
	struct smtpfence_source *values = source_values();
	struct counters_source *sources;
	size_t count;

	if (last == 0)
		skip();
	values[0] = (struct smtpfence_source){.packets = 1,
					      .bytes = 100,
					      .attempts = 1,
					      .dropped_packets = 1,
					      .dropped_bytes = 60,
					      .first_seen = 5000,
					      .last_seen = 6000,
					      .destinations = {1}};
	values[last] = (struct smtpfence_source){.packets = 2,
						 .bytes = 200,
						 .attempts = 1,
						 .first_seen = 4000,
						 .last_seen = 4500,
						 .destinations = {1, 0, 0, 1}};
	put_source(pinned, 7, "192.0.2.1", values);
	free(values);

	assert_int_equal(counters_sources(pinned->counters, &sources, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_int_equal(sources->key.ifindex, 7);
	assert_int_equal(sources->value.packets, 3);
	assert_int_equal(sources->value.bytes, 300);
	assert_int_equal(sources->value.attempts, 2);
	assert_int_equal(sources->value.dropped_packets, 1);
	assert_int_equal(sources->value.dropped_bytes, 60);
	assert_int_equal(sources->value.first_seen, 4000);
	assert_int_equal(sources->value.last_seen, 6000);
	assert_int_equal(sources->destinations, 2);
	free(sources);
}

static void put_recent(struct pinned *pinned, __u32 slot, const struct smtpfence_recent *recent)
{
	struct smtpfence_recent *values = calloc(libbpf_num_possible_cpus(), sizeof(*values));

	assert_non_null(values);
	values[0] = *recent;
	pinned_put(pinned->bpf->maps.recent, &slot, values);
	free(values);
}

/* Dropped volume of a source that is in the map, and passed volume of one that is not. */
static void test_waiting_volume_is_added(void **state)
{
	struct smtpfence_recent blocked = {.ifindex = 7,
					   .seen = 9000,
					   .reason = SMTPFENCE_REASON_BLOCKED,
					   .waiting = {5, 500, 4},
					   .destinations = {2}};
	struct smtpfence_recent passed = {.ifindex = 7,
					  .seen = 8000,
					  .reason = SMTPFENCE_REASON_SMTP,
					  .waiting = {3, 300, 0},
					  .destinations = {1}};
	struct smtpfence_prefix ipv4 = pinned_prefix("192.0.2.1");
	struct smtpfence_prefix ipv6 = pinned_prefix("2001:db8::5");
	struct smtpfence_source *values = source_values();
	struct pinned *pinned = *state;
	struct counters_source *sources;
	size_t count;

	values->packets = 1;
	values->bytes = 100;
	values->first_seen = values->last_seen = 5000;
	values->destinations[0] = 1;
	put_source(pinned, 7, "192.0.2.1", values);
	free(values);
	memcpy(blocked.source, ipv4.address, sizeof(blocked.source));
	put_recent(pinned, 0, &blocked);
	memcpy(passed.source, ipv6.address, sizeof(passed.source));
	put_recent(pinned, 1, &passed);
	put_recent(pinned, SMTPFENCE_RECENT - 1, &passed);

	assert_int_equal(counters_sources(pinned->counters, &sources, &count, NULL), 0);
	assert_int_equal(count, 2);
	assert_int_equal(sources[0].value.packets, 6);
	assert_int_equal(sources[0].value.bytes, 600);
	assert_int_equal(sources[0].value.attempts, 4);
	assert_int_equal(sources[0].value.dropped_packets, 5);
	assert_int_equal(sources[0].value.dropped_bytes, 500);
	assert_int_equal(sources[0].value.first_seen, 5000);
	assert_int_equal(sources[0].value.last_seen, 9000);
	assert_int_equal(sources[0].destinations, 2);
	assert_int_equal(sources[1].key.source.length, 64);
	assert_int_equal(sources[1].value.packets, 6);
	assert_int_equal(sources[1].value.dropped_packets, 0);
	free(sources);
}

static void test_destinations_are_estimated(void **state)
{
	static const struct {
		__u64 bitmap[SMTPFENCE_BITMAP_WORDS];
		unsigned int estimate;
	} cases[] = {
		{{}, 0},
		{{1}, 1},
		{{0xff}, 8},
		{{~0ULL, ~0ULL}, 177},		      /* 256 ln 2 = 177.4 */
		{{~0ULL, ~0ULL, ~0ULL, ~1ULL}, 1420}, /* 256 ln 256 = 1419.6 */
		{{~0ULL, ~0ULL, ~0ULL, ~0ULL}, 1420}, /* no zero left: as for one */
	};
	struct pinned *pinned = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct smtpfence_source *values = source_values();
		struct counters_source *sources;
		size_t count;

		memcpy(values->destinations, cases[i].bitmap, sizeof(values->destinations));
		put_source(pinned, 1, "192.0.2.1", values);
		free(values);
		assert_int_equal(counters_sources(pinned->counters, &sources, &count, NULL), 0);
		assert_int_equal(sources->destinations, cases[i].estimate);
		free(sources);
	}
}

static void test_every_source_is_met_once(void **state)
{
	struct pinned *pinned = *state;
	struct smtpfence_source *values = source_values();
	bool *seen = calloc(HASH_ENTRIES, sizeof(*seen));
	struct counters_source *sources;
	size_t count;

	for (uint32_t i = 0; i < HASH_ENTRIES; i++)
		put_source(pinned, i, "192.0.2.1", values);
	free(values);
	assert_int_equal(counters_sources(pinned->counters, &sources, &count, NULL), 0);
	assert_int_equal(count, HASH_ENTRIES);
	for (size_t i = 0; i < count; i++) {
		assert_false(seen[sources[i].key.ifindex]);
		seen[sources[i].key.ifindex] = true;
	}
	free(sources);
	free(seen);
}

static void test_entries_of_both_maps_in_order(void **state)
{
	struct pinned *pinned = *state;
	struct entries entries;

	pinned_put_block(pinned->bpf->maps.blocks, "192.0.2.1", SMTPFENCE_ACTION_DROP, 1);
	pinned_put_block(pinned->bpf->maps.blocks, "2001:db8::/64", SMTPFENCE_ACTION_DROP, 0);
	pinned_put_block(pinned->bpf->maps.prefixes, "192.0.2.0/24", SMTPFENCE_ACTION_ALLOW, 0);
	assert_int_equal(counters_entries(pinned->counters, &entries, NULL), 0);
	assert_int_equal(entries.count, 3);
	for (size_t i = 1; i < entries.count; i++)
		assert_true(prefix_compare(&entries.items[i - 1].prefix, &entries.items[i].prefix) <
			    0);
	assert_int_equal(entries.items[0].prefix.length, 96 + 24);
	assert_int_equal(entries.items[0].action, SMTPFENCE_ACTION_ALLOW);
	assert_int_equal(entries.items[1].deadline, 1);
	entries_clear(&entries);
}

static void test_a_full_trie_is_read_whole(void **state)
{
	struct pinned *pinned = *state;
	struct entries entries;

	for (unsigned int i = 0; i < 1000; i++) {
		char text[PREFIX_TEXT_MAX];

		snprintf(text, sizeof(text), "10.%u.%u.0/24", i / 250, i % 250);
		pinned_put_block(pinned->bpf->maps.prefixes, text, SMTPFENCE_ACTION_DROP, 0);
	}
	assert_int_equal(counters_entries(pinned->counters, &entries, NULL), 0);
	assert_int_equal(entries.count, 1000);
	entries_clear(&entries);
}

static void test_no_entries(void **state)
{
	struct pinned *pinned = *state;
	struct entries entries;

	assert_int_equal(counters_entries(pinned->counters, &entries, NULL), 0);
	assert_int_equal(entries.count, 0);
	entries_clear(&entries);
}

static void test_hits(void **state)
{
	struct pinned *pinned = *state;
	int cpus = libbpf_num_possible_cpus();
	struct smtpfence_hits *values = calloc(cpus, sizeof(*values)), hits;
	struct smtpfence_prefix hit = pinned_prefix("192.0.2.1"),
				other = pinned_prefix("192.0.2.2");

	for (int cpu = 0; cpu < cpus; cpu++)
		values[cpu] = (struct smtpfence_hits){10, 600, 3};
	pinned_put(pinned->bpf->maps.block_hits, &hit, values);
	free(values);
	assert_int_equal(counters_hits(pinned->counters, &hit, &hits), 0);
	assert_int_equal(hits.packets, 10 * cpus);
	assert_int_equal(hits.bytes, 600 * cpus);
	assert_int_equal(hits.attempts, 3 * cpus);
	assert_int_equal(counters_hits(pinned->counters, &other, &hits), 0);
	assert_int_equal(hits.packets, 0);
}

static void test_totals(void **state)
{
	struct pinned *pinned = *state;
	int cpus = libbpf_num_possible_cpus();
	struct smtpfence_total *values = calloc(cpus, sizeof(*values));
	struct counters_totals totals;
	__u32 reason = SMTPFENCE_REASON_BLOCKED;

	for (int cpu = 0; cpu < cpus; cpu++)
		values[cpu].tally[SMTPFENCE_ROLE_UPLINK][SMTPFENCE_FAMILY_IPV6] =
			(struct smtpfence_tally){1, 60, 1};
	pinned_put(pinned->bpf->maps.totals, &reason, values);
	free(values);
	assert_int_equal(counters_totals(pinned->counters, &totals), 0);
	assert_int_equal(totals.reasons[reason].tally[1][1].packets, cpus);
	assert_int_equal(totals.reasons[reason].tally[1][1].bytes, 60 * cpus);
	assert_int_equal(totals.reasons[reason].tally[1][1].attempts, cpus);
	assert_int_equal(totals.reasons[reason].tally[0][0].packets, 0);
	assert_int_equal(totals.reasons[SMTPFENCE_REASON_SMTP].tally[1][1].packets, 0);
}

static void test_interface(void **state)
{
	struct pinned *pinned = *state;
	struct smtpfence_interface value = {.hook = SMTPFENCE_HOOK_TC_INGRESS, .packets = 5}, got;
	__u32 ifindex = 3;

	pinned_put(pinned->bpf->maps.interfaces, &ifindex, &value);
	assert_int_equal(counters_interface(pinned->counters, 3, &got), 0);
	assert_int_equal(got.hook, SMTPFENCE_HOOK_TC_INGRESS);
	assert_int_equal(got.packets, 5);
	assert_int_equal(counters_interface(pinned->counters, 4, &got), -ENOENT);
}

static void test_fill_of_maps(void **state)
{
	static const char *const names[COUNTERS_MAPS] = {
		"blocks", "prefixes", "exempt_destinations", "sources", "block_hits", "interfaces"};
	struct pinned *pinned = *state;
	struct counters_map maps[COUNTERS_MAPS];

	pinned_put_block(pinned->bpf->maps.blocks, "192.0.2.1", SMTPFENCE_ACTION_DROP, 0);
	pinned_put_block(pinned->bpf->maps.blocks, "192.0.2.2", SMTPFENCE_ACTION_DROP, 0);
	pinned_put_block(pinned->bpf->maps.prefixes, "192.0.2.0/24", SMTPFENCE_ACTION_DROP, 0);
	assert_int_equal(counters_maps(pinned->counters, maps), COUNTERS_MAPS);
	for (size_t i = 0; i < COUNTERS_MAPS; i++)
		assert_string_equal(maps[i].name, names[i]);
	assert_int_equal(maps[0].entries, 2);
	assert_int_equal(maps[0].max, bpf_map__max_entries(pinned->bpf->maps.blocks));
	assert_int_equal(maps[1].entries, 1);
	assert_int_equal(maps[2].entries, 0);
}

static void test_settings(void **state)
{
	struct pinned *pinned = *state;
	struct smtpfence_settings settings;

	pinned_put_settings(pinned, SMTPFENCE_SCHEMA, SMTPFENCE_MODE_MONITOR);
	assert_int_equal(counters_settings(pinned->counters, &settings), 0);
	assert_int_equal(settings.mode, SMTPFENCE_MODE_MONITOR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PINNED_TEST(test_open_refuses_what_it_cannot_read),
		PINNED_TEST(test_sources_are_summed_over_cpus),
		PINNED_TEST(test_waiting_volume_is_added),
		PINNED_TEST(test_destinations_are_estimated),
		PINNED_TEST(test_every_source_is_met_once),
		PINNED_TEST(test_entries_of_both_maps_in_order),
		PINNED_TEST(test_a_full_trie_is_read_whole),
		PINNED_TEST(test_no_entries),
		PINNED_TEST(test_hits),
		PINNED_TEST(test_totals),
		PINNED_TEST(test_interface),
		PINNED_TEST(test_fill_of_maps),
		PINNED_TEST(test_settings),
	};

	libbpf_set_print(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

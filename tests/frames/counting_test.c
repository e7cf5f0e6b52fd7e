/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is counted, where, and under which key; and that counting changes no verdict. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bpf.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cmocka.h>

#include "entry_points.h"

#define V4	"ip4 tcp:25,ack data:46" /* 100 bytes */
#define V4_SYN	"ip4 tcp:25,syn data:46"
#define V6	"ip6 tcp:25,ack data:26"
#define SECOND	1000000000ULL
#define TICK	10000000ULL /* ns: the slowest timer, 100 Hz */
#define ENTRIES 1024	    /* of `block_hits` in tests */

static struct smtpfence_bpf *programs;

static int setup(void **state)
{
	reset_entry_points(state);
	programs = loaded[0];
	return 0;
}

/* Within one timer tick, this may go by what was found for the frame before. */
static int run_on(const char *spec)
{
	struct built frame;

	build_frame(&frame, spec);
	return run_frame(programs->progs.smtpfence_xdp, &frame, NULL);
}

static int run(const char *spec)
{
	judge_anew(programs);
	return run_on(spec);
}

static int run_times(const char *spec, int times)
{
	int result = 0;

	while (times--)
		result = run(spec);
	return result;
}

static size_t entries(const struct bpf_map *map)
{
	char key[64], next[64];
	void *previous = NULL;
	size_t count = 0;

	while (!bpf_map_get_next_key(bpf_map__fd(map), previous, next)) {
		memcpy(key, next, sizeof(key));
		previous = key;
		count++;
	}
	return count;
}

/* The values of all CPUs for a key, one behind the other; NULL if there is no such key. */
static void *read_cpus(const struct bpf_map *map, const void *key)
{
	size_t size = ((size_t)bpf_map__value_size(map) + 7) / 8 * 8;
	void *values = calloc(libbpf_num_possible_cpus(), size);

	if (!bpf_map_lookup_elem(bpf_map__fd(map), key, values))
		return values;
	free(values);
	return NULL;
}

/* The sum over all CPUs for that prefix on the interface of the tests. */
static struct smtpfence_source read_source(const char *prefix)
{
	struct smtpfence_source_key key = {TEST_IFINDEX, parse_prefix(prefix)};
	struct smtpfence_source *each, sum = {0};
	int cpu, word;

	each = read_cpus(programs->maps.sources, &key);
	if (!each) {
		fail_msg("no source %s", prefix);
		return sum;
	}
	for (cpu = 0; cpu < libbpf_num_possible_cpus(); cpu++) {
		sum.packets += each[cpu].packets;
		sum.bytes += each[cpu].bytes;
		sum.attempts += each[cpu].attempts;
		sum.dropped_packets += each[cpu].dropped_packets;
		sum.dropped_bytes += each[cpu].dropped_bytes;
		if (each[cpu].first_seen &&
		    (!sum.first_seen || each[cpu].first_seen < sum.first_seen))
			sum.first_seen = each[cpu].first_seen;
		if (each[cpu].last_seen > sum.last_seen)
			sum.last_seen = each[cpu].last_seen;
		for (word = 0; word < SMTPFENCE_BITMAP_WORDS; word++)
			sum.destinations[word] |= each[cpu].destinations[word];
	}
	free(each);
	return sum;
}

static int destinations(const char *prefix)
{
	struct smtpfence_source source = read_source(prefix);
	int word, bits = 0;

	for (word = 0; word < SMTPFENCE_BITMAP_WORDS; word++)
		bits += __builtin_popcountll(source.destinations[word]);
	return bits;
}

static struct smtpfence_hits read_hits(const char *prefix)
{
	struct smtpfence_prefix key = parse_prefix(prefix);
	struct smtpfence_hits *each, sum = {0};
	int cpu;

	each = read_cpus(programs->maps.block_hits, &key);
	if (!each) {
		fail_msg("no hits of %s", prefix);
		return sum;
	}
	for (cpu = 0; cpu < libbpf_num_possible_cpus(); cpu++) {
		sum.packets += each[cpu].packets;
		sum.bytes += each[cpu].bytes;
		sum.attempts += each[cpu].attempts;
	}
	free(each);
	return sum;
}

static void add_interface(enum smtpfence_role role)
{
	struct smtpfence_interface interface = {.role = role, .hook = SMTPFENCE_HOOK_TC_EGRESS};
	uint32_t ifindex = TEST_IFINDEX;

	assert_int_equal(0, bpf_map_update_elem(bpf_map__fd(programs->maps.interfaces), &ifindex,
						&interface, BPF_ANY));
}

static struct smtpfence_interface read_interface(void)
{
	struct smtpfence_interface interface;
	uint32_t ifindex = TEST_IFINDEX;

	assert_int_equal(0, bpf_map_lookup_elem(bpf_map__fd(programs->maps.interfaces), &ifindex,
						&interface));
	return interface;
}

static void test_source_passed(void **state)
{
	struct smtpfence_source source;

	(void)state;
	run_times(V4, 3);
	run_times(V4_SYN, 2);
	source = read_source("192.0.2.1/32");
	assert_int_equal(source.packets, 5);
	assert_int_equal(source.bytes, 500);
	assert_int_equal(source.attempts, 2);
	assert_int_equal(source.dropped_packets, 0);
	assert_int_equal(source.dropped_bytes, 0);
	assert_int_equal(entries(programs->maps.sources), 1);
	assert_int_equal(entries(programs->maps.block_hits), 0);
}

static void test_source_dropped(void **state)
{
	struct smtpfence_source source;

	(void)state;
	run_times(V4, 2);
	configure(programs, "drop:192.0.2.1/32");
	run_times(V4_SYN, 3);
	source = read_source("192.0.2.1/32");
	assert_int_equal(source.packets, 5);
	assert_int_equal(source.bytes, 500);
	assert_int_equal(source.attempts, 3);
	assert_int_equal(source.dropped_packets, 3);
	assert_int_equal(source.dropped_bytes, 300);
}

static void test_source_may_be_smtp(void **state)
{
	struct smtpfence_source source;

	(void)state;
	run("ip6 frag:more tcp:25,size=0");
	run("ip6:ver=5 tcp:443");
	source = read_source("2001:db8:1:2::/64");
	assert_int_equal(source.packets, 2);
	assert_int_equal(source.bytes, 62 + 74);
	assert_int_equal(source.attempts, 0);
}

static void test_nothing_counted(void **state)
{
	(void)state;
	run("ip4 tcp:443");
	run("ip4 ah tcp:443");
	run("ip6 dest udp:53");
	run("type:0806");
	run("ip4 proto:47");
	run("ip4 udp:4789");
	run("type:8847");
	assert_int_equal(entries(programs->maps.sources), 0);
}

static void test_seen(void **state)
{
	uint64_t start = boottime();
	struct smtpfence_source source;

	(void)state;
	run(V4);
	source = read_source("192.0.2.1/32");
	assert_in_range(source.first_seen, start - TICK, boottime());
	assert_int_equal(source.first_seen, source.last_seen);

	/* A tick later the clock has gone on, and the first time stays. */
	start = boottime();
	while (boottime() < start + 3 * TICK)
		;
	run(V4);
	assert_in_range(read_source("192.0.2.1/32").last_seen, start + 2 * TICK, boottime());
}

static void test_deadline_passes(void **state)
{
	struct smtpfence_prefix prefix = parse_prefix("192.0.2.1/32");
	uint64_t deadline = boottime() + 10 * TICK;

	(void)state;
	add_entry(programs, &prefix, SMTPFENCE_ACTION_DROP, deadline);
	assert_int_equal(run(V4), XDP_DROP);
	while (boottime() < deadline + 2 * TICK)
		;
	assert_int_equal(run(V4), XDP_PASS);
}

static void test_ipv6_per_64(void **state)
{
	(void)state;
	run("ip6:src=2001:db8:1:2::1 tcp:25");
	run("ip6:src=2001:db8:1:2:ffff::2 tcp:25");
	run("ip6:src=2001:db8:1:3::1 tcp:25");
	assert_int_equal(read_source("2001:db8:1:2::/64").packets, 2);
	assert_int_equal(read_source("2001:db8:1:3::/64").packets, 1);
	configure(programs, "count:64");
	run("ip6:src=2001:db8:1:2::3 tcp:25");
	assert_int_equal(read_source("2001:db8:1:2::/64").packets, 3);
	assert_int_equal(entries(programs->maps.sources), 2);
}

static void test_ipv6_per_128(void **state)
{
	(void)state;
	configure(programs, "count:128");
	run("ip6:src=2001:db8:1:2::1 tcp:25");
	run("ip6:src=2001:db8:1:2::2 tcp:25");
	assert_int_equal(read_source("2001:db8:1:2::1/128").packets, 1);
	assert_int_equal(read_source("2001:db8:1:2::2/128").packets, 1);
}

static void test_mapped_is_ipv4(void **state)
{
	(void)state;
	run(V4);
	run("ip6:src=::ffff:192.0.2.1 tcp:25");
	assert_int_equal(read_source("192.0.2.1/32").packets, 2);
	assert_int_equal(entries(programs->maps.sources), 1);
}

static void test_destinations(void **state)
{
	char spec[64];
	int i;

	(void)state;
	run_times(V4, 10);
	assert_int_equal(destinations("192.0.2.1/32"), 1);
	for (i = 0; i < 256; i++) {
		snprintf(spec, sizeof(spec), "ip4:dst=198.51.%d.%d tcp:25", i % 7, i);
		run(spec);
	}
	/* 256 balls in 256 bins fill 1 - 1/e of them: 162, give or take 7 (standard deviation). */
	assert_in_range(destinations("192.0.2.1/32"), 130, 200);
}

static void test_destinations_ipv6(void **state)
{
	char spec[64];
	int i;

	(void)state;
	for (i = 0; i < 256; i++) {
		snprintf(spec, sizeof(spec), "ip6:dst=2001:db8:%x::25 tcp:25", i);
		run(spec);
	}
	assert_in_range(destinations("2001:db8:1:2::/64"), 130, 200);
}

static void test_hits(void **state)
{
	(void)state;
	configure(programs, "drop:192.0.2.0/24 drop:192.0.2.7/32 drop:2001:db8::/32");
	run(V4);
	run(V4_SYN);
	run("ip4:src=192.0.2.2 tcp:25,ack data:46");
	run("ip4:src=192.0.2.7 tcp:25,syn");
	run(V6);
	assert_int_equal(read_hits("192.0.2.0/24").packets, 3);
	assert_int_equal(read_hits("192.0.2.0/24").attempts, 1);
	assert_int_equal(read_hits("192.0.2.0/24").bytes, 300);
	assert_int_equal(read_hits("192.0.2.7/32").packets, 1);
	assert_int_equal(read_hits("192.0.2.7/32").attempts, 1);
	assert_int_equal(read_hits("2001:db8::/32").packets, 1);
	assert_int_equal(read_hits("2001:db8::/32").attempts, 0);
	assert_int_equal(entries(programs->maps.block_hits), 3);
}

static void test_hits_every_length(void **state)
{
	static const char *const prefixes[] = {
		"2001:db8:1:2::1/128",
		"2001:db8:1:2::/127",
		"2001:db8:1:2::/65",
		"2001:db8:1:2::/64",
		"2001:db8:1:2::/63",
		"2001:db8::/33",
		"2001:db8::/32",
		"2000::/3",
		"::/1",
		"::/0",
	};
	char text[64];
	size_t i;

	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		setup(state);

		snprintf(text, sizeof(text), "drop:%s", prefixes[i]);
		configure(programs, text);
		assert_int_equal(run(V6), XDP_DROP);
		assert_int_equal(read_hits(text + 5).packets, 1);
	}
}

static void test_hits_monitored(void **state)
{
	struct smtpfence_source source;

	(void)state;
	configure(programs, "monitor drop:192.0.2.1/32");
	assert_int_equal(run(V4), XDP_PASS);
	assert_int_equal(read_hits("192.0.2.1/32").packets, 1);
	source = read_source("192.0.2.1/32");
	assert_int_equal(source.packets, 1);
	assert_int_equal(source.dropped_packets, 0);
}

static void test_hits_only_of_drops(void **state)
{
	(void)state;
	configure(programs, "drop:192.0.2.1/32 drop~:192.0.2.2/32 allow:192.0.2.3/32 "
			    "exempt:198.51.100.25/32");
	run(V4);
	run("ip4:src=192.0.2.2 tcp:25");
	run("ip4:src=192.0.2.3 tcp:25");
	assert_int_equal(entries(programs->maps.block_hits), 0);
	assert_int_equal(entries(programs->maps.sources), 3);
	assert_int_equal(read_source("192.0.2.1/32").dropped_packets, 0);
}

static void test_full_hits(void **state)
{
	struct smtpfence_hits *hits = calloc(libbpf_num_possible_cpus(), sizeof(*hits));
	struct smtpfence_prefix key = parse_prefix("203.0.113.0/32");
	uint32_t i;

	(void)state;
	for (i = 0; i < ENTRIES; i++) {
		memcpy(key.address, &i, sizeof(i));
		assert_int_equal(0, bpf_map_update_elem(bpf_map__fd(programs->maps.block_hits),
							&key, hits, BPF_ANY));
	}
	free(hits);
	configure(programs, "drop:192.0.2.1/32");
	assert_int_equal(run(V4), XDP_DROP);
	assert_int_equal(entries(programs->maps.block_hits), ENTRIES);
	assert_int_equal(read_source("192.0.2.1/32").dropped_packets, 1);
}

static void test_full_sources(void **state)
{
	char spec[64];
	int i;

	(void)state;
	configure(programs, "drop:10.0.0.0/9");
	for (i = 0; i < 3 * ENTRIES; i++) {
		snprintf(spec, sizeof(spec), "ip4:src=10.%d.%d.%d tcp:25", i % 2 * 128, i >> 8,
			 i & 255);
		assert_int_equal(run(spec), i % 2 ? XDP_PASS : XDP_DROP);
	}
	assert_in_range(entries(programs->maps.sources), 1, ENTRIES);
}

#define BURST 200 /* frames; a few timer ticks at most, so most are judged like the first */

static void burst(const char *spec, int result)
{
	int i;

	for (i = 0; i < BURST; i++)
		assert_int_equal(run_on(spec), result);
}

static void test_recent_adds_up(void **state)
{
	struct smtpfence_interface interface;

	(void)state;
	add_interface(SMTPFENCE_ROLE_GUEST);
	configure(programs, "drop:192.0.2.1/32");
	burst(V4, XDP_DROP);
	burst("ip4:src=192.0.2.2 tcp:25,ack data:46", XDP_PASS);

	/* The next judgement brings what waited for it. */
	run(V4_SYN);
	run("ip4:src=192.0.2.2 tcp:25,ack data:46");
	assert_int_equal(read_source("192.0.2.1/32").packets, BURST + 1);
	assert_int_equal(read_source("192.0.2.1/32").attempts, 1);
	assert_int_equal(read_source("192.0.2.1/32").dropped_packets, BURST + 1);
	assert_int_equal(read_source("192.0.2.2/32").bytes, 100 * (BURST + 1));
	assert_int_equal(read_source("192.0.2.2/32").dropped_packets, 0);
	interface = read_interface();
	assert_int_equal(interface.packets, 2 * (BURST + 1));
	assert_int_equal(interface.bytes, 200 * (BURST + 1));
	assert_int_equal(interface.dropped_packets, BURST + 1);
	assert_int_equal(read_hits("192.0.2.1/32").packets, BURST + 1);
	assert_int_equal(read_hits("192.0.2.1/32").bytes, 100 * (BURST + 1));
	assert_int_equal(entries(programs->maps.block_hits), 1);
}

/* 320 sources in 256 slots: each goes with what it has, and none is taken for another. */
static void test_recent_shares_slots(void **state)
{
	char spec[64];
	int i, round;

	(void)state;
	configure(programs, "drop:10.0.0.0/9");
	for (round = 0; round < 3; round++) {
		judge_anew(programs);
		for (i = 0; i < 640; i++) {
			snprintf(spec, sizeof(spec), "ip4:src=10.%d.0.%d tcp:25", i % 2 * 128,
				 i / 4);
			assert_int_equal(run_on(spec), i % 2 ? XDP_PASS : XDP_DROP);
		}
	}
	run("ip4:src=10.0.0.7 tcp:25");
	run("ip4:src=10.128.0.7 tcp:25");
	assert_int_equal(read_source("10.0.0.7/32").packets, 7);
	assert_int_equal(read_source("10.0.0.7/32").dropped_packets, 7);
	assert_int_equal(read_source("10.128.0.7/32").packets, 7);
	assert_int_equal(read_source("10.128.0.7/32").dropped_packets, 0);
}

static void test_recent_ends_with_a_change(void **state)
{
	(void)state;
	burst(V4, XDP_PASS);
	configure(programs, "drop:192.0.2.1/32");
	judge_anew(programs);
	burst(V4, XDP_DROP);
	configure(programs, "monitor");
	judge_anew(programs);
	burst(V4, XDP_PASS);
}

/* An entry that came without a new generation, from a hand with bpftool, say. */
static void test_recent_ends_with_the_tick(void **state)
{
	uint64_t start;

	(void)state;
	burst(V4, XDP_PASS);
	configure(programs, "drop:192.0.2.1/32");
	start = boottime();
	while (boottime() < start + 2 * TICK)
		;
	burst(V4, XDP_DROP);
}

static void test_recent_is_for_one_host(void **state)
{
	int i;

	(void)state;
	configure(programs, "drop:2001:db8:1:2::1/128");
	for (i = 0; i < BURST; i++) {
		assert_int_equal(run_on("ip6:src=2001:db8:1:2::1 tcp:25"), XDP_DROP);
		assert_int_equal(run_on("ip6:src=2001:db8:1:2::2 tcp:25"), XDP_PASS);
	}
	run("ip6:src=2001:db8:1:2::1 tcp:25");
	run("ip6:src=2001:db8:1:2::2 tcp:25");
	assert_int_equal(read_hits("2001:db8:1:2::1/128").packets, BURST + 1);
	assert_int_equal(entries(programs->maps.block_hits), 1);
	assert_int_equal(read_source("2001:db8:1:2::/64").packets, 2 * (BURST + 1));
	assert_int_equal(read_source("2001:db8:1:2::/64").dropped_packets, BURST + 1);
}

static void test_recent_is_not_for_exempt_destinations(void **state)
{
	int i;

	(void)state;
	configure(programs, "drop:192.0.2.1/32 exempt:203.0.113.25/32");
	for (i = 0; i < BURST; i++) {
		assert_int_equal(run_on("ip4:dst=203.0.113.25 tcp:25"), XDP_PASS);
		assert_int_equal(run_on("ip4:dst=203.0.113.26 tcp:25"), XDP_DROP);
	}
}

static void test_recent_is_for_whole_headers(void **state)
{
	int i;

	(void)state;
	configure(programs, "drop:192.0.2.1/32");
	for (i = 0; i < BURST; i++) {
		run_on(V4);
		run_on("ip4 tcp:25,size=2");
	}
	assert_int_equal(read_total(programs, SMTPFENCE_REASON_BLOCKED).tally[0][0].packets, BURST);
	assert_int_equal(
		read_total(programs, SMTPFENCE_REASON_BLOCKED_MALFORMED).tally[0][0].packets,
		BURST);
}

static void test_interface(void **state)
{
	struct smtpfence_interface interface;

	(void)state;
	add_interface(SMTPFENCE_ROLE_GUEST);
	run_times(V4, 2);
	configure(programs, "drop:192.0.2.1/32");
	run_times(V4, 3);
	run("ip4:src=192.0.2.9 tcp:443");
	run("ip4 proto:47");
	interface = read_interface();
	assert_int_equal(interface.packets, 5);
	assert_int_equal(interface.bytes, 500);
	assert_int_equal(interface.dropped_packets, 3);
	assert_int_equal(interface.dropped_bytes, 300);
	assert_int_equal(interface.hook, SMTPFENCE_HOOK_TC_EGRESS);
}

static void test_unknown_interface(void **state)
{
	(void)state;
	run(V4);
	assert_int_equal(entries(programs->maps.interfaces), 0);
}

/* A guest's macvtap is covered by the egress program, and still is a guest's. */
static void test_registered_role(void **state)
{
	struct smtpfence_total total;
	struct built frame;

	(void)state;
	add_interface(SMTPFENCE_ROLE_GUEST);
	build_frame(&frame, V4);
	run_frame(programs->progs.smtpfence_tc_egress, &frame, NULL);
	total = read_total(programs, SMTPFENCE_REASON_SMTP);
	assert_int_equal(total.tally[SMTPFENCE_ROLE_GUEST][SMTPFENCE_FAMILY_IPV4].packets, 1);
	assert_int_equal(total.tally[SMTPFENCE_ROLE_UPLINK][SMTPFENCE_FAMILY_IPV4].packets, 0);
}

static void test_attempts(void **state)
{
	static const struct {
		const char *spec;
		unsigned int attempts;
	} frames[] = {
		{"ip4 tcp:25,syn", 1},		 {"ip4 tcp:25,syn,ack", 0},
		{"ip4 tcp:25,ack", 0},		 {"ip4 tcp:25", 0},
		{"ip4 tcp:25,syn,size=14", 1},	 {"ip4 tcp:25,syn,size=13", 0},
		{"ip4:opts=8 tcp:25,syn", 1},	 {"ip4 ah tcp:25,syn", 1},
		{"ip6 tcp:25,syn", 1},		 {"ip6 tcp:25,syn,ack", 0},
		{"ip6 hop dest tcp:25,syn", 1},	 {"ip6 hop dest tcp:25,ack", 0},
		{"ip6 frag:more tcp:25,syn", 1}, {"tag snap tag ip6 tcp:25,syn", 1},
		{"ip4:len=33 tcp:25,syn", 0},	 {"ip4:len=34 tcp:25,syn", 1},
		{"ip6:len=13 tcp:25,syn", 0},	 {"ip6:len=14 tcp:25,syn", 1},
	};
	enum smtpfence_family family;
	struct smtpfence_total total;
	size_t i;

	for (i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		setup(state);
		run(frames[i].spec);
		family = strstr(frames[i].spec, "ip6") ? SMTPFENCE_FAMILY_IPV6
						       : SMTPFENCE_FAMILY_IPV4;
		total = read_total(programs, SMTPFENCE_REASON_SMTP);
		if (total.tally[SMTPFENCE_ROLE_GUEST][family].packets != 1 ||
		    total.tally[SMTPFENCE_ROLE_GUEST][family].attempts != frames[i].attempts)
			fail_msg("\"%s\": expected %u attempts", frames[i].spec,
				 frames[i].attempts);
	}
}

static void test_check_counts_nothing(void **state)
{
	struct smtpfence_answer answer;
	struct built frame;

	(void)state;
	add_interface(SMTPFENCE_ROLE_GUEST);
	configure(programs, "drop+:192.0.2.1/32");
	build_frame(&frame, V4_SYN);
	assert_int_equal(run_frame(programs->progs.smtpfence_check, &frame, &answer), XDP_DROP);
	assert_in_range(answer.deadline, boottime() + 3000 * SECOND, boottime() + 3600 * SECOND);
	assert_int_equal(entries(programs->maps.sources), 0);
	assert_int_equal(entries(programs->maps.block_hits), 0);
	assert_int_equal(read_interface().packets, 0);
}

/* Headers behind the linear part of an XDP frame: only a program with frags is given such. */
static void test_frags(void **state)
{
	struct smtpfence_source source;
	struct built frame;

	(void)state;
	if (!kernel_has_frags()) {
		print_message("skipped: the kernel has no XDP frags (5.18)\n");
		skip();
	}
	programs = loaded[1];
	configure(programs, "drop:2001:db8:1:2::/64");
	build_frame(&frame, "ip6 dest:size=2048 dest:size=2048 dest:size=2048 tcp:25,syn");
	assert_int_equal(run_frame(programs->progs.smtpfence_xdp, &frame, NULL), XDP_DROP);
	source = read_source("2001:db8:1:2::/64");
	assert_int_equal(source.bytes, frame.length);
	assert_int_equal(source.attempts, 1);

	build_frame(&frame, "ip6 dest:size=2048 dest:size=2048 dest:size=2048 tcp:443");
	assert_int_equal(run_frame(programs->progs.smtpfence_xdp, &frame, NULL), XDP_PASS);
	assert_int_equal(read_source("2001:db8:1:2::/64").packets, 1);

	build_frame(&frame, "ip4:dst=198.51.100.1 tcp:25,ack data:6000");
	assert_int_equal(run_frame(programs->progs.smtpfence_xdp, &frame, NULL), XDP_PASS);
	assert_int_equal(read_source("192.0.2.1/32").bytes, 6054);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

static int load(void **state)
{
	return stay_on_this_cpu() < 0 ? -1 : load_entry_points(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_source_passed),
		TEST(test_source_dropped),
		TEST(test_source_may_be_smtp),
		TEST(test_nothing_counted),
		TEST(test_seen),
		TEST(test_deadline_passes),
		TEST(test_ipv6_per_64),
		TEST(test_ipv6_per_128),
		TEST(test_mapped_is_ipv4),
		TEST(test_destinations),
		TEST(test_destinations_ipv6),
		TEST(test_hits),
		TEST(test_hits_every_length),
		TEST(test_hits_monitored),
		TEST(test_hits_only_of_drops),
		TEST(test_full_hits),
		TEST(test_full_sources),
		TEST(test_recent_adds_up),
		TEST(test_recent_shares_slots),
		TEST(test_recent_ends_with_a_change),
		TEST(test_recent_ends_with_the_tick),
		TEST(test_recent_is_for_one_host),
		TEST(test_recent_is_not_for_exempt_destinations),
		TEST(test_recent_is_for_whole_headers),
		TEST(test_interface),
		TEST(test_unknown_interface),
		TEST(test_registered_role),
		TEST(test_attempts),
		TEST(test_check_counts_nothing),
		TEST(test_frags),
	};

	return cmocka_run_group_tests_name("counting", tests, load, unload_entry_points);
}

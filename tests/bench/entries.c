/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a frame takes with one entry in the map and with a million, by BPF_PROG_TEST_RUN on XDP:
 * from one busy source, which is looked up once a timer tick, and from many that take turns, each
 * of which is looked up again. The map has the same room in all cases, as an operator would have
 * it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/bpf.h>

#include <bpf/bpf.h>

#include "base/cleanup.h"
#include "datapath.h"
#include "many_sources.h"
#include "programs.h"
#include "skel/many_sources.skel.h"
#include "table.h"

#define ROUNDS	 31
#define BATCH	 10000
#define LIMIT	 1.5
#define BLOCKED4 "192.0.2.66"
#define BLOCKED6 "2001:db8:66::"

struct load {
	const char *name;
	const char *frame;
	const char *entry; /* besides those that have nothing to do with the frame */
	uint32_t many_at;  /* sources that take turns: the last bytes of theirs; 0: one source */
	int result;
};

/* For many IPv4 sources, RFC 2544's addresses for benchmarks. */
static const struct load loads[] = {
	{"one source, SMTP", "ip4 tcp:25,ack data:6", "drop:" BLOCKED4 "/32", 0, XDP_PASS},
	{"one source, SMTP, blocked", "ip4:src=" BLOCKED4 " tcp:25,ack data:6",
	 "drop:" BLOCKED4 "/32", 0, XDP_DROP},
	{"1024 sources, IPv4 SMTP", "ip4:src=198.18.0.0 tcp:25,ack data:6", "drop:" BLOCKED4 "/32",
	 14 + 12 + 2, XDP_PASS},
	{"1024 sources, IPv6 SMTP", "ip6:src=" BLOCKED6 " tcp:25,ack data:6",
	 "drop:" BLOCKED4 "/32", 14 + 8 + 14, XDP_PASS},
	{"1024 sources, IPv6 SMTP, blocked", "ip6:src=" BLOCKED6 " tcp:25,ack data:6",
	 "drop:" BLOCKED6 "/64", 14 + 8 + 14, XDP_DROP},
};

/* How many entries, the one of the load included. */
static const struct size {
	const char *name;
	uint32_t entries;
} sizes[] = {
	{"1 entry", 1},
	{"1000 entries", 1000},
	{"100,000 entries", 100000},
	{"1,000,000 entries", 1000000},
};

#define SIZES ARRAY_SIZE(sizes)

struct side {
	struct smtpfence_bpf *fence;
	struct many_sources *before; /* NULL: the frame comes as it is */
	struct trial trial;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void fill(const struct bpf_map *map, uint32_t entries)
{
	static struct smtpfence_prefix keys[BATCH];
	static struct smtpfence_block values[BATCH];
	struct smtpfence_prefix key = parse_prefix("2001:db8:77::/128");
	const struct smtpfence_block block = {.action = SMTPFENCE_ACTION_DROP, .length = 128};
	uint32_t done, count, i, number;

	for (done = 0; done < entries; done += count) {
		count = entries - done < BATCH ? entries - done : BATCH;
		for (i = 0; i < count; i++) {
			number = htobe32(done + i + 1);
			memcpy(key.address + 12, &number, sizeof(number));
			keys[i] = key;
			values[i] = block;
		}
		if (bpf_map_update_batch(bpf_map__fd(map), keys, values, &count, NULL))
			die("cannot fill the map");
	}
}

static void put_before(struct side *side, uint32_t many_at)
{
	int program = bpf_program__fd(side->fence->progs.smtpfence_xdp);
	uint32_t zero = 0;

	side->before = many_sources__open();
	if (!side->before)
		die("cannot open many_sources");
	side->before->rodata->at = many_at;
	/* A tail call does not lead from a program without frags into one with them. */
	if (kernel_has_frags())
		bpf_program__set_flags(side->before->progs.many_sources, BPF_F_XDP_HAS_FRAGS);
	if (many_sources__load(side->before) ||
	    bpf_map_update_elem(bpf_map__fd(side->before->maps.under_test), &zero, &program,
				BPF_ANY))
		die("cannot load many_sources");
}

static void open_side(struct side *side, const struct load *load, const struct size *size,
		      const struct built *frame)
{
	side->fence = load_fence(load->entry, sizes[SIZES - 1].entries);
	side->before = NULL;
	fill(side->fence->maps.blocks, size->entries - 1);
	if (load->many_at)
		put_before(side, load->many_at);
	side->trial = (struct trial){
		.program = bpf_program__fd(load->many_at ? side->before->progs.many_sources
							 : side->fence->progs.smtpfence_xdp),
		.frame = frame,
		.result = load->result,
	};
}

static void close_side(struct side *side)
{
	many_sources__destroy(side->before);
	smtpfence_bpf__destroy(side->fence);
}

/* Behind the sizes stands an empty program. */
static bool print_sizes(const struct load *load, const struct contender *contenders)
{
	struct row row = {
		.load = load->name, .to = &contenders[0], .unit = NS_A_FRAME, .limit = LIMIT};
	bool ok = true;
	size_t i;

	print_row(&(struct row){.load = load->name,
				.of = &contenders[0],
				.to = &contenders[SIZES],
				.unit = NS_A_FRAME});
	for (i = 1; i < SIZES; i++) {
		row.of = &contenders[i];
		row.bound = i == SIZES - 1 ? AT_MOST : UNBOUNDED;
		ok &= print_row(&row);
	}
	return ok;
}

static bool compare(const struct load *load)
{
	struct trial empty = {load_empty(BPF_PROG_TYPE_XDP, XDP_PASS), NULL, XDP_PASS};
	struct contender contenders[SIZES + 1];
	static struct built frame;
	struct side sides[SIZES];
	size_t i;

	fprintf(stderr, "# entries: %s\n", load->name);
	build_frame(&frame, load->frame);
	for (i = 0; i < SIZES; i++) {
		open_side(&sides[i], load, &sizes[i], &frame);
		contenders[i] =
			(struct contender){sizes[i].name, measure_trial, &sides[i].trial, {0}, {0}};
	}
	empty.frame = &frame;
	contenders[SIZES] = (struct contender){"empty program", measure_trial, &empty, {0}, {0}};
	take_turns(contenders, SIZES + 1, ROUNDS);
	close(empty.program);
	for (i = 0; i < SIZES; i++)
		close_side(&sides[i]);
	return print_sizes(load, contenders);
}

bool bench_entries(void)
{
	bool ok = true;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(loads); i++)
		ok &= compare(&loads[i]);
	return ok;
}

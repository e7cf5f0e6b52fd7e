/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the datapath costs: ns a frame, and the ratio to an XDP program that does nothing. All
 * programs take turns in the same rounds, so that a busy machine slows all of them. For comparison
 * the packaged xdp-filter, which drops by port or by address but knows no combination of them.
 */
#include <glob.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "frames/run.h"

#define ROUNDS	      21
#define REPEAT	      200000
#define LIMIT_OTHER   1.35 /* frames that are not SMTP */
#define LIMIT_COUNTED 4.5  /* SMTP, counted */
#define LIMIT_BLOCKED 5.0  /* SMTP, dropped */
#define BLOCKED4      "192.0.2.66"
#define BLOCKED6      "2001:db8:66::"

enum subject {
	EMPTY,
	FENCE,
	FENCE_ANEW, /* with an exempt destination: a blocked source is judged with each frame */
	XDP_FILTER,
	SUBJECTS,
};

struct row {
	enum subject subject;
	const char *name;
	const char *spec;
	double limit; /* 0: none */
	double ns[ROUNDS];
};

static struct row rows[] = {
	{EMPTY, "empty program", "ip4 tcp:443 data:6", 0, {0}},
	{FENCE, "not IP", "type:0806", LIMIT_OTHER, {0}},
	{FENCE, "IPv4 TCP 443", "ip4 tcp:443 data:6", LIMIT_OTHER, {0}},
	{FENCE, "IPv6 TCP 443", "ip6 tcp:443 data:6", LIMIT_OTHER, {0}},
	{FENCE, "IPv4 TCP from port 25", "ip4 tcp:40000,from=25 data:6", LIMIT_OTHER, {0}},
	{FENCE, "IPv6, 3 extension headers, TCP 443", "ip6 hop dest route tcp:443", 0, {0}},
	{FENCE, "4 VLAN tags, TCP 443", "tag tag tag tag ip4 tcp:443", 0, {0}},
	{FENCE, "IPv4 SMTP, counted", "ip4 tcp:25,ack data:6", LIMIT_COUNTED, {0}},
	{FENCE, "IPv6 SMTP, counted", "ip6 tcp:25,ack data:6", LIMIT_COUNTED, {0}},
	{FENCE, "IPv4 SMTP, blocked", "ip4:src=" BLOCKED4 " tcp:25,ack data:6", LIMIT_BLOCKED, {0}},
	{FENCE, "IPv6 SMTP, blocked", "ip6:src=" BLOCKED6 " tcp:25,ack data:6", LIMIT_BLOCKED, {0}},
	{FENCE_ANEW,
	 "IPv4 SMTP, blocked, judged each time",
	 "ip4:src=" BLOCKED4 " tcp:25,ack data:6",
	 0,
	 {0}},
	{XDP_FILTER, "xdp-filter, not IP", "type:0806", 0, {0}},
	{XDP_FILTER, "xdp-filter, IPv4 TCP 443", "ip4 tcp:443 data:6", 0, {0}},
	{XDP_FILTER, "xdp-filter, IPv6 TCP 443", "ip6 tcp:443 data:6", 0, {0}},
};

/* Of each subject; negative: not to be had. */
static int programs[SUBJECTS];

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static int load_empty(void)
{
	static const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "empty", "GPL", pass, 2, NULL);
}

/* The variant that looks at everything and lets pass what it has no rule for. */
static int load_xdp_filter(const char **ret_why_not)
{
	struct bpf_object *object;
	struct bpf_program *program;
	struct bpf_map *map;
	glob_t found;

	if (glob("/usr/lib/*/bpf/xdpfilt_alw_all.o", 0, NULL, &found)) {
		*ret_why_not = "not installed (Debian package xdp-tools)";
		return -1;
	}
	*ret_why_not = "installed, but libbpf does not load it";
	object = bpf_object__open_file(found.gl_pathv[0], NULL);
	globfree(&found);
	if (!object)
		return -1;
	bpf_object__for_each_map(map, object) bpf_map__set_pin_path(map, NULL);
	program = bpf_object__next_program(object, NULL);
	bpf_program__set_type(program, BPF_PROG_TYPE_XDP);
	if (bpf_object__load(object))
		return -1;
	return bpf_program__fd(program);
}

static double measure(const struct row *row)
{
	struct built frame;
	LIBBPF_OPTS(bpf_test_run_opts, options, .repeat = REPEAT);

	build_frame(&frame, row->spec);
	options.data_in = frame.bytes;
	options.data_size_in = frame.length;
	if (bpf_prog_test_run_opts(programs[row->subject], &options)) {
		perror("BPF_PROG_TEST_RUN");
		exit(1);
	}
	return options.duration;
}

static int by_size(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static double median(struct row *row)
{
	qsort(row->ns, ROUNDS, sizeof(row->ns[0]), by_size);
	return row->ns[ROUNDS / 2];
}

static void report(void)
{
	double empty = median(&rows[0]);
	size_t i;

	printf("%-36s %8s %7s %7s\n", "frame", "ns", "ratio", "limit");
	for (i = 0; i < ROW_COUNT; i++) {
		double ns, ratio;

		if (programs[rows[i].subject] < 0)
			continue;
		ns = median(&rows[i]);
		ratio = ns / empty;
		printf("%-36s %8.0f %7.2f", rows[i].name, ns, ratio);
		if (rows[i].limit > 0)
			printf(" %7.2f %s", rows[i].limit,
			       ratio <= rows[i].limit ? "ok" : "OVER THE LIMIT");
		putchar('\n');
	}
}

static struct smtpfence_bpf *load_fence(const char *configuration)
{
	struct smtpfence_interface guest = {.role = SMTPFENCE_ROLE_GUEST};
	struct smtpfence_bpf *fence = load_programs(kernel_has_frags());
	uint32_t ifindex = TEST_IFINDEX;

	if (!fence)
		return NULL;
	configure(fence, configuration);
	bpf_map_update_elem(bpf_map__fd(fence->maps.interfaces), &ifindex, &guest, BPF_ANY);
	return fence;
}

static void take_turns(void)
{
	size_t i;
	int round;

	for (round = 0; round < ROUNDS; round++)
		for (i = 0; i < ROW_COUNT; i++)
			if (programs[rows[i].subject] >= 0)
				rows[i].ns[round] = measure(&rows[i]);
}

#define BLOCKS "drop:" BLOCKED4 "/32 drop:" BLOCKED6 "/64"

int main(void)
{
	struct smtpfence_bpf *fence = load_fence(BLOCKS);
	struct smtpfence_bpf *anew = load_fence(BLOCKS " exempt:203.0.113.99/32");
	const char *why_not = NULL;

	programs[EMPTY] = load_empty();
	if (!fence || !anew || programs[EMPTY] < 0) {
		fprintf(stderr, "cannot load: root and a kernel with BPF are needed\n");
		return 1;
	}
	programs[FENCE] = bpf_program__fd(fence->progs.smtpfence_xdp);
	programs[FENCE_ANEW] = bpf_program__fd(anew->progs.smtpfence_xdp);
	programs[XDP_FILTER] = load_xdp_filter(&why_not);
	take_turns();
	report();
	if (programs[XDP_FILTER] < 0)
		printf("xdp-filter: %s\n", why_not);
	smtpfence_bpf__destroy(fence);
	smtpfence_bpf__destroy(anew);
	return 0;
}

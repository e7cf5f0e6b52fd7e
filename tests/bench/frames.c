/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one frame takes, by BPF_PROG_TEST_RUN: in smtpfence, in a program of the same type that does
 * nothing, and, with XDP, in xdp-filter with one source address, which drops by address or by port
 * and knows no combination of them.
 */
#include <stdio.h>

#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "base/cleanup.h"
#include "datapath.h"
#include "programs.h"
#include "table.h"

#define ROUNDS	 41
#define BLOCKED4 "192.0.2.66"
#define BLOCKED6 "2001:db8:66::1"

struct kind {
	const char *name;
	const char *frame;
	double limit;	    /* times an empty program; 0: none */
	bool blocked;	    /* smtpfence drops it */
	bool filter_passes; /* xdp-filter does not */
};

static const struct kind kinds[] = {
	{"not IP: ARP", "type:0806", 1.25, false, true},
	{"not IP: LLDP", "type:88cc", 1.25, false, true},
	{"IPv4 TCP 443", "ip4 tcp:443 data:6", 1.25, false, true},
	{"IPv6 TCP 443", "ip6 tcp:443 data:6", 1.25, false, true},
	{"3 extension headers, TCP 443", "ip6 hop dest route tcp:443", 0, false, true},
	{"4 VLAN tags, TCP 443", "tag tag tag tag ip4 tcp:443", 0, false, true},
	{"IPv4 SMTP", "ip4 tcp:25,ack data:6", 4, false, true},
	{"IPv6 SMTP", "ip6 tcp:25,ack data:6", 4, false, true},
	{"IPv4 SMTP, blocked", "ip4:src=" BLOCKED4 " tcp:25,ack data:6", 5, true, false},
	{"IPv6 SMTP, blocked", "ip6:src=" BLOCKED6 " tcp:25,ack data:6", 5, true, false},
};

enum { EMPTY, FENCE, FILTER, CONTENDERS };

/* A hook: its programs, and what they return. */
struct hook {
	const char *name;
	int programs[CONTENDERS]; /* -1: there is none */
	int pass[CONTENDERS], drop[CONTENDERS];
};

static bool compare(const struct hook *hook, const struct kind *kind)
{
	static const char *const names[] = {"empty program", "smtpfence", "xdp-filter"};
	struct contender contenders[CONTENDERS];
	struct trial trials[CONTENDERS];
	static struct built frame;
	char load[64];
	struct row row = {.load = load, .unit = NS_A_FRAME};
	int i, count = hook->programs[FILTER] < 0 ? FILTER : CONTENDERS;
	bool ok, drops;

	snprintf(load, sizeof(load), "%s, %s", hook->name, kind->name);
	build_frame(&frame, kind->frame);
	for (i = 0; i < count; i++) {
		drops = (i == FENCE && kind->blocked) || (i == FILTER && !kind->filter_passes);
		trials[i] = (struct trial){hook->programs[i], &frame,
					   drops ? hook->drop[i] : hook->pass[i]};
		contenders[i] = (struct contender){names[i], measure_trial, &trials[i], {0}, {0}};
	}
	take_turns(contenders, count, ROUNDS);

	row.to = &contenders[EMPTY];
	row.of = &contenders[FENCE];
	row.bound = kind->limit > 0 ? AT_MOST : UNBOUNDED;
	row.limit = kind->limit;
	ok = print_row(&row);
	row.bound = UNBOUNDED;
	if (count > FILTER) {
		row.of = &contenders[FILTER];
		print_row(&row);
	}
	return ok;
}

static bool compare_all(const struct hook *hook)
{
	bool ok = true;
	size_t i;

	fprintf(stderr, "# frames by test run: %s\n", hook->name);
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		ok &= compare(hook, &kinds[i]);
	return ok;
}

bool bench_frames(void)
{
	struct smtpfence_bpf *fence = load_fence("drop:" BLOCKED4 "/32 drop:" BLOCKED6 "/128", 0);
	struct hook xdp = {
		.name = "XDP",
		.programs = {load_empty(BPF_PROG_TYPE_XDP, XDP_PASS),
			     bpf_program__fd(fence->progs.smtpfence_xdp),
			     load_xdp_filter(BLOCKED4, BLOCKED6)},
		.pass = {XDP_PASS, XDP_PASS, XDP_PASS},
		.drop = {XDP_DROP, XDP_DROP, XDP_DROP},
	};
	struct hook tc = {
		.name = "TC",
		.programs = {load_empty(BPF_PROG_TYPE_SCHED_CLS, TC_ACT_UNSPEC),
			     bpf_program__fd(fence->progs.smtpfence_tc_ingress), -1},
		.pass = {TC_ACT_UNSPEC, TC_ACT_UNSPEC},
		.drop = {TC_ACT_SHOT, TC_ACT_SHOT},
	};
	bool ok;

	ok = compare_all(&xdp);
	ok &= compare_all(&tc);
	smtpfence_bpf__destroy(fence);
	return ok;
}

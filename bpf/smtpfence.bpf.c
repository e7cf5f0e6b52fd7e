/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entry points only. A frame flows from frame.h over verdict.h and account.h to recent.h, and a
 * blocked SYN that is answered on to reset.h.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include "smtpfence/abi.h"
#include "maps.h"
#include "frame.h"
#include "verdict.h"
#include "account.h"
#include "recent.h"
#include "reset.h"

char LICENSE[] SEC("license") = "GPL";

/* @role is the entry point's, for an interface that the loader has not registered. */
static __always_inline __u32 role_of(__u32 ifindex, enum smtpfence_role role)
{
	const struct smtpfence_interface *interface = bpf_map_lookup_elem(&interfaces, &ifindex);

	return interface ? interface->role : role;
}

/* What becomes of a frame: its verdict, or ANSWER for a SYN that is dropped and answered. */
#define ANSWER (SMTPFENCE_DROP + 1)

static __always_inline int examine(const struct frame *frame, __u32 ifindex,
				   enum smtpfence_role role)
{
	const struct smtpfence_settings *set;
	enum smtpfence_verdict verdict;
	struct smtpfence_recent *slot;
	struct packet packet;
	__u32 index;

	if (!parse_plain(frame, &packet))
		packet = parse(frame);
	if (packet.class == SMTPFENCE_REASON_OTHER)
		return SMTPFENCE_PASS;
	if (!may_be_smtp(&packet)) {
		count_total(&packet, packet.class, role_of(ifindex, role));
		return verdict_of(packet.class);
	}
	index = slot_of(&packet, ifindex);
	slot = bpf_map_lookup_elem(&recent, &index);
	set = get_settings();
	if (!slot || !set) /* never: both maps are arrays */
		return SMTPFENCE_PASS;
	if (is_fresh(slot, &packet, ifindex, set))
		verdict = pass_by(slot, &packet);
	else
		verdict = judge_in(slot, index, &packet, set, ifindex, role_of(ifindex, role));
	if (verdict == SMTPFENCE_DROP && packet.attempt &&
	    set->on_block == SMTPFENCE_ON_BLOCK_RESET)
		return ANSWER;
	return verdict;
}

/* Functions of their own, so that the entry points need no stack and save no registers. */
__noinline int examine_xdp(struct xdp_md *context)
{
	struct frame frame = xdp_frame(context);

	return examine(&frame, context->ingress_ifindex, SMTPFENCE_ROLE_GUEST);
}

__noinline int examine_tc(struct __sk_buff *context, enum smtpfence_role role)
{
	struct frame frame = tc_frame(context);

	return examine(&frame, context->ifindex, role);
}

/* A guest's port: what the host's end receives is what the guest sends. */
SEC("xdp")
int smtpfence_xdp(struct xdp_md *context)
{
	void *data = (void *)(long)context->data;
	void *data_end = (void *)(long)context->data_end;

	if (is_plain(data, data_end, data_end - data))
		return XDP_PASS;
	switch (examine_xdp(context)) {
	case SMTPFENCE_PASS:
		return XDP_PASS;
	case ANSWER:
		return reset_xdp(context);
	default:
		return XDP_DROP;
	}
}

/* @back: the flags of bpf_redirect that send a frame of this hook back to its sender. */
static __always_inline int tc(struct __sk_buff *context, enum smtpfence_role role, __u32 back)
{
	void *data = (void *)(long)context->data;
	void *data_end = (void *)(long)context->data_end;

	if (is_plain(data, data_end, context->len))
		return TC_ACT_UNSPEC;
	switch (examine_tc(context, role)) {
	case SMTPFENCE_PASS:
		return TC_ACT_UNSPEC;
	case ANSWER:
		return reset_tc(context, back);
	default:
		return TC_ACT_SHOT;
	}
}

/* A guest's port, where XDP would cost more. */
SEC("tc")
int smtpfence_tc_ingress(struct __sk_buff *context)
{
	return tc(context, SMTPFENCE_ROLE_GUEST, 0);
}

/* The last place before the wire: whatever came by no port that is covered. */
SEC("tc")
int smtpfence_tc_egress(struct __sk_buff *context)
{
	return tc(context, SMTPFENCE_ROLE_UPLINK, BPF_F_INGRESS);
}

/* Never attached: BPF_PROG_TEST_RUN asks it what would become of a frame. It counts nothing. */
SEC("xdp")
int smtpfence_check(struct xdp_md *context)
{
	struct frame frame = xdp_frame(context);
	struct packet packet = parse(&frame);
	const struct smtpfence_settings *set = get_settings();
	struct smtpfence_answer *answer = frame.data;
	enum smtpfence_verdict verdict;
	struct judgement judgement;

	if (!set)
		return XDP_ABORTED;
	judgement = judge(&packet, set);
	verdict = verdict_of(judgement.reason);
	if ((void *)(answer + 1) <= frame.data_end) {
		answer->deadline = judgement.entry.deadline;
		answer->verdict = verdict;
		answer->reason = judgement.reason;
		answer->matched = !!judgement.entry.action;
		cut(&answer->match, &packet.source, judgement.entry.length);
	}
	return verdict == SMTPFENCE_DROP ? XDP_DROP : XDP_PASS;
}

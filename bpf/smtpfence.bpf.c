/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entry points only. A frame flows from frame.h over verdict.h to account.h. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include "smtpfence/abi.h"
#include "maps.h"
#include "frame.h"
#include "verdict.h"
#include "account.h"

#define TC_ACT_UNSPEC (-1) /* goes on to the device's other filters */
#define TC_ACT_SHOT   2

char LICENSE[] SEC("license") = "GPL";

static __always_inline enum smtpfence_verdict examine(const struct frame *frame, __u32 ifindex,
						      enum smtpfence_role role)
{
	struct packet packet = parse(frame);
	struct judgement judgement;

	if (packet.class == SMTPFENCE_REASON_OTHER)
		return SMTPFENCE_PASS;
	judgement = judge(&packet);
	count(&packet, &judgement, ifindex, role);
	return verdict_of(judgement.reason);
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
	return examine_xdp(context) == SMTPFENCE_DROP ? XDP_DROP : XDP_PASS;
}

static __always_inline int tc(struct __sk_buff *context, enum smtpfence_role role)
{
	void *data = (void *)(long)context->data;
	void *data_end = (void *)(long)context->data_end;

	if (is_plain(data, data_end, context->len))
		return TC_ACT_UNSPEC;
	return examine_tc(context, role) == SMTPFENCE_DROP ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

/* A guest's port, where XDP would cost more. */
SEC("tc")
int smtpfence_tc_ingress(struct __sk_buff *context)
{
	return tc(context, SMTPFENCE_ROLE_GUEST);
}

/* The last place before the wire: whatever came by no port that is covered. */
SEC("tc")
int smtpfence_tc_egress(struct __sk_buff *context)
{
	return tc(context, SMTPFENCE_ROLE_UPLINK);
}

/* Never attached: BPF_PROG_TEST_RUN asks it what would become of a frame. It counts nothing. */
SEC("xdp")
int smtpfence_check(struct xdp_md *context)
{
	struct frame frame = xdp_frame(context);
	struct packet packet = parse(&frame);
	struct judgement judgement = judge(&packet);
	struct smtpfence_answer *answer = frame.data;
	enum smtpfence_verdict verdict = verdict_of(judgement.reason);

	if ((void *)(answer + 1) <= frame.data_end) {
		answer->deadline = judgement.entry.deadline;
		answer->verdict = verdict;
		answer->reason = judgement.reason;
		answer->matched = !!judgement.entry.action;
		cut(&answer->match, &packet.source, judgement.entry.length);
	}
	return verdict == SMTPFENCE_DROP ? XDP_DROP : XDP_PASS;
}

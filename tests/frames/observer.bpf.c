/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stands behind the program under test, at the same device, and counts what comes by. Nothing goes
 * further: no bridge and no stack with an opinion of its own about strange frames.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "observer.h"

char LICENSE[] SEC("license") = "GPL";

__u64 frames;
__u64 sentinels;
/* Of the frames: */
__u64 tagged;	 /* with a VLAN tag in metadata */
__u64 scattered; /* not in one piece */
__u64 segmented; /* to be segmented later: GSO */

SEC("tc")
int observe(struct __sk_buff *context)
{
	if (context->protocol == bpf_htons(OBSERVER_SENTINEL)) {
		sentinels++;
		return TC_ACT_SHOT;
	}
	frames++;
	tagged += !!context->vlan_present;
	scattered += context->data_end - context->data < context->len;
	segmented += !!context->gso_size;
	return TC_ACT_SHOT;
}

/* In place of the program under test: what does the path carry? */
SEC("xdp")
int pass(struct xdp_md *context)
{
	(void)context;
	return XDP_PASS;
}

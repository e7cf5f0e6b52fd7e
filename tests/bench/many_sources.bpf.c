/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stands before the program under test and gives every frame another source: BPF_PROG_TEST_RUN
 * repeats one frame, and what it sends in one timer tick is judged once only.
 */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "many_sources.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} under_test SEC(".maps");

/* Where in the frame the last two bytes of its source address are. */
const volatile __u32 at;

/* The next pick: a linear congruential generator (Knuth, volume 2, section 3.3.4). */
__u32 pick;

SEC("xdp")
int many_sources(struct xdp_md *context)
{
	void *data = (void *)(long)context->data;
	__be16 *low = data + (at & 0xff);

	if ((void *)(low + 1) > (void *)(long)context->data_end)
		return XDP_ABORTED;
	pick = pick * 1664525 + 1013904223;
	*low = bpf_htons((pick >> 16) % MANY_SOURCES);
	bpf_tail_call(context, &under_test, 0);
	return XDP_ABORTED;
}

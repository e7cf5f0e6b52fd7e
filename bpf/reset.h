/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `on_block: reset`: a blocked SYN is dropped, and in its place, in its bytes, the RST goes back to
 * the sender with which a host without that port would answer (RFC 9293, section 3.10.7.1). Link
 * header and VLAN tags stay, addresses and ports change places, options and extension headers go.
 *
 * What cannot be answered is dropped in silence: fragments, LLC/SNAP, addresses that no single host
 * has, a TCP header that is not whole, and what the comments below tell of.
 *
 * The sender of a virtual interface often leaves the checksum to the device (CHECKSUM_PARTIAL): the
 * field then holds the sum of the pseudo-header alone, and must in the answer, too.
 */
#ifndef SMTPFENCE_BPF_RESET_H
#define SMTPFENCE_BPF_RESET_H

#define TC_ACT_UNSPEC (-1) /* goes on to the device's other filters */
#define TC_ACT_SHOT   2

#define RESET_TTL 64 /* RFC 1700 */

/* RFC 9293, section 3.1. */
struct tcp_header {
	__be16 source, destination;
	__be32 sequence, acknowledgement;
	__u8 offset; /* in 4 bytes, in the upper half */
	__u8 flags;
	__be16 window;
	__sum16 check;
	__be16 urgent;
};

struct reset_ipv4 {
	struct iphdr ip;
	struct tcp_header tcp;
};

struct reset_ipv6 {
	struct ipv6hdr ip;
	struct tcp_header tcp;
};

struct reset {
	__u8 link[12]; /* both hardware addresses */
	__u32 ip;      /* offset of the IP header */
	__u32 end;     /* of the answer */
	__u32 family;  /* enum smtpfence_family */
	bool partial;  /* the SYN's checksum is the pseudo-header's sum */
	__sum16 check; /* of the answer's TCP */
	__sum16 sum;   /* of its pseudo-header */
	union {
		struct reset_ipv4 ipv4;
		struct reset_ipv6 ipv6;
	};
};

/* RFC 1071. Sums are in network byte order, as what they are of. */
static __always_inline __u32 add_up(const void *from, __u32 size, __u32 sum)
{
	return bpf_csum_diff(NULL, 0, (void *)from, size, sum);
}

static __always_inline __sum16 fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return sum + (sum >> 16);
}

/* @addresses: the sum of both. RFC 9293, section 3.1; RFC 8200, section 8.1. */
static __always_inline __sum16 sum_pseudo_header(__u32 addresses, __u32 length)
{
	__u32 sum = (addresses & 0xffff) + (addresses >> 16);

	return fold(sum + bpf_htons(length) + bpf_htons(PROTOCOL_TCP));
}

/* A host answers nothing that came from, or was for, more or less than one (RFC 9293, 3.9.2.3). */
static __always_inline bool is_host_ipv4(__be32 address)
{
	__u32 first = bpf_ntohl(address) >> 24;

	return first && first != 127 && first < 224;
}

/* The upper half is 0 for the unspecified, the loopback and the v4-mapped address. */
static __always_inline bool is_host_ipv6(const struct in6_addr *address)
{
	return (address->in6_u.u6_addr32[0] || address->in6_u.u6_addr32[1]) &&
	       address->in6_u.u6_addr8[0] != 0xff;
}

static __always_inline bool turn_link(const struct frame *frame, struct reset *reset)
{
	__u8 link[12];

	if (!load(frame, 0, link, sizeof(link)) || (link[0] | link[6]) & 1)
		return false;
	__builtin_memcpy(reset->link, link + 6, 6);
	__builtin_memcpy(reset->link + 6, link, 6);
	return true;
}

/* @length: of the segment, header included. @addresses: their sum. */
static __always_inline bool turn_tcp(struct reset *reset, struct tcp_header *answer,
				     const struct tcp_header *syn, __u32 length, __u32 addresses)
{
	__u32 header = (syn->offset >> 4) * 4;

	if ((syn->flags & (TCP_SYN | TCP_ACK | TCP_RST)) != TCP_SYN || header < sizeof(*syn) ||
	    header > length)
		return false;
	answer->source = syn->destination;
	answer->destination = syn->source;
	answer->acknowledgement =
		bpf_htonl(bpf_ntohl(syn->sequence) + length - header + 1 + (syn->flags & TCP_FIN));
	answer->offset = sizeof(*answer) / 4 << 4;
	answer->flags = TCP_RST | TCP_ACK;
	reset->partial = syn->check == sum_pseudo_header(addresses, length);
	reset->sum = sum_pseudo_header(addresses, sizeof(*answer));
	reset->check = ~fold(add_up(answer, sizeof(*answer), reset->sum));
	return true;
}

static __always_inline bool turn_ipv4(const struct frame *frame, struct reset *reset, __u32 tcp)
{
	struct reset_ipv4 *answer = &reset->ipv4;
	struct tcp_header syn;
	struct iphdr ip;
	__u32 end;

	if (!load(frame, reset->ip, &ip, sizeof(ip)) || !load(frame, tcp, &syn, sizeof(syn)))
		return false;
	if (ip.frag_off & bpf_htons(IPV4_MORE | IPV4_OFFSET) || !is_host_ipv4(ip.saddr) ||
	    !is_host_ipv4(ip.daddr))
		return false;
	end = ip.tot_len ? reset->ip + bpf_ntohs(ip.tot_len) : frame->length;
	reset->end = reset->ip + sizeof(*answer);
	answer->ip.version = 4;
	answer->ip.ihl = sizeof(answer->ip) / 4;
	answer->ip.tot_len = bpf_htons(sizeof(*answer));
	answer->ip.frag_off = bpf_htons(IPV4_DONT);
	answer->ip.ttl = RESET_TTL;
	answer->ip.protocol = PROTOCOL_TCP;
	answer->ip.saddr = ip.daddr;
	answer->ip.daddr = ip.saddr;
	answer->ip.check = ~fold(add_up(&answer->ip, sizeof(answer->ip), 0));
	return turn_tcp(reset, &answer->tcp, &syn, end - tcp, add_up(&answer->ip.saddr, 8, 0));
}

static __always_inline bool turn_ipv6(const struct frame *frame, struct reset *reset, __u32 tcp)
{
	struct reset_ipv6 *answer = &reset->ipv6;
	struct tcp_header syn;
	struct ipv6hdr ip;
	__u32 end;

	if (!load(frame, reset->ip, &ip, sizeof(ip)) || !load(frame, tcp, &syn, sizeof(syn)))
		return false;
	if (!is_host_ipv6(&ip.saddr) || !is_host_ipv6(&ip.daddr))
		return false;
	end = ip.payload_len ? reset->ip + sizeof(ip) + bpf_ntohs(ip.payload_len) : frame->length;
	reset->end = reset->ip + sizeof(*answer);
	answer->ip.version = 6;
	answer->ip.payload_len = bpf_htons(sizeof(answer->tcp));
	answer->ip.nexthdr = PROTOCOL_TCP;
	answer->ip.hop_limit = RESET_TTL;
	answer->ip.saddr = ip.daddr;
	answer->ip.daddr = ip.saddr;
	return turn_tcp(reset, &answer->tcp, &syn, end - tcp, add_up(&answer->ip.saddr, 32, 0));
}

/* The answer to the frame, in @reset, which is all zero; false if there is none. */
static __always_inline bool turn(const struct frame *frame, struct reset *reset, __u64 packed)
{
	union finding finding = {.packed = packed};

	if (finding.reason != SMTPFENCE_REASON_SMTP || !finding.tcp || !turn_link(frame, reset))
		return false;
	reset->ip = finding.ip;
	reset->family = finding.family;
	if (finding.family == SMTPFENCE_FAMILY_IPV4)
		return turn_ipv4(frame, reset, finding.tcp);
	return turn_ipv6(frame, reset, finding.tcp);
}

static __always_inline bool store_xdp(struct xdp_md *context, __u64 offset, const void *from,
				      const __u32 size)
{
	void *data_end = (void *)(long)context->data_end;
	void *to = (void *)(long)context->data;

	barrier_var(offset);
	if (offset > OFFSET_MAX)
		return false;
	to += offset;
	barrier_var(to);
	if (to + size > data_end)
		return false;
	__builtin_memcpy(__builtin_assume_aligned(to, 8), from, size);
	return true;
}

static __always_inline bool write_xdp(struct xdp_md *context, struct reset *reset, __sum16 check)
{
	if (!store_xdp(context, 0, reset->link, sizeof(reset->link)))
		return false;
	if (reset->family == SMTPFENCE_FAMILY_IPV4) {
		reset->ipv4.tcp.check = check;
		return store_xdp(context, reset->ip, &reset->ipv4, sizeof(reset->ipv4));
	}
	reset->ipv6.tcp.check = check;
	return store_xdp(context, reset->ip, &reset->ipv6, sizeof(reset->ipv6));
}

/* Native: there is nothing but the bytes. */
static __always_inline bool write_cut(struct xdp_md *context, const struct frame *frame,
				      struct reset *reset)
{
	if (reset->end < frame->length &&
	    bpf_xdp_adjust_tail(context, (int)(reset->end - frame->length)))
		return false;
	return write_xdp(context, reset, reset->check);
}

#define PADDING_MAX 128 /* options of IP and TCP take 80 bytes */

/*
 * Generic: behind the bytes stands an skb with what its sender claimed of them, out of reach: where
 * its checksum is to be written, and how the frame is to be cut up. So the frame keeps its length,
 * what is left over becomes padding, and the TCP header of an unfinished checksum stays in place.
 */
static __always_inline bool write_in_place(struct xdp_md *context, const struct frame *frame,
					   struct reset *reset, bool moved)
{
	const __u8 zero = 0;
	__u32 i;

	if (frame->data + frame->length != frame->data_end ||
	    frame->length - reset->end > PADDING_MAX || (reset->partial && moved))
		return false;
	if (!write_xdp(context, reset, reset->partial ? reset->sum : reset->check))
		return false;
	for (i = 0; i < PADDING_MAX; i++)
		if (!store_xdp(context, reset->end + i, &zero, sizeof(zero)))
			break;
	return true;
}

__noinline int reset_xdp(struct xdp_md *context)
{
	union finding finding = {.packed = parse_xdp(context)};
	struct frame frame = xdp_frame(context);
	__u32 ifindex = context->ingress_ifindex;
	const struct smtpfence_interface *interface;
	struct reset reset = {};
	bool moved;

	interface = bpf_map_lookup_elem(&interfaces, &ifindex);
	if (!interface || !interface->xdp_reply || !turn(&frame, &reset, finding.packed))
		return XDP_DROP;
	if (interface->xdp_reply == SMTPFENCE_XDP_REPLY_IN_PLACE) {
		moved = finding.tcp + sizeof(struct tcp_header) != reset.end;
		return write_in_place(context, &frame, &reset, moved) ? XDP_TX : XDP_DROP;
	}
	if (!write_cut(context, &frame, &reset))
		return XDP_DROP;
	if (interface->xdp_reply == SMTPFENCE_XDP_REPLY_REDIRECT)
		return bpf_redirect(ifindex, 0);
	return XDP_TX;
}

static __always_inline bool write_tc(struct __sk_buff *context, const struct reset *reset,
				     const void *answer, __u32 size)
{
	const __u64 flags = BPF_F_RECOMPUTE_CSUM | BPF_F_INVALIDATE_HASH;
	__u32 check = reset->end - sizeof(struct tcp_header) +
		      __builtin_offsetof(struct tcp_header, check);

	/* The sum of the link addresses is what it was. */
	if (bpf_skb_store_bytes(context, 0, reset->link, sizeof(reset->link), 0) ||
	    bpf_skb_store_bytes(context, reset->ip, answer, size, flags))
		return false;
	/*
	 * The field holds the pseudo-header's sum, as if the checksum were left to the device. If
	 * that is so, the first call changes nothing, and otherwise, it makes the field whole; the
	 * second makes good for that in the sum that a device may have taken of the frame.
	 */
	if (bpf_l4_csum_replace(context, check, (__u16)~reset->sum, (__u16)~reset->check, 2))
		return false;
	bpf_csum_update(context, reset->check + (__u16)~reset->sum);
	return true;
}

/*
 * @back: bpf_redirect's flags. bpf_skb_change_tail drops what the sender claimed of how the frame
 * is to be cut up, and refuses to cut off where a checksum is to be written.
 */
__noinline int reset_tc(struct __sk_buff *context, __u32 back)
{
	struct frame frame = tc_frame(context);
	struct reset reset = {};
	bool written;

	if (!turn(&frame, &reset, parse_tc(context)) || bpf_skb_change_tail(context, reset.end, 0))
		return TC_ACT_SHOT;
	if (reset.family == SMTPFENCE_FAMILY_IPV4) {
		reset.ipv4.tcp.check = reset.sum;
		written = write_tc(context, &reset, &reset.ipv4, sizeof(reset.ipv4));
	} else {
		reset.ipv6.tcp.check = reset.sum;
		written = write_tc(context, &reset, &reset.ipv6, sizeof(reset.ipv6));
	}
	return written ? bpf_redirect(context->ifindex, back) : TC_ACT_SHOT;
}

#endif

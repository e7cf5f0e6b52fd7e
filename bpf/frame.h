/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where in this frame are source, destination and TCP port? A cursor walks from header to header,
 * one function a layer, and ends in the reason that the frame would have if nobody were blocked:
 *
 *   SMTP                   TCP to port 25
 *   UNDECIDED, MALFORMED   may be SMTP
 *   OTHER                  is not, or can never be put together without a frame that was seen
 *   TUNNEL, UNSEEN         the source that matters is not in sight
 */
#ifndef SMTPFENCE_BPF_FRAME_H
#define SMTPFENCE_BPF_FRAME_H

/* Ethertypes: IEEE 802 numbers. A value below ETHERTYPE_MIN is an IEEE 802.3 length. */
#define ETHERTYPE_MIN	     0x0600
#define ETHERTYPE_IPV4	     0x0800
#define ETHERTYPE_ARP	     0x0806
#define ETHERTYPE_8021Q	     0x8100
#define ETHERTYPE_IPV6	     0x86dd
#define ETHERTYPE_MPLS	     0x8847
#define ETHERTYPE_MPLS_MULTI 0x8848
#define ETHERTYPE_PPPOE	     0x8864
#define ETHERTYPE_8021AD     0x88a8
#define ETHERTYPE_QINQ	     0x9100

/* Protocol numbers: IANA. */
#define PROTOCOL_HOPOPTS    0
#define PROTOCOL_IPIP	    4
#define PROTOCOL_TCP	    6
#define PROTOCOL_UDP	    17
#define PROTOCOL_IPV6	    41
#define PROTOCOL_ROUTING    43
#define PROTOCOL_FRAGMENT   44
#define PROTOCOL_GRE	    47
#define PROTOCOL_ESP	    50
#define PROTOCOL_AH	    51
#define PROTOCOL_DESTOPTS   60
#define PROTOCOL_ETHERIP    97
#define PROTOCOL_L2TP	    115
#define PROTOCOL_MOBILITY   135
#define PROTOCOL_MPLS_IN_IP 137
#define PROTOCOL_HIP	    139
#define PROTOCOL_SHIM6	    140

#define PORT_VXLAN 4789

/* IPv4 (RFC 791, section 3.1) and IPv6 (RFC 8200, section 4.5) fragmentation. */
#define IPV4_OFFSET 0x1fff
#define IPV4_MORE   0x2000
#define IPV4_DONT   0x4000
#define IPV6_OFFSET 0xfff8
#define IPV6_MORE   0x0001

#define TCP_FLAGS 13 /* their offset in the header (RFC 9293, section 3.1) */
#define TCP_FIN	  0x01
#define TCP_SYN	  0x02
#define TCP_RST	  0x04
#define TCP_ACK	  0x10

/*
 * No header starts behind this: 14 bytes of Ethernet, 8 tags, 8 bytes of LLC and SNAP, an IP header
 * and 16 extension headers of at most 2048 bytes. The verifier wants packet offsets below 64 Ki.
 */
#define OFFSET_MAX 0x8fff

/* The kernel has bpf_xdp_load_bytes and bpf_xdp_get_buff_len (5.18): probed by the loader. */
const volatile bool have_xdp_load_bytes;

enum flavour { FLAVOUR_XDP, FLAVOUR_TC };

/* The cursor. Offsets count from the start of the frame. */
struct frame {
	enum flavour flavour; /* a constant in each function: the other's code disappears */
	void *context;	      /* struct xdp_md or struct __sk_buff */
	void *data;	      /* the linear part */
	void *data_end;
	__u32 length;  /* all of it */
	__u32 tags;    /* VLAN tags so far; one may be in metadata */
	__u32 family;  /* enum smtpfence_family */
	__u32 ip;      /* offset of the IP header */
	__u32 offset;  /* of the next header */
	__u32 end;     /* of the IP packet, as its length field claims */
	__u32 tcp;     /* offset of the TCP header; 0: none, or in a fragment */
	bool snap;     /* an 802.3 length in place of the ethertype */
	bool fragment; /* the first of several IPv6 fragments */
	bool attempt;  /* TCP with SYN and without ACK */
};

static __always_inline struct frame xdp_frame(struct xdp_md *context)
{
	struct frame frame = {
		.flavour = FLAVOUR_XDP,
		.context = context,
		.data = (void *)(long)context->data,
		.data_end = (void *)(long)context->data_end,
	};

	if (have_xdp_load_bytes)
		frame.length = bpf_xdp_get_buff_len(context);
	else
		frame.length = frame.data_end - frame.data;
	return frame;
}

static __always_inline struct frame tc_frame(struct __sk_buff *context)
{
	struct frame frame = {
		.flavour = FLAVOUR_TC,
		.context = context,
		.data = (void *)(long)context->data,
		.data_end = (void *)(long)context->data_end,
		.length = context->len,
		.tags = context->vlan_present,
	};

	return frame;
}

/*
 * Copies bytes of the frame, also when they are outside of its linear part. The verifier of 5.10
 * follows a bound or a check only within one register: the barriers keep clang from using two.
 */
static __always_inline bool load(const struct frame *frame, __u64 offset, void *to,
				 const __u32 size)
{
	void *from;

	barrier_var(offset);
	if (offset > OFFSET_MAX)
		return false;
	from = frame->data + offset;
	barrier_var(from);
	if (from + size <= frame->data_end) {
		/* Not aligned, but clang would copy byte by byte. */
		__builtin_memcpy(to, __builtin_assume_aligned(from, 8), size);
		return true;
	}
	if (frame->flavour == FLAVOUR_TC)
		return !bpf_skb_load_bytes(frame->context, offset, to, size);
	if (have_xdp_load_bytes)
		return !bpf_xdp_load_bytes(frame->context, offset, to, size);
	return false;
}

/*
 * Moves on to the next header. Hides from the verifier that the offset often is one of a few
 * constants: it would check what follows once for each of them.
 */
static __always_inline void skip(struct frame *frame, __u32 size)
{
	__u32 left = frame->length - frame->offset - size;

	barrier_var(left);
	frame->offset = frame->length - left;
}

/* Where the IP packet's bytes end in this frame. */
static __always_inline __u32 visible(const struct frame *frame)
{
	return frame->end < frame->length ? frame->end : frame->length;
}

/* RFC 9293, section 3.1: the ports come first, the flags in byte 13. */
static __always_inline enum smtpfence_reason parse_tcp(struct frame *frame)
{
	__be16 ports[2];
	__u8 flags;

	if (frame->end > frame->length)
		return SMTPFENCE_REASON_MALFORMED;
	if (frame->offset + sizeof(ports) > frame->end ||
	    !load(frame, frame->offset, ports, sizeof(ports)))
		return frame->fragment ? SMTPFENCE_REASON_UNDECIDED : SMTPFENCE_REASON_MALFORMED;
	if (ports[1] != bpf_htons(SMTPFENCE_PORT))
		return SMTPFENCE_REASON_OTHER;

	if (frame->offset + TCP_FLAGS < frame->end &&
	    load(frame, frame->offset + TCP_FLAGS, &flags, sizeof(flags)))
		frame->attempt = (flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
	frame->tcp = frame->fragment ? 0 : frame->offset;
	return SMTPFENCE_REASON_SMTP;
}

/* VXLAN is known by its destination port (RFC 7348, section 5). */
static __always_inline enum smtpfence_reason parse_udp(const struct frame *frame)
{
	__be16 ports[2];

	if (frame->offset + sizeof(ports) <= visible(frame) &&
	    load(frame, frame->offset, ports, sizeof(ports)) && ports[1] == bpf_htons(PORT_VXLAN))
		return SMTPFENCE_REASON_TUNNEL;
	return SMTPFENCE_REASON_OTHER;
}

static __always_inline enum smtpfence_reason parse_transport(struct frame *frame, __u8 protocol)
{
	switch (protocol) {
	case PROTOCOL_TCP:
		return parse_tcp(frame);
	case PROTOCOL_UDP:
		return parse_udp(frame);
	case PROTOCOL_IPIP:
	case PROTOCOL_IPV6:
	case PROTOCOL_GRE:
	case PROTOCOL_ESP:
	case PROTOCOL_ETHERIP:
	case PROTOCOL_L2TP:
	case PROTOCOL_MPLS_IN_IP:
		return SMTPFENCE_REASON_TUNNEL;
	default:
		return SMTPFENCE_REASON_OTHER;
	}
}

/* AH belongs to both families; the others are IPv6's alone (RFC 7045, section 4). */
static __always_inline bool is_extension(const struct frame *frame, __u8 protocol)
{
	if (protocol == PROTOCOL_AH)
		return true;
	if (frame->family != SMTPFENCE_FAMILY_IPV6)
		return false;
	switch (protocol) {
	case PROTOCOL_HOPOPTS:
	case PROTOCOL_ROUTING:
	case PROTOCOL_FRAGMENT:
	case PROTOCOL_DESTOPTS:
	case PROTOCOL_MOBILITY:
	case PROTOCOL_HIP:
	case PROTOCOL_SHIM6:
		return true;
	default:
		return false;
	}
}

/* The first bytes of every extension header. */
struct extension {
	__u8 next;
	__u8 length;
	__be16 fragment; /* only in the fragment header */
};

#define EXTENSION_MIN 8 /* bytes (RFC 8200, section 4; RFC 4302, section 2.2) */

/* AH counts its length in 4 bytes minus 2, the others in 8 bytes minus 1; a fragment header in 0.
 */
static __always_inline __u32 extension_size(__u8 protocol, const struct extension *extension)
{
	switch (protocol) {
	case PROTOCOL_AH:
		return (extension->length + 2) * 4;
	case PROTOCOL_FRAGMENT:
		return EXTENSION_MIN;
	default:
		return (extension->length + 1) * 8;
	}
}

/* RFC 8200, section 4: header by header until the transport header. */
static __always_inline enum smtpfence_reason walk_extensions(struct frame *frame, __u8 protocol)
{
	struct extension extension;
	int i;

	for (i = 0; i < SMTPFENCE_EXTENSIONS_MAX && is_extension(frame, protocol); i++) {
		if (frame->offset + EXTENSION_MIN > visible(frame) ||
		    !load(frame, frame->offset, &extension, sizeof(extension)))
			return SMTPFENCE_REASON_UNDECIDED;
		if (protocol == PROTOCOL_FRAGMENT) {
			if (extension.fragment & bpf_htons(IPV6_OFFSET))
				return SMTPFENCE_REASON_OTHER;
			frame->fragment |= !!(extension.fragment & bpf_htons(IPV6_MORE));
		}
		skip(frame, extension_size(protocol, &extension));
		if (frame->offset > visible(frame))
			return SMTPFENCE_REASON_UNDECIDED;
		protocol = extension.next;
	}
	if (is_extension(frame, protocol))
		return SMTPFENCE_REASON_UNDECIDED;
	return parse_transport(frame, protocol);
}

/*
 * What parse() and walk() found, packed into a number: a global function takes and returns nothing
 * else in 5.10. Such a function is verified once for any arguments, and not once for each of the
 * many ways that lead to it.
 */
union finding {
	__u64 packed;
	struct {
		__u8 reason;   /* enum smtpfence_reason */
		__u8 family;   /* enum smtpfence_family */
		__u8 attempt;  /* TCP with SYN and without ACK */
		__u8 protocol; /* walk()'s argument: the first header's */
		__u16 ip;      /* offset of the IP header */
		__u16 tcp;     /* of the TCP header; 0 where reset.h has nothing to answer */
	};
};

static __always_inline __u64 found(const struct frame *frame, enum smtpfence_reason reason)
{
	union finding finding = {
		.reason = reason,
		.family = frame->family,
		.attempt = frame->attempt,
		.ip = frame->ip,
		.tcp = frame->snap ? 0 : frame->tcp,
	};

	return finding.packed;
}

static __always_inline __u64 walk(struct frame *frame, __u32 offset, __u32 end, __u64 packed)
{
	union finding finding = {.packed = packed};

	frame->offset = offset;
	frame->end = end;
	frame->family = finding.family;
	return found(frame, walk_extensions(frame, finding.protocol));
}

__noinline __u64 walk_xdp(struct xdp_md *context, __u32 offset, __u32 end, __u64 packed)
{
	struct frame frame = xdp_frame(context);

	return walk(&frame, offset, end, packed);
}

__noinline __u64 walk_tc(struct __sk_buff *context, __u32 offset, __u32 end, __u64 packed)
{
	struct frame frame = tc_frame(context);

	return walk(&frame, offset, end, packed);
}

/* What is behind the IP header. */
static __always_inline enum smtpfence_reason parse_packet(struct frame *frame, __u8 protocol)
{
	union finding finding = {.family = frame->family, .protocol = protocol};

	if (!is_extension(frame, protocol))
		return parse_transport(frame, protocol);
	if (frame->flavour == FLAVOUR_XDP)
		finding.packed =
			walk_xdp(frame->context, frame->offset, frame->end, finding.packed);
	else
		finding.packed = walk_tc(frame->context, frame->offset, frame->end, finding.packed);
	frame->attempt = finding.attempt;
	frame->tcp = finding.tcp;
	return finding.reason;
}

/* RFC 791, section 3.1. */
static __always_inline enum smtpfence_reason parse_ipv4(struct frame *frame)
{
	struct iphdr header;

	if (!load(frame, frame->ip, &header, sizeof(header)))
		return SMTPFENCE_REASON_UNSEEN;
	frame->family = SMTPFENCE_FAMILY_IPV4;
	if (header.version != 4 || header.ihl < 5)
		return SMTPFENCE_REASON_MALFORMED;
	if (header.frag_off & bpf_htons(IPV4_OFFSET))
		return SMTPFENCE_REASON_OTHER;

	/* A length of 0 stands for a packet too long for the field: a GSO frame of BIG TCP. */
	frame->offset = frame->ip + header.ihl * 4;
	frame->end = header.tot_len ? frame->ip + bpf_ntohs(header.tot_len) : frame->length;
	return parse_packet(frame, header.protocol);
}

/* RFC 8200, section 3. */
static __always_inline enum smtpfence_reason parse_ipv6(struct frame *frame)
{
	struct ipv6hdr header;

	if (!load(frame, frame->ip, &header, sizeof(header)))
		return SMTPFENCE_REASON_UNSEEN;
	frame->family = SMTPFENCE_FAMILY_IPV6;
	if (header.version != 6)
		return SMTPFENCE_REASON_MALFORMED;

	/* A length of 0 stands for a jumbogram (RFC 2675, section 3). */
	frame->offset += sizeof(header);
	frame->end =
		header.payload_len ? frame->offset + bpf_ntohs(header.payload_len) : frame->length;
	return parse_packet(frame, header.nexthdr);
}

static __always_inline bool is_tag(__be16 ethertype)
{
	return ethertype == bpf_htons(ETHERTYPE_8021Q) ||
	       ethertype == bpf_htons(ETHERTYPE_8021AD) || ethertype == bpf_htons(ETHERTYPE_QINQ);
}

struct tag {
	__be16 control;
	__be16 ethertype;
};

/* IEEE 802.1Q. False if there are too many tags, or one is cut off. */
static __always_inline bool skip_tags(struct frame *frame, __be16 *ethertype)
{
	struct tag tag;
	int i;

	/* As a loop, clang lets an iteration fall through into the next, which 5.10 refuses. */
#pragma unroll
	for (i = 0; i <= SMTPFENCE_VLAN_MAX && is_tag(*ethertype); i++) {
		if (++frame->tags > SMTPFENCE_VLAN_MAX ||
		    !load(frame, frame->offset, &tag, sizeof(tag)))
			return false;
		skip(frame, sizeof(tag));
		*ethertype = tag.ethertype;
	}
	return true;
}

struct snap {
	__u8 llc[3];
	__u8 oui[3];
	__be16 ethertype;
};

/* RFC 1042 (OUI 00-00-00) and IEEE 802.1H (00-00-F8); false for any other LLC frame. */
static __always_inline bool skip_llc(struct frame *frame, __be16 *ethertype)
{
	struct snap snap;

	if (bpf_ntohs(*ethertype) >= ETHERTYPE_MIN)
		return true;
	if (!load(frame, frame->offset, &snap, sizeof(snap)))
		return false;
	if (snap.llc[0] != 0xaa || snap.llc[1] != 0xaa || snap.llc[2] != 0x03)
		return false;
	if (snap.oui[0] || snap.oui[1] || (snap.oui[2] && snap.oui[2] != 0xf8))
		return false;
	skip(frame, sizeof(snap));
	frame->snap = true;
	*ethertype = snap.ethertype;
	return true;
}

/* The whole frame. */
static __always_inline enum smtpfence_reason parse_frame(struct frame *frame)
{
	__be16 ethertype;

	if (!load(frame, __builtin_offsetof(struct ethhdr, h_proto), &ethertype, sizeof(ethertype)))
		return SMTPFENCE_REASON_OTHER;
	skip(frame, sizeof(struct ethhdr));
	if (!skip_tags(frame, &ethertype))
		return SMTPFENCE_REASON_UNSEEN;
	if (!skip_llc(frame, &ethertype))
		return SMTPFENCE_REASON_OTHER;
	if (!skip_tags(frame, &ethertype))
		return SMTPFENCE_REASON_UNSEEN;

	frame->ip = frame->offset;
	switch (ethertype) {
	case bpf_htons(ETHERTYPE_IPV4):
		return parse_ipv4(frame);
	case bpf_htons(ETHERTYPE_IPV6):
		return parse_ipv6(frame);
	case bpf_htons(ETHERTYPE_MPLS):
	case bpf_htons(ETHERTYPE_MPLS_MULTI):
	case bpf_htons(ETHERTYPE_PPPOE):
		return SMTPFENCE_REASON_TUNNEL;
	default:
		return SMTPFENCE_REASON_OTHER;
	}
}

__noinline __u64 parse_xdp(struct xdp_md *context)
{
	struct frame frame = xdp_frame(context);

	return found(&frame, parse_frame(&frame));
}

__noinline __u64 parse_tc(struct __sk_buff *context)
{
	struct frame frame = tc_frame(context);

	return found(&frame, parse_frame(&frame));
}

/* 16 bytes in network byte order, IPv4 v4-mapped, in a form that fits into two registers. */
struct address {
	__u64 high, low;
};

static __always_inline struct address map_ipv4(__be32 ipv4)
{
	struct address address = {.low = bpf_cpu_to_be64(0xffff00000000 | bpf_ntohl(ipv4))};

	return address;
}

/* What the verdict and the counters are about. */
struct packet {
	enum smtpfence_reason class; /* as at the top of this file */
	__u32 family;		     /* enum smtpfence_family */
	__u32 length;		     /* of the frame */
	bool attempt;		     /* TCP with SYN and without ACK */
	struct address source;
	struct address destination;
};

/* Reads again what parse() has seen to be there. */
static __always_inline void load_addresses(const struct frame *frame, struct packet *packet,
					   __u32 ip)
{
	struct address ipv6[2] = {};
	__be32 ipv4[2] = {};

	if (packet->family == SMTPFENCE_FAMILY_IPV4) {
		load(frame, ip + __builtin_offsetof(struct iphdr, saddr), ipv4, sizeof(ipv4));
		packet->source = map_ipv4(ipv4[0]);
		packet->destination = map_ipv4(ipv4[1]);
	} else {
		load(frame, ip + __builtin_offsetof(struct ipv6hdr, saddr), ipv6, sizeof(ipv6));
		packet->source = ipv6[0];
		packet->destination = ipv6[1];
	}
}

static __always_inline bool may_be_smtp(const struct packet *packet)
{
	return packet->class == SMTPFENCE_REASON_SMTP ||
	       packet->class == SMTPFENCE_REASON_UNDECIDED ||
	       packet->class == SMTPFENCE_REASON_MALFORMED;
}

static __always_inline struct packet parse(const struct frame *frame)
{
	union finding finding;
	struct packet packet = {};

	if (frame->flavour == FLAVOUR_XDP)
		finding.packed = parse_xdp(frame->context);
	else
		finding.packed = parse_tc(frame->context);
	packet.class = finding.reason;
	packet.family = finding.family;
	packet.attempt = finding.attempt;
	packet.length = frame->length;
	if (may_be_smtp(&packet))
		load_addresses(frame, &packet, finding.ip);
	return packet;
}

/* IPv4 and IPv6 frames without options and extension headers: all is at constant offsets. */
struct plain_ipv4 {
	struct ethhdr link;
	struct iphdr ip;
	__be16 ports[2];
} __attribute__((packed, aligned(2)));

struct plain_ipv6 {
	struct ethhdr link;
	struct ipv6hdr ip;
	__be16 ports[2];
} __attribute__((packed, aligned(2)));

static __always_inline bool is_plainly_other(__u8 protocol, __be16 port, __u32 end, __u32 headers,
					     __u32 length)
{
	if (protocol == PROTOCOL_TCP)
		return port != bpf_htons(SMTPFENCE_PORT) && end >= headers && end <= length;
	return protocol == PROTOCOL_UDP && port != bpf_htons(PORT_VXLAN);
}

/* Two ranges, IP left aside, in which there is nothing that parse_frame() looks behind. */
static __always_inline bool is_plain_ethertype(__be16 ethertype)
{
	__u16 number = bpf_ntohs(ethertype);

	return (number >= ETHERTYPE_MIN && number < ETHERTYPE_8021Q) ||
	       (number > ETHERTYPE_8021AD && number < ETHERTYPE_QINQ);
}

#define PLAIN_TAGS 4 /* more are looked through by parse() only */

/*
 * Most frames are plainly not SMTP, and a few fields at constant offsets say so. True only where
 * parse() says OTHER; false says nothing. A later fragment may pass for a whole packet here: it is
 * OTHER either way.
 *
 * Seen from 4 bytes further on, a frame with a tag looks like one without: the ethertype that the
 * tag ends with stands where the Ethernet header had its own.
 */
static __always_inline bool is_plain(const void *data, const void *data_end, __u32 length)
{
	const struct plain_ipv4 *ipv4;
	const struct plain_ipv6 *ipv6;
	__u32 tags;

#pragma clang loop unroll(disable)
	for (tags = 0; tags <= PLAIN_TAGS; tags++) {
		ipv4 = data;
		ipv6 = data;
		if ((const void *)(ipv4 + 1) > data_end)
			return false;
		if (ipv4->link.h_proto == bpf_htons(ETHERTYPE_IPV4))
			return ipv4->ip.version == 4 && ipv4->ip.ihl == 5 &&
			       is_plainly_other(ipv4->ip.protocol, ipv4->ports[1],
						sizeof(ipv4->link) + bpf_ntohs(ipv4->ip.tot_len),
						sizeof(*ipv4), length);
		if (ipv4->link.h_proto == bpf_htons(ETHERTYPE_IPV6) &&
		    (const void *)(ipv6 + 1) <= data_end)
			return ipv6->ip.version == 6 &&
			       is_plainly_other(ipv6->ip.nexthdr, ipv6->ports[1],
						sizeof(ipv6->link) + sizeof(ipv6->ip) +
							bpf_ntohs(ipv6->ip.payload_len),
						sizeof(*ipv6), length);
		if (is_plain_ethertype(ipv4->link.h_proto))
			return true;
		if (!is_tag(ipv4->link.h_proto))
			return false;
		data += sizeof(struct tag);
		length -= sizeof(struct tag);
	}
	return false;
}

/* The start of a TCP header, up to its flags (RFC 9293, section 3.1). */
struct plain_tcp {
	__be16 ports[2];
	__be32 sequence[2];
	__u8 offset;
	__u8 flags;
} __attribute__((packed, aligned(2)));

/* @end: of the IP packet, as its length field claims. */
static __always_inline bool take_plain_tcp(const struct frame *frame, struct packet *packet,
					   const struct plain_tcp *tcp, __u32 end)
{
	__u32 headers = (const void *)(tcp + 1) - frame->data;

	if (tcp->ports[1] != bpf_htons(SMTPFENCE_PORT) || end < headers || end > frame->length)
		return false;
	packet->class = SMTPFENCE_REASON_SMTP;
	packet->length = frame->length;
	packet->attempt = (tcp->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
	return true;
}

/* Most SMTP is as plain. True only where parse() says the same; false says nothing. */
static __always_inline bool parse_plain(const struct frame *frame, struct packet *packet)
{
	const struct ethhdr *link = frame->data;
	const struct iphdr *ipv4 = (const void *)(link + 1);
	const struct ipv6hdr *ipv6 = (const void *)(link + 1);
	const struct plain_tcp *tcp;

	if ((const void *)(ipv4 + 1) > frame->data_end)
		return false;
	if (link->h_proto == bpf_htons(ETHERTYPE_IPV4)) {
		tcp = (const void *)(ipv4 + 1);
		if ((const void *)(tcp + 1) > frame->data_end || ipv4->version != 4 ||
		    ipv4->ihl != 5 || ipv4->protocol != PROTOCOL_TCP ||
		    ipv4->frag_off & bpf_htons(IPV4_OFFSET))
			return false;
		packet->family = SMTPFENCE_FAMILY_IPV4;
		packet->source = map_ipv4(ipv4->saddr);
		packet->destination = map_ipv4(ipv4->daddr);
		return take_plain_tcp(frame, packet, tcp, sizeof(*link) + bpf_ntohs(ipv4->tot_len));
	}
	tcp = (const void *)(ipv6 + 1);
	if (link->h_proto != bpf_htons(ETHERTYPE_IPV6) ||
	    (const void *)(tcp + 1) > frame->data_end || ipv6->version != 6 ||
	    ipv6->nexthdr != PROTOCOL_TCP)
		return false;
	packet->family = SMTPFENCE_FAMILY_IPV6;
	__builtin_memcpy(&packet->source, &ipv6->saddr, sizeof(packet->source));
	__builtin_memcpy(&packet->destination, &ipv6->daddr, sizeof(packet->destination));
	return take_plain_tcp(frame, packet, tcp,
			      sizeof(*link) + sizeof(*ipv6) + bpf_ntohs(ipv6->payload_len));
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The contract between the kernel side (bpf/) and the user side (agent/): what the pinned maps
 * hold. Nothing else is shared.
 *
 * Integers are in host byte order, addresses in network byte order. Every structure has the same
 * layout for 32-bit and 64-bit compilers and holds no implicit padding: the asserts below see to
 * it. A change of this file changes the schema hash (settings.schema), so that an agent never reads
 * the maps of another version by mistake.
 */
#ifndef SMTPFENCE_ABI_H
#define SMTPFENCE_ABI_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

/* TCP port of SMTP between mail servers (RFC 5321, section 4.5.4.2). */
#define SMTPFENCE_PORT 25

/* Longest stack of VLAN tags that is looked through, tags in skb metadata included. */
#define SMTPFENCE_VLAN_MAX 8

/* Most IPv6 extension headers (AH in IPv4 included) that are looked through. */
#define SMTPFENCE_EXTENSIONS_MAX 16

/* Fixed place of the TC programs, so that they are replaced in place and found again. */
#define SMTPFENCE_TC_PRIORITY 1
#define SMTPFENCE_TC_HANDLE   0x25

/*
 * An address or a prefix. IPv4 is v4-mapped (RFC 4291, section 2.5.5.2), and the length counts in
 * the 128-bit space: 192.0.2.1/32 is {128, ::ffff:192.0.2.1}, 192.0.2.0/24 is {120, …}. Bits
 * behind the length are 0. It is the key of `blocks`, and as struct bpf_lpm_trie_key wants it, of
 * `prefixes` and `exempt_destinations`.
 */
struct smtpfence_prefix {
	__u32 length;	  /* bits, 0 to 128 */
	__u8 address[16]; /* network byte order */
};

#define SMTPFENCE_IPV4_BITS 96 /* length of the v4-mapped prefix ::ffff:0:0/96 */

enum smtpfence_action {
	SMTPFENCE_ACTION_DROP = 1,
	SMTPFENCE_ACTION_ALLOW = 2, /* lets an address inside a blocked prefix through */
};

/* Value of `blocks` and `prefixes`. */
struct smtpfence_block {
	__u64 deadline; /* CLOCK_BOOTTIME, ns; from then on the entry is as if absent; 0: none */
	__u32 action;	/* enum smtpfence_action */
	__u32 length;	/* the key's length again: a trie lookup does not tell which key matched */
};

enum smtpfence_role {
	SMTPFENCE_ROLE_GUEST = 0,  /* the host's end of a guest's port */
	SMTPFENCE_ROLE_UPLINK = 1, /* where frames leave the host */
	SMTPFENCE_ROLES,
};

enum smtpfence_hook {
	SMTPFENCE_HOOK_NONE = 0,
	SMTPFENCE_HOOK_XDP_NATIVE = 1,
	SMTPFENCE_HOOK_XDP_GENERIC = 2,
	SMTPFENCE_HOOK_TC_INGRESS = 3,
	SMTPFENCE_HOOK_TC_EGRESS = 4,
};

enum smtpfence_family {
	SMTPFENCE_FAMILY_IPV4 = 0,
	SMTPFENCE_FAMILY_IPV6 = 1,
	SMTPFENCE_FAMILIES,
};

enum smtpfence_verdict {
	SMTPFENCE_PASS = 0,
	SMTPFENCE_DROP = 1,
};

/*
 * Why a frame got its verdict: X(NAME, label, verdict, sentence). The label is the metric's
 * `reason` and stands in JSON. New reasons go at the end: the number is the index of `totals`.
 */
/* clang-format off */
#define SMTPFENCE_REASONS(X) \
	X(OTHER,             other,             PASS, "not TCP to port 25 (never counted)") \
	X(SMTP,              smtp,              PASS, "TCP to port 25, source not blocked") \
	X(ALLOWED,           allowed,           PASS, "an allow entry is the most specific") \
	X(EXEMPT,            exempt,            PASS, "source blocked, but the destination is exempt") \
	X(EXPIRED,           expired,           PASS, "the source's block is past its deadline") \
	X(MONITORED,         monitored,         PASS, "source blocked, but the mode is monitor") \
	X(UNDECIDED,         undecided,         PASS, "the header chain ends before the port, source not blocked") \
	X(MALFORMED,         malformed,         PASS, "lengths contradict each other, source not blocked") \
	X(TUNNEL,            tunnel,            PASS, "a tunnel: what is inside leaves under another address") \
	X(UNSEEN,            unseen,            PASS, "too many VLAN tags or no whole IP header: the source cannot be seen") \
	X(BLOCKED,           blocked,           DROP, "TCP to port 25 from a blocked source") \
	X(BLOCKED_UNDECIDED, blocked_undecided, DROP, "source blocked, the header chain ends before the port") \
	X(BLOCKED_MALFORMED, blocked_malformed, DROP, "source blocked, lengths contradict each other")
/* clang-format on */

enum smtpfence_reason {
#define SMTPFENCE_REASON_ENUM(name, label, verdict, sentence) SMTPFENCE_REASON_##name,
	SMTPFENCE_REASONS(SMTPFENCE_REASON_ENUM)
#undef SMTPFENCE_REASON_ENUM
		SMTPFENCE_REASON_COUNT,
};

/* Frames are counted as the hook sees them: one GSO frame is one, with all its bytes. */
struct smtpfence_tally {
	__u64 packets;
	__u64 bytes;	/* Ethernet header included, frame check sequence not */
	__u64 attempts; /* of these, TCP with SYN and without ACK */
};

/* Value of `totals`, whose index is enum smtpfence_reason. */
struct smtpfence_total {
	struct smtpfence_tally tally[SMTPFENCE_ROLES][SMTPFENCE_FAMILIES];
};

/* Key of `sources`: who sends, and where it comes in. */
struct smtpfence_source_key {
	__u32 ifindex;
	struct smtpfence_prefix source; /* IPv4 /32; IPv6 cut to settings.ipv6_count_length */
};

#define SMTPFENCE_BITMAP_WORDS 4 /* 256 bits */

/* Value of `sources`: SMTP volume (and undecided or malformed frames that may be SMTP). */
struct smtpfence_source {
	__u64 packets; /* all, dropped ones included */
	__u64 bytes;
	__u64 attempts; /* SYN without ACK, dropped ones included */
	__u64 dropped_packets;
	__u64 dropped_bytes;
	__u64 first_seen; /* CLOCK_BOOTTIME, ns; exact to one timer tick */
	__u64 last_seen;
	/* One bit a hashed destination address: linear counting (Whang et al., 1990). */
	__u64 destinations[SMTPFENCE_BITMAP_WORDS];
};

/* Value of `block_hits`, whose key is the entry of `blocks` or `prefixes` that matched. */
struct smtpfence_hits {
	__u64 packets; /* dropped, or in monitor mode what would have been */
	__u64 bytes;
	__u64 attempts; /* of these, TCP with SYN and without ACK */
};

/* How XDP sends a frame back on an interface, where on_block is reset. TC needs no telling. */
enum smtpfence_xdp_reply {
	SMTPFENCE_XDP_REPLY_NONE = 0,	  /* not at all */
	SMTPFENCE_XDP_REPLY_IN_PLACE = 1, /* generic: there is an skb behind the frame */
	SMTPFENCE_XDP_REPLY_TX = 2,
	SMTPFENCE_XDP_REPLY_REDIRECT = 3, /* a veth does not wake its other end for XDP_TX */
};

/* Value of `interfaces`, whose key is the interface index (__u32). Updated atomically. */
struct smtpfence_interface {
	__u32 role;	 /* enum smtpfence_role */
	__u32 hook;	 /* enum smtpfence_hook */
	__u32 xdp_reply; /* enum smtpfence_xdp_reply */
	__u32 reserved;
	__u64 packets; /* SMTP frames seen, dropped ones included */
	__u64 bytes;
	__u64 dropped_packets;
	__u64 dropped_bytes;
};

#define SMTPFENCE_RECENT 256 /* slots a CPU; a power of two */

/*
 * Value of `recent`: a source that this CPU has just judged, in a slot that its address picks.
 * Until the timer tick or settings.generation has moved on, its next frames are judged alike
 * without another look, and their volume waits here. With the next frame in the slot it goes to
 * `sources`, `interfaces` and `block_hits`. Until then a reader of `sources` adds it; the other two
 * are behind by it, which is what a source sends in one timer tick at the most.
 */
struct smtpfence_recent {
	__u64 source[2];  /* network byte order, IPv4 v4-mapped */
	__u64 tick;	  /* jiffies of the judgement; 0: none that lasts */
	__u64 seen;	  /* the same, CLOCK_BOOTTIME, ns */
	__u32 generation; /* settings.generation */
	__u32 ifindex;
	__u8 reason; /* enum smtpfence_reason */
	__u8 role;   /* enum smtpfence_role, of the interface */
	__u8 length; /* of the entry that decided */
	__u8 reserved[5];
	struct smtpfence_tally waiting;
	__u64 destinations[SMTPFENCE_BITMAP_WORDS]; /* of what waits, as in smtpfence_source */
};

enum smtpfence_mode {
	SMTPFENCE_MODE_ENFORCE = 0,
	SMTPFENCE_MODE_MONITOR = 1, /* pass everything, count what would have been dropped */
};

enum smtpfence_on_block {
	SMTPFENCE_ON_BLOCK_DROP = 0,
	SMTPFENCE_ON_BLOCK_RESET = 1, /* a blocked SYN is answered with a TCP RST */
};

/* The one entry of `settings`. All zero but the schema is a valid, enforcing configuration. */
struct smtpfence_settings {
	__u64 schema;		 /* hash of this file without its comments */
	__u32 mode;		 /* enum smtpfence_mode */
	__u32 on_block;		 /* enum smtpfence_on_block */
	__u32 prefixes;		 /* entries in `prefixes`; 0 spares the trie lookup */
	__u32 exempt;		 /* entries in `exempt_destinations`; 0 spares the trie lookup */
	__u32 ipv6_count_length; /* IPv6 sources are counted per prefix of so many bits: 64 or 128
				  */
	__u32 generation; /* changes with every change of entries or settings; ends every judgement
			     in `recent` */
};

/*
 * What the program `check` writes over the start of the frame it was run on (BPF_PROG_TEST_RUN,
 * data_out): the verdict that the frame would get, without counting it.
 */
struct smtpfence_answer {
	__u64 deadline; /* of the matching entry; 0: none */
	__u32 verdict;	/* enum smtpfence_verdict */
	__u32 reason;	/* enum smtpfence_reason */
	__u32 matched;	/* 1: `match` holds the entry that decided */
	struct smtpfence_prefix match;
};

#define SMTPFENCE_LAYOUT(type, size)                                                               \
	_Static_assert(sizeof(struct type) == (size), "size of struct " #type)
#define SMTPFENCE_OFFSET(type, field, offset)                                                      \
	_Static_assert(__builtin_offsetof(struct type, field) == (offset),                         \
		       "offset of " #field " in struct " #type)

SMTPFENCE_LAYOUT(smtpfence_prefix, 20);
SMTPFENCE_OFFSET(smtpfence_prefix, address, 4);
SMTPFENCE_LAYOUT(smtpfence_block, 16);
SMTPFENCE_OFFSET(smtpfence_block, action, 8);
SMTPFENCE_OFFSET(smtpfence_block, length, 12);
SMTPFENCE_LAYOUT(smtpfence_tally, 24);
SMTPFENCE_LAYOUT(smtpfence_total, 96);
SMTPFENCE_LAYOUT(smtpfence_source_key, 24);
SMTPFENCE_OFFSET(smtpfence_source_key, source, 4);
SMTPFENCE_LAYOUT(smtpfence_source, 88);
SMTPFENCE_OFFSET(smtpfence_source, first_seen, 40);
SMTPFENCE_OFFSET(smtpfence_source, destinations, 56);
SMTPFENCE_LAYOUT(smtpfence_hits, 24);
SMTPFENCE_LAYOUT(smtpfence_interface, 48);
SMTPFENCE_OFFSET(smtpfence_interface, xdp_reply, 8);
SMTPFENCE_OFFSET(smtpfence_interface, packets, 16);
SMTPFENCE_LAYOUT(smtpfence_recent, 104);
SMTPFENCE_OFFSET(smtpfence_recent, generation, 32);
SMTPFENCE_OFFSET(smtpfence_recent, waiting, 48);
SMTPFENCE_OFFSET(smtpfence_recent, destinations, 72);
SMTPFENCE_LAYOUT(smtpfence_settings, 32);
SMTPFENCE_OFFSET(smtpfence_settings, mode, 8);
SMTPFENCE_OFFSET(smtpfence_settings, ipv6_count_length, 24);
SMTPFENCE_OFFSET(smtpfence_settings, generation, 28);
SMTPFENCE_LAYOUT(smtpfence_answer, 40);
SMTPFENCE_OFFSET(smtpfence_answer, match, 20);

#endif

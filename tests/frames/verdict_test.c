/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verdict table, row by row. Each case runs on every entry point, once with a source that is
 * not blocked and once with one that is. The reason is read from what was counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "entry_points.h"

struct row {
	const char *description;
	const char *frame;
	enum smtpfence_reason class; /* the reason for a source that is not blocked */
};

#define SMTP	  SMTPFENCE_REASON_SMTP
#define OTHER	  SMTPFENCE_REASON_OTHER
#define UNDECIDED SMTPFENCE_REASON_UNDECIDED
#define MALFORMED SMTPFENCE_REASON_MALFORMED
#define TUNNEL	  SMTPFENCE_REASON_TUNNEL
#define UNSEEN	  SMTPFENCE_REASON_UNSEEN

#define TIMES4(words)  words words words words
#define TIMES15(words) TIMES4(words) TIMES4(words) TIMES4(words) words words words
#define TIMES16(words) TIMES15(words) words

/* A frame that ends so many bytes into the TCP header, and says so. */
#define TRUNCATED(size, class)                                                                     \
	{"IPv4, TCP header of " #size " bytes", "ip4 tcp:25,size=" #size, class},                  \
	{                                                                                          \
		"IPv6, TCP header of " #size " bytes", "ip6 tcp:25,size=" #size, class             \
	}

/* A frame that was cut so many bytes behind the start of the TCP header, and does not say so. */
#define CUT(size, cut)                                                                             \
	{"IPv4, frame cut " #size " bytes into TCP", "ip4 tcp:25 cut:" #cut, MALFORMED},           \
	{                                                                                          \
		"IPv6, frame cut " #size " bytes into TCP", "ip6 tcp:25 cut:" #cut, MALFORMED      \
	}

/* clang-format off */
static const struct row rows[] = {
	/* TCP to port 25, any flags. */
	{"IPv4 SYN", "ip4 tcp:25,syn", SMTP},
	{"IPv4 SYN and ACK", "ip4 tcp:25,syn,ack", SMTP},
	{"IPv4 ACK with data", "ip4 tcp:25,ack data:100", SMTP},
	{"IPv4 without flags", "ip4 tcp:25", SMTP},
	{"IPv4 with padding of the link", "ip4 tcp:25,syn trail:6", SMTP},
	{"IPv6 SYN", "ip6 tcp:25,syn", SMTP},
	{"IPv6 SYN and ACK", "ip6 tcp:25,syn,ack", SMTP},
	{"IPv6 ACK with data", "ip6 tcp:25,ack data:100", SMTP},
	{"IPv6 without flags", "ip6 tcp:25", SMTP},
	{"IPv6 with padding of the link", "ip6 tcp:25,syn trail:6", SMTP},
	{"IPv4 from port 25 to port 25", "ip4 tcp:25,from=25", SMTP},

	/* Anything else. */
	{"IPv4 TCP 24", "ip4 tcp:24,syn", OTHER},
	{"IPv4 TCP 26", "ip4 tcp:26,syn", OTHER},
	{"IPv4 TCP 443", "ip4 tcp:443,syn", OTHER},
	{"IPv4 TCP 465", "ip4 tcp:465,syn", OTHER},
	{"IPv4 TCP 587", "ip4 tcp:587,syn", OTHER},
	{"IPv4 TCP 2525", "ip4 tcp:2525,syn", OTHER},
	{"IPv4 TCP 6400: port 25 in the wrong byte order", "ip4 tcp:6400,syn", OTHER},
	{"IPv4 TCP 281: low byte 25", "ip4 tcp:281,syn", OTHER},
	{"IPv4 TCP from port 25", "ip4 tcp:40000,from=25,syn,ack", OTHER},
	{"IPv6 TCP 24", "ip6 tcp:24,syn", OTHER},
	{"IPv6 TCP 26", "ip6 tcp:26,syn", OTHER},
	{"IPv6 TCP 465", "ip6 tcp:465,syn", OTHER},
	{"IPv6 TCP 587", "ip6 tcp:587,syn", OTHER},
	{"IPv6 TCP 2525", "ip6 tcp:2525,syn", OTHER},
	{"IPv6 TCP 6400: port 25 in the wrong byte order", "ip6 tcp:6400,syn", OTHER},
	{"IPv6 TCP from port 25", "ip6 tcp:40000,from=25,syn,ack", OTHER},
	{"IPv4 UDP 25", "ip4 udp:25", OTHER},
	{"IPv6 UDP 25", "ip6 udp:25", OTHER},
	{"IPv4 UDP 53", "ip4 udp:53", OTHER},
	{"IPv4 ICMP", "ip4 proto:1", OTHER},
	{"IPv4 SCTP", "ip4 proto:132", OTHER},
	{"IPv6 ICMPv6", "ip6 proto:58", OTHER},
	{"IPv6 without a next header", "ip6", OTHER},
	{"IPv6, extension header and no next header", "ip6 dest", OTHER},
	{"IPv6, unknown next header", "ip6 proto:253", OTHER},
	{"ARP", "type:0806", OTHER},
	{"LLDP", "type:88cc", OTHER},
	{"an ethertype nobody knows", "type:9999", OTHER},
	{"IPv4 in the other byte order", "type:0008", OTHER},

	/* VLAN tags: up to 8 are looked through. */
	{"1 tag", "tag ip4 tcp:25,syn", SMTP},
	{"1 tag 88a8", "tag:88a8 ip4 tcp:25,syn", SMTP},
	{"1 tag 9100", "tag:9100 ip4 tcp:25,syn", SMTP},
	{"1 tag, IPv6", "tag ip6 tcp:25,syn", SMTP},
	{"2 tags", "tag:88a8 tag ip4 tcp:25,syn", SMTP},
	{"3 tags", "tag:9100 tag:88a8 tag ip6 tcp:25,syn", SMTP},
	{"4 tags", TIMES4("tag ") "ip4 tcp:25,syn", SMTP},
	{"5 tags", TIMES4("tag ") "tag:88a8 ip6 tcp:25,syn", SMTP},
	{"6 tags", TIMES4("tag ") "tag:88a8 tag ip4 tcp:25,syn", SMTP},
	{"7 tags", TIMES4("tag:9100 ") "tag:88a8 tag tag ip4 tcp:25,syn", SMTP},
	{"8 tags", TIMES4("tag:88a8 tag ") "ip4 tcp:25,syn", SMTP},
	{"8 tags, IPv6", TIMES4("tag:9100 tag ") "ip6 tcp:25,syn", SMTP},
	{"8 tags, TCP 443", TIMES4("tag:88a8 tag ") "ip4 tcp:443,syn", OTHER},
	{"8 tags, ARP", TIMES4("tag:88a8 tag ") "type:0806", OTHER},
	{"9 tags", "tag " TIMES4("tag:88a8 tag ") "ip4 tcp:25,syn", UNSEEN},
	{"9 tags, TCP 443", "tag " TIMES4("tag:88a8 tag ") "ip4 tcp:443,syn", UNSEEN},
	{"10 tags, IPv6", "tag tag " TIMES4("tag:88a8 tag ") "ip6 tcp:25,syn", UNSEEN},
	{"a tag that is cut off", "tag cut:2", UNSEEN},
	{"a tag and TCP 443", "tag ip4 tcp:443,syn", OTHER},

	/* 802.3. */
	{"SNAP", "snap ip4 tcp:25,syn", SMTP},
	{"SNAP, IPv6", "snap ip6 tcp:25,syn", SMTP},
	{"SNAP by 802.1H", "snap:f8 ip4 tcp:25,syn", SMTP},
	{"SNAP of another organisation", "snap:0c ip4 tcp:25,syn", OTHER},
	{"SNAP behind a tag", "tag snap ip4 tcp:25,syn", SMTP},
	{"SNAP before a tag", "snap tag ip4 tcp:25,syn", SMTP},
	{"SNAP between tags", "tag:88a8 snap tag ip6 tcp:25,syn", SMTP},
	{"SNAP behind 4 tags and before 4", TIMES4("tag ") "snap " TIMES4("tag ") "ip4 tcp:25", SMTP},
	{"SNAP behind 4 tags and before 5", TIMES4("tag ") "snap " TIMES4("tag ") "tag ip4 tcp:25",
	 UNSEEN},
	{"SNAP behind 8 tags", TIMES4("tag tag ") "snap ip4 tcp:25", SMTP},
	{"SNAP behind 9 tags", "tag " TIMES4("tag tag ") "snap ip4 tcp:25", UNSEEN},
	{"SNAP, TCP 443", "snap ip4 tcp:443,syn", OTHER},
	{"SNAP, ARP", "snap type:0806", OTHER},
	{"SNAP, MPLS", "snap type:8847", TUNNEL},
	{"LLC that is not SNAP", "llc", OTHER},
	{"LLC that is cut off", "llc cut:33", OTHER},

	/* IPv4 options and lengths. */
	{"IPv4, 4 bytes of options", "ip4:opts=4 tcp:25,syn", SMTP},
	{"IPv4, 40 bytes of options", "ip4:opts=40 tcp:25,syn", SMTP},
	{"IPv4, options, TCP 443", "ip4:opts=8 tcp:443,syn", OTHER},
	{"IPv4, options cut by the frame", "ip4:opts=40 tcp:25,syn cut:30", MALFORMED},
	{"IPv4, options cut by the frame, UDP", "ip4:opts=40,proto=17 udp:25 cut:20", OTHER},
	{"IPv4 of total length 0: all of the frame", "ip4:len=0 tcp:25,syn", SMTP},
	{"IPv4 of total length 0, TCP 443", "ip4:len=0 tcp:443,syn", OTHER},
	{"IPv4 of total length 19", "ip4:len=19 tcp:25,syn", MALFORMED},
	{"IPv4 of total length 20", "ip4:len=20 tcp:25,syn", MALFORMED},
	{"IPv4 of total length 23", "ip4:len=23 tcp:25,syn", MALFORMED},
	{"IPv4 of total length 24: just the ports", "ip4:len=24 tcp:25,syn", SMTP},
	{"IPv4 of total length 24, TCP 443", "ip4:len=24 tcp:443,syn", OTHER},
	{"IPv4 of total length 23, TCP 443", "ip4:len=23 tcp:443,syn", MALFORMED},
	{"IPv4 of total length 1 too many", "ip4:len=41 tcp:25,syn", MALFORMED},
	{"IPv4 of total length 1 too many, TCP 443", "ip4:len=41 tcp:443,syn", MALFORMED},
	{"IPv4 of total length 65535", "ip4:len=65535 tcp:25,syn", MALFORMED},
	{"IPv4 of total length 65535, UDP", "ip4:len=65535 udp:25", OTHER},
	{"IPv4 of total length 19, UDP", "ip4:len=19 udp:25", OTHER},
	{"IPv4, options, total length less than the header", "ip4:opts=8,len=24 tcp:25", MALFORMED},
	{"IPv4, IHL 4", "ip4:ihl=4 tcp:25,syn", MALFORMED},
	{"IPv4, IHL 0", "ip4:ihl=0 tcp:25,syn", MALFORMED},
	{"IPv4, IHL 4, UDP", "ip4:ihl=4 udp:53", MALFORMED},
	{"IPv4, IHL 15 without options", "ip4:ihl=15 tcp:25,syn", MALFORMED},
	{"IPv4, version 6", "ip4:ver=6 tcp:25,syn", MALFORMED},
	{"IPv4, version 0, TCP 443", "ip4:ver=0 tcp:443,syn", MALFORMED},
	{"IPv4 header of 19 bytes", "ip4 cut:1", UNSEEN},
	{"IPv4 header of 19 bytes behind a tag", "tag ip4 cut:1", UNSEEN},
	{"IPv4 header of 0 bytes", "ip4 cut:20", UNSEEN},
	{"IPv4 header and nothing else", "ip4:proto=6", MALFORMED},

	/* AH. */
	{"IPv4 AH", "ip4 ah tcp:25,syn", SMTP},
	{"IPv4 AH of 12 bytes", "ip4 ah:size=12 tcp:25,syn", SMTP},
	{"IPv4 AH of 44 bytes", "ip4 ah:size=44 tcp:25,syn", SMTP},
	{"IPv4, options and AH", "ip4:opts=12 ah tcp:25,syn", SMTP},
	{"IPv4 AH, TCP 443", "ip4 ah tcp:443,syn", OTHER},
	{"IPv4 AH, UDP", "ip4 ah udp:53", OTHER},
	{"IPv4 AH, GRE", "ip4 ah proto:47", TUNNEL},
	{"IPv4 AH cut", "ip4 ah tcp:25,syn cut:30", UNDECIDED},
	{"IPv4 AH longer than the packet", "ip4 ah:len=200 tcp:25,syn", UNDECIDED},
	{"IPv4, 16 AH", "ip4 " TIMES16("ah ") "tcp:25,syn", SMTP},
	{"IPv4, 17 AH", "ip4 " TIMES16("ah ") "ah tcp:25,syn", UNDECIDED},
	{"IPv4, AH and 3 bytes of TCP", "ip4 ah tcp:25,size=3", MALFORMED},
	{"IPv4 with IPv6's destination options: not its own", "ip4 dest tcp:25,syn", OTHER},
	{"IPv6 AH", "ip6 ah tcp:25,syn", SMTP},
	{"IPv6 AH, TCP 443", "ip6 ah tcp:443,syn", OTHER},

	/* IPv6 extension headers. */
	{"hop-by-hop options", "ip6 hop tcp:25,syn", SMTP},
	{"hop-by-hop options, TCP 443", "ip6 hop tcp:443,syn", OTHER},
	{"destination options", "ip6 dest tcp:25,syn", SMTP},
	{"destination options of 64 bytes", "ip6 dest:size=64 tcp:25,syn", SMTP},
	{"destination options of 2048 bytes", "ip6 dest:size=2048 tcp:25,syn", SMTP},
	{"routing header", "ip6 route tcp:25,syn", SMTP},
	{"mobility header", "ip6 mobility tcp:25,syn", SMTP},
	{"HIP", "ip6 hip tcp:25,syn", SMTP},
	{"shim6", "ip6 shim tcp:25,syn", SMTP},
	{"hop-by-hop, destination, routing, AH", "ip6 hop dest:size=16 route ah tcp:25,syn", SMTP},
	{"all of them, TCP 443", "ip6 hop dest route ah mobility hip shim frag tcp:443", OTHER},
	{"15 extension headers", "ip6 " TIMES15("dest ") "tcp:25,syn", SMTP},
	{"16 extension headers", "ip6 " TIMES16("dest ") "tcp:25,syn", SMTP},
	{"16 extension headers, TCP 443", "ip6 " TIMES16("dest ") "tcp:443,syn", OTHER},
	{"16 extension headers, UDP", "ip6 " TIMES16("dest ") "udp:53", OTHER},
	{"17 extension headers", "ip6 " TIMES16("dest ") "hop tcp:25,syn", UNDECIDED},
	{"17 extension headers, TCP 443", "ip6 " TIMES16("dest ") "ah tcp:443,syn", UNDECIDED},
	{"an extension header of 7 bytes", "ip6 dest cut:1", UNDECIDED},
	{"an extension header of 0 bytes", "ip6 dest cut:8", UNDECIDED},
	{"an extension header longer than the packet", "ip6 dest:len=10 tcp:25,syn", UNDECIDED},
	{"the second extension header is cut", "ip6 hop dest:size=24 tcp:25 cut:30", UNDECIDED},
	{"an extension header behind the claimed end", "ip6:len=8 hop dest tcp:25", UNDECIDED},
	{"extension header, then 3 bytes of TCP", "ip6 dest tcp:25,size=3", MALFORMED},
	{"extension header, then 4 bytes of TCP", "ip6 dest tcp:25,size=4", SMTP},

	/* IPv6 lengths. */
	{"IPv6 of payload length 0: all of the frame", "ip6:len=0 tcp:25,syn", SMTP},
	{"IPv6 of payload length 0, extension header", "ip6:len=0 hop tcp:25,syn", SMTP},
	{"IPv6 of payload length 0, TCP 443", "ip6:len=0 tcp:443,syn", OTHER},
	{"IPv6 of payload length 3", "ip6:len=3 tcp:25,syn", MALFORMED},
	{"IPv6 of payload length 4: just the ports", "ip6:len=4 tcp:25,syn", SMTP},
	{"IPv6 of payload length 4, TCP 443", "ip6:len=4 tcp:443,syn", OTHER},
	{"IPv6 of payload length 3, TCP 443", "ip6:len=3 tcp:443,syn", MALFORMED},
	{"IPv6 of payload length 1 too many", "ip6:len=21 tcp:25,syn", MALFORMED},
	{"IPv6 of payload length 1 too many, TCP 443", "ip6:len=21 tcp:443,syn", MALFORMED},
	{"IPv6 of payload length 65535, UDP", "ip6:len=65535 udp:25", OTHER},
	{"IPv6, version 4", "ip6:ver=4 tcp:25,syn", MALFORMED},
	{"IPv6, version 0, UDP", "ip6:ver=0 udp:53", MALFORMED},
	{"IPv6 header of 39 bytes", "ip6 cut:1", UNSEEN},
	{"IPv6 header of 39 bytes behind a tag", "tag ip6 cut:1", UNSEEN},
	{"IPv6 header of 20 bytes behind a tag", "tag ip6 cut:20", UNSEEN},
	{"IPv6 header and nothing else", "ip6:next=6", MALFORMED},

	/* Fragments. */
	{"IPv4 first fragment", "ip4:more tcp:25,syn", SMTP},
	{"IPv4 first fragment, TCP 443", "ip4:more tcp:443,syn", OTHER},
	{"IPv4 first fragment of 8 bytes", "ip4:more tcp:25,size=8", SMTP},
	{"IPv4 first fragment without the port", "ip4:more tcp:25,size=3", MALFORMED},
	{"IPv4 later fragment", "ip4:off=1,more tcp:25,syn", OTHER},
	{"IPv4 last fragment", "ip4:off=185 tcp:25,syn", OTHER},
	{"IPv4 last fragment of the highest offset", "ip4:off=8191 tcp:25,syn", OTHER},
	{"IPv4 later fragment, contradicting length", "ip4:off=1,len=65535 tcp:25", OTHER},
	{"IPv6 atomic fragment", "ip6 frag tcp:25,syn", SMTP},
	{"IPv6 atomic fragment, TCP 443", "ip6 frag tcp:443,syn", OTHER},
	{"IPv6 atomic fragment without the port", "ip6 frag tcp:25,size=2", MALFORMED},
	{"IPv6 first fragment", "ip6 frag:more tcp:25,syn", SMTP},
	{"IPv6 first fragment, TCP 443", "ip6 frag:more tcp:443,syn", OTHER},
	{"IPv6 first fragment without the port", "ip6 frag:more tcp:25,size=0", UNDECIDED},
	{"IPv6 first fragment, 3 bytes of TCP", "ip6 frag:more tcp:25,size=3", UNDECIDED},
	{"IPv6 first fragment, chain goes on in the next", "ip6 frag:more dest:len=10", UNDECIDED},
	{"IPv6 first fragment, then an extension header", "ip6 frag:more dest tcp:25,syn", SMTP},
	{"IPv6 first fragment, UDP", "ip6 frag:more udp:53", OTHER},
	{"IPv6 later fragment", "ip6 frag:off=1,more tcp:25,syn", OTHER},
	{"IPv6 last fragment", "ip6 frag:off=100 tcp:25,syn", OTHER},
	{"IPv6 last fragment, behind an extension header", "ip6 hop frag:off=9 tcp:25,syn", OTHER},
	{"IPv6 fragment header cut", "ip6 frag cut:1", UNDECIDED},

	/* Tunnels: what is inside leaves under another address. */
	{"IPv4 in IPv4", "ip4 proto:4", TUNNEL},
	{"IPv6 in IPv4", "ip4 proto:41", TUNNEL},
	{"GRE", "ip4 proto:47", TUNNEL},
	{"ESP", "ip4 proto:50", TUNNEL},
	{"Ethernet in IPv4", "ip4 proto:97", TUNNEL},
	{"L2TP", "ip4 proto:115", TUNNEL},
	{"MPLS in IPv4", "ip4 proto:137", TUNNEL},
	{"IPv4 in IPv6", "ip6 proto:4", TUNNEL},
	{"IPv6 in IPv6", "ip6 proto:41", TUNNEL},
	{"GRE over IPv6", "ip6 proto:47", TUNNEL},
	{"ESP over IPv6", "ip6 proto:50", TUNNEL},
	{"ESP behind an extension header", "ip6 dest proto:50", TUNNEL},
	{"VXLAN", "ip4 udp:4789", TUNNEL},
	{"VXLAN over IPv6", "ip6 udp:4789", TUNNEL},
	{"VXLAN behind options", "ip4:opts=4 udp:4789", TUNNEL},
	{"MPLS", "type:8847", TUNNEL},
	{"MPLS multicast", "type:8848", TUNNEL},
	{"PPPoE session", "type:8864", TUNNEL},
	{"PPPoE discovery", "type:8863", OTHER},
	{"MPLS behind a tag", "tag type:8847", TUNNEL},
	{"ESP, later fragment", "ip4:off=3,proto=50 data:40", OTHER},

	/* Truncation. */
	TRUNCATED(0, MALFORMED), TRUNCATED(1, MALFORMED), TRUNCATED(2, MALFORMED),
	TRUNCATED(3, MALFORMED), TRUNCATED(4, SMTP), TRUNCATED(5, SMTP), TRUNCATED(7, SMTP),
	TRUNCATED(8, SMTP), TRUNCATED(12, SMTP), TRUNCATED(13, SMTP), TRUNCATED(14, SMTP),
	TRUNCATED(16, SMTP), TRUNCATED(19, SMTP),
	CUT(0, 20), CUT(1, 19), CUT(2, 18), CUT(3, 17), CUT(4, 16), CUT(19, 1),
	{"Ethernet header and nothing else", "type:0800 cut:46", UNSEEN},
};
/* clang-format on */

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static enum smtpfence_reason when_blocked(enum smtpfence_reason class)
{
	switch (class) {
	case SMTP:
		return SMTPFENCE_REASON_BLOCKED;
	case UNDECIDED:
		return SMTPFENCE_REASON_BLOCKED_UNDECIDED;
	case MALFORMED:
		return SMTPFENCE_REASON_BLOCKED_MALFORMED;
	default:
		return class;
	}
}

static void test_not_blocked(void **state)
{
	const struct row *row = *state;

	expect_everywhere(row->frame, row->class);
}

static void test_blocked(void **state)
{
	const struct row *row = *state;

	configure_everywhere("drop:" SOURCE4 "/32 drop:2001:db8:1:2::/64");
	expect_everywhere(row->frame, when_blocked(row->class));
}

#define DAMAGES 40

/* Up to three bytes behind the addresses changed, and now and then the end cut off. */
static void damage(struct built *frame)
{
	static uint32_t state = 25; /* the same in every run */
	int i;

	for (i = 0; i < 3; i++) {
		size_t at;

		state = state * 1664525 + 1013904223;
		at = 12 + (state >> 8) % (frame->length - 12);
		frame->bytes[at] = state >> 24 & 1 ? frame->bytes[at] + 1U : state >> 16;
	}
	if (state >> 28 == 0 && frame->length > 40)
		frame->length -= (state >> 8) % 20;
}

/* With every source blocked, a frame is dropped exactly if it is or may be SMTP. */
static void test_agreement(void **state)
{
	struct built frame, damaged;
	size_t i;
	int n;

	(void)state;
	configure_everywhere("drop:0.0.0.0/0 drop:::/0");
	for (i = 0; i < ROW_COUNT; i++) {
		build_frame(&frame, rows[i].frame);
		expect_agreement(&frame);
		for (n = 0; n < DAMAGES && frame.length > 20; n++) {
			damaged = frame;
			damage(&damaged);
			expect_agreement(&damaged);
		}
	}
}

int main(void)
{
	struct CMUnitTest *tests = calloc(2 * ROW_COUNT + 1, sizeof(*tests));
	int failed;
	size_t i;

	for (i = 0; i < ROW_COUNT; i++) {
		struct CMUnitTest test = {.setup_func = reset_entry_points,
					  .initial_state = (void *)(uintptr_t)&rows[i]};
		char *name;

		test.name = rows[i].description;
		test.test_func = test_not_blocked;
		tests[2 * i] = test;
		if (asprintf(&name, "%s, source blocked", rows[i].description) < 0)
			abort();
		test.name = name;
		test.test_func = test_blocked;
		tests[2 * i + 1] = test;
	}
	tests[2 * ROW_COUNT].name = "damaged frames: the short way and the parser agree";
	tests[2 * ROW_COUNT].test_func = test_agreement;
	tests[2 * ROW_COUNT].setup_func = reset_entry_points;
	failed = _cmocka_run_group_tests("verdict", tests, 2 * ROW_COUNT + 1, load_entry_points,
					 unload_entry_points);
	for (i = 0; i < ROW_COUNT; i++)
		free((void *)(uintptr_t)tests[2 * i + 1].name);
	free(tests);
	return failed;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Builds a frame from one line of text, so that a test case is data:
 *
 *   "tag:88a8 tag ip4:opts=8 tcp:25,syn"
 *
 * A word is a header, its attributes follow a colon; 8*tag is eight of them. Next-header fields,
 * ethertypes, header lengths and IP lengths are filled in to fit; an attribute overrides them.
 * Numbers are decimal but for the ethertypes of `tag` and `type`.
 *
 *   eth:to=MAC              the destination of the Ethernet header, which is always there
 *   tag[:ETHERTYPE,vid=,pcp=]   a VLAN tag, 8100 by default; VLAN 0: it carries a priority only
 *   snap[:OUI]              802.3 length, LLC, SNAP with that last byte of the OUI (f8)
 *   llc                     802.3 length and an LLC header that is not SNAP
 *   type:ETHERTYPE          that ethertype, and 46 bytes
 *   ip4[:src=,dst=,ver=,ihl=,len=,off=,df,more,opts=,words=,proto=]   off in 8 bytes, opts in
 *                           bytes; words is the header with its options, in 4 bytes
 *   ip6[:src=,dst=,ver=,len=,next=]   an ip4 or ip6 behind another is inside of it
 *   hop route dest mobility hip shim  [:len=,size=,jumbo=]   len is the field, size the bytes,
 *                           jumbo the length in a jumbo payload option
 *   ah[:len=,size=]         size 24 by default
 *   frag[:off=,more]
 *   tcp[:PORT,from=,fin,syn,rst,psh,ack,urg,doff=,size=]   size in bytes, 20 by default
 *   udp[:PORT]
 *   proto:NUMBER[,port=,size=]   that protocol, and 8 bytes; the port where TCP has its own
 *   icmp                    port unreachable, about the packet that follows
 *   gre vxlan mpls pppoe    a tunnel's header; an ip4 or ip6 that follows is inside
 *   data:BYTES              payload
 *   fill:BYTES              payload until the frame is so long
 *   hex:DIGITS              these bytes; as the first word, in place of the Ethernet header
 *   trail:BYTES             behind what the IP length covers
 *   cut:BYTES               takes so many off the end of the frame, after all else
 */
#ifndef SMTPFENCE_TESTS_FRAMES_BUILD_H
#define SMTPFENCE_TESTS_FRAMES_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The largest IP packet, and headers before it. */
#define FRAME_MAX (65536 + 128)

#define SOURCE4	     "192.0.2.1"
#define SOURCE6	     "2001:db8:1:2::1"
#define DESTINATION4 "198.51.100.25"
#define DESTINATION6 "2001:db8:ff::25"

struct built {
	uint8_t bytes[FRAME_MAX];
	size_t length;
	size_t tcp;   /* offset of the first TCP header; 0: there is none */
	bool is_ipv6; /* the outermost packet is */
};

/* Dies with a message on a spec that it does not understand: a test's own mistake. */
void build_frame(struct built *ret_frame, const char *spec);

/* ADDRESS, of either family, in 16 bytes: IPv4 is v4-mapped. */
void parse_address(uint8_t ret_address[16], const char *text);

#endif

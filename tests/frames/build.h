/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Builds a frame from one line of text, so that a test case is data:
 *
 *   "tag:88a8 tag ip4:opts=8 tcp:25,syn"
 *
 * A word is a header, its attributes follow a colon. Next-header fields, ethertypes, header lengths
 * and IP lengths are filled in to fit; an attribute overrides them. Numbers are decimal but for the
 * ethertypes of `tag` and `type`.
 *
 *   tag[:ETHERTYPE]         a VLAN tag, 8100 by default
 *   snap[:OUI]              802.3 length, LLC, SNAP with that last byte of the OUI (f8)
 *   llc                     802.3 length and an LLC header that is not SNAP
 *   type:ETHERTYPE          that ethertype, and 46 bytes
 *   ip4[:src=,dst=,ver=,ihl=,len=,off=,more,opts=,proto=]   off in 8 bytes, opts in bytes
 *   ip6[:src=,dst=,ver=,len=,next=]
 *   hop route dest mobility hip shim  [:len=,size=]   len is the field, size the bytes
 *   ah[:len=,size=]         size 24 by default
 *   frag[:off=,more]
 *   tcp[:PORT,from=,syn,ack,size=]   size in bytes, 20 by default
 *   udp[:PORT]
 *   proto:NUMBER            that protocol, and 8 bytes
 *   data:BYTES              payload
 *   trail:BYTES             behind what the IP length covers
 *   cut:BYTES               takes so many off the end of the frame, after all else
 */
#ifndef SMTPFENCE_TESTS_FRAMES_BUILD_H
#define SMTPFENCE_TESTS_FRAMES_BUILD_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX 8192

#define SOURCE4	     "192.0.2.1"
#define SOURCE6	     "2001:db8:1:2::1"
#define DESTINATION4 "198.51.100.25"
#define DESTINATION6 "2001:db8:ff::25"

struct built {
	uint8_t bytes[FRAME_MAX];
	size_t length;
};

/* Dies with a message on a spec that it does not understand: a test's own mistake. */
void build_frame(struct built *ret_frame, const char *spec);

/* ADDRESS, of either family, in 16 bytes: IPv4 is v4-mapped. */
void parse_address(uint8_t ret_address[16], const char *text);

#endif

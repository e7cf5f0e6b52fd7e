/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a host without that port answers a SYN with, from RFC 9293 (3.10.7.1), RFC 791 and RFC 8200,
 * and with nothing of bpf/.
 */
#ifndef SMTPFENCE_TESTS_FRAMES_REFUSAL_H
#define SMTPFENCE_TESTS_FRAMES_REFUSAL_H

#include <stdbool.h>

#include "build.h"

#define TCP_HEADER 20 /* bytes */
#define TCP_CHECK  16 /* offset in it */

#define FIN 0x01
#define SYN 0x02
#define RST 0x04
#define PSH 0x08
#define ACK 0x10
#define URG 0x20
#define ECE 0x40
#define CWR 0x80

/* In a frame of build_frame() with TCP to port 25. */
struct places {
	bool ipv6;
	size_t ip, tcp, end; /* @end: of the IP packet */
};

/* @spec: what the frame was built from. */
struct places find_places(const struct built *frame, const char *spec);

void put16(uint8_t *to, uint16_t value);
void put32(uint8_t *to, uint32_t value);

/* RFC 1071, section 4.1: the sum, not its complement. */
uint16_t sum16(const uint8_t *from, size_t size, uint32_t sum);

/* Of a pseudo-header. @length: of the TCP segment. */
uint16_t sum_pseudo(const uint8_t *ip, bool ipv6, size_t length);

/*
 * The answer to @syn, whose sequence number it acknowledges by @acknowledged more. @unfinished: the
 * checksum is left to the device.
 */
void build_refusal(struct built *ret_answer, const struct built *syn, const struct places *places,
		   uint32_t acknowledged, bool unfinished);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "refusal.h"

#include <string.h>

#define ETHERNET 14
#define TAG	 4

static uint16_t get16(const uint8_t *from)
{
	return from[0] << 8 | from[1];
}

void put16(uint8_t *to, uint16_t value)
{
	to[0] = value >> 8;
	to[1] = value;
}

void put32(uint8_t *to, uint32_t value)
{
	put16(to, value >> 16);
	put16(to + 2, value);
}

uint16_t sum16(const uint8_t *from, size_t size, uint32_t sum)
{
	size_t i;

	for (i = 0; i < size; i++)
		sum += i % 2 ? from[i] : from[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

struct places find_places(const struct built *frame, const char *spec)
{
	static const uint8_t destination_port[] = {0, 25};
	struct places places = {.ipv6 = strstr(spec, "ip6"), .ip = ETHERNET};
	const char *at = spec;
	size_t length;

	while ((at = strstr(at, "tag"))) {
		places.ip += TAG;
		at++;
	}
	places.tcp = places.ip + (places.ipv6 ? 40 : (frame->bytes[places.ip] & 15) * 4);
	while (memcmp(frame->bytes + places.tcp + 2, destination_port, 2) != 0 &&
	       places.tcp + 4 < frame->length)
		places.tcp += 4;
	length = get16(frame->bytes + places.ip + (places.ipv6 ? 4 : 2));
	places.end = length ? places.ip + (places.ipv6 ? 40 : 0) + length : frame->length;
	return places;
}

uint16_t sum_pseudo(const uint8_t *ip, bool ipv6, size_t length)
{
	return ipv6 ? sum16(ip + 8, 32, 6 + length) : sum16(ip + 12, 8, 6 + length);
}

static void expect_tcp(uint8_t *tcp, const uint8_t *syn, uint32_t acknowledged, const uint8_t *ip,
		       bool ipv6, bool unfinished)
{
	uint16_t pseudo = sum_pseudo(ip, ipv6, TCP_HEADER);
	uint32_t sequence = (uint32_t)get16(syn + 4) << 16 | get16(syn + 6);

	memset(tcp, 0, TCP_HEADER);
	memcpy(tcp, syn + 2, 2);
	memcpy(tcp + 2, syn, 2);
	put32(tcp + 8, sequence + acknowledged);
	tcp[12] = TCP_HEADER / 4 << 4;
	tcp[13] = RST | ACK;
	put16(tcp + TCP_CHECK, unfinished ? pseudo : ~sum16(tcp, TCP_HEADER, pseudo));
}

static void expect_ipv4(uint8_t *ip, const uint8_t *from)
{
	memset(ip, 0, 20);
	ip[0] = 0x45;
	put16(ip + 2, 20 + TCP_HEADER);
	put16(ip + 6, 0x4000); /* don't fragment: the identification means nothing (RFC 6864) */
	ip[8] = 64;
	ip[9] = 6;
	memcpy(ip + 12, from + 16, 4);
	memcpy(ip + 16, from + 12, 4);
	put16(ip + 10, ~sum16(ip, 20, 0));
}

static void expect_ipv6(uint8_t *ip, const uint8_t *from)
{
	memset(ip, 0, 40);
	ip[0] = 0x60;
	put16(ip + 4, TCP_HEADER);
	ip[6] = 6;
	ip[7] = 64;
	memcpy(ip + 8, from + 24, 16);
	memcpy(ip + 24, from + 8, 16);
}

void build_refusal(struct built *ret_answer, const struct built *syn, const struct places *places,
		   uint32_t acknowledged, bool unfinished)
{
	size_t header = places->ipv6 ? 40 : 20;
	uint8_t *ip = ret_answer->bytes + places->ip;

	memcpy(ret_answer->bytes, syn->bytes, places->ip);
	memcpy(ret_answer->bytes, syn->bytes + 6, 6);
	memcpy(ret_answer->bytes + 6, syn->bytes, 6);
	if (places->ipv6)
		expect_ipv6(ip, syn->bytes + places->ip);
	else
		expect_ipv4(ip, syn->bytes + places->ip);
	expect_tcp(ip + header, syn->bytes + places->tcp, acknowledged, ip, places->ipv6,
		   unfinished);
	ret_answer->length = places->ip + header + TCP_HEADER;
}

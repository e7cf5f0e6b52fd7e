/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forge.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ETHERNET     14

#define MAPPED(a, b, c, d)                                                                         \
	{                                                                                          \
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d                               \
	}
#define DOCUMENTATION(net, subnet, host)                                                           \
	{                                                                                          \
		0x20, 0x01, 0x0d, 0xb8, 0, net, 0, subnet, 0, 0, 0, 0, 0, 0, 0, host               \
	}

#define FIRST_IPV6_HOST 5 /* the one before is IPv4, and may stand in an IPv6 header as well */

const uint8_t forge_hosts[FORGE_HOSTS][16] = {
	MAPPED(192, 0, 2, 1),
	MAPPED(192, 0, 2, 2),
	MAPPED(192, 0, 2, 130),
	MAPPED(203, 0, 113, 7),
	MAPPED(198, 51, 100, 25),
	DOCUMENTATION(1, 2, 1),
	DOCUMENTATION(1, 2, 2),
	DOCUMENTATION(1, 3, 1),
	DOCUMENTATION(2, 2, 1),
	DOCUMENTATION(0xff, 0, 25),
	{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe, 192, 0, 2, 1}, /* not quite mapped */
	{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1},
};

#define FORGED 8192 /* bytes: no frame grows longer */

struct forge {
	struct built *frame;
	struct dice *dice;
	size_t next;	   /* offset of the field that names the following header */
	bool next_is_type; /* it is an ethertype (2 bytes) and not a protocol (1 byte) */
};

static void put16(uint8_t *to, unsigned int value)
{
	to[0] = value >> 8;
	to[1] = value;
}

/* Random bytes, of which the caller then sets those that matter. */
static uint8_t *append(struct forge *forge, size_t size)
{
	struct built *frame = forge->frame;
	uint8_t *bytes = frame->bytes + frame->length;

	roll_bytes(forge->dice, bytes, size);
	frame->length += size;
	return bytes;
}

static void announce(struct forge *forge, unsigned int what)
{
	if (forge->next_is_type)
		put16(forge->frame->bytes + forge->next, what);
	else
		forge->frame->bytes[forge->next] = what;
}

static unsigned int pick(struct forge *forge, const uint16_t *from, size_t count)
{
	return from[roll_below(forge->dice, count)];
}

/* Mostly none or few, and now and then about as many as the limit. */
static unsigned int pick_count(struct forge *forge, unsigned int limit)
{
	if (roll_one_in(forge->dice, 2))
		return 0;
	if (roll_one_in(forge->dice, 2))
		return 1 + roll_below(forge->dice, 3);
	if (roll_one_in(forge->dice, 2))
		return limit - 1 + roll_below(forge->dice, 4);
	return roll_below(forge->dice, limit);
}

static void add_tag(struct forge *forge)
{
	static const uint16_t types[] = {0x8100, 0x88a8, 0x9100};

	announce(forge, pick(forge, types, COUNT(types)));
	append(forge, 4);
	forge->next = forge->frame->length - 2;
}

static void add_snap(struct forge *forge)
{
	static const uint8_t snap[] = {0xaa, 0xaa, 0x03, 0x00, 0x00};
	uint8_t *bytes;

	announce(forge, roll_below(forge->dice, 0x601));
	bytes = append(forge, 8);
	memcpy(bytes, snap, sizeof(snap));
	bytes[5] = roll_one_in(forge->dice, 2) ? 0x00 : 0xf8;
	if (roll_one_in(forge->dice, 8))
		bytes[roll_below(forge->dice, 6)] ^= 1U << roll_below(forge->dice, 8);
	forge->next = forge->frame->length - 2;
}

static void add_link(struct forge *forge)
{
	unsigned int tags = pick_count(forge, 8), snap_at = tags + 1, i;

	if (roll_one_in(forge->dice, 6))
		snap_at = roll_below(forge->dice, tags + 1);
	for (i = 0; i <= tags; i++) {
		if (i == snap_at)
			add_snap(forge);
		if (i < tags)
			add_tag(forge);
	}
	if (roll_one_in(forge->dice, 64))
		add_snap(forge);
}

static void add_tcp(struct forge *forge)
{
	static const uint16_t ports[] = {25, 25, 25, 25, 25, 24, 26, 443, 587, 6400, 281, 4789};
	uint8_t header[24];
	size_t size = 20;

	roll_bytes(forge->dice, header, sizeof(header));
	put16(header + 2, pick(forge, ports, COUNT(ports)));
	if (roll_one_in(forge->dice, 4))
		size = roll_below(forge->dice, sizeof(header));
	memcpy(append(forge, size), header, size);
}

static void add_udp(struct forge *forge)
{
	static const uint16_t ports[] = {4789, 4789, 25, 53, 4788, 0xb512};
	uint8_t header[8];
	size_t size = sizeof(header);

	roll_bytes(forge->dice, header, sizeof(header));
	put16(header + 2, pick(forge, ports, COUNT(ports)));
	if (roll_one_in(forge->dice, 4))
		size = roll_below(forge->dice, sizeof(header));
	memcpy(append(forge, size), header, size);
}

static void add_transport(struct forge *forge)
{
	static const uint16_t others[] = {0,  1,  4,  41, 43, 44,  47,	50,  51,  58,  59, 60,
					  97, 98, 99, 94, 33, 114, 115, 132, 136, 137, 139};

	if (roll_below(forge->dice, 4)) {
		announce(forge, 6);
		add_tcp(forge);
	} else if (roll_one_in(forge->dice, 2)) {
		announce(forge, 17);
		add_udp(forge);
	} else {
		announce(forge, roll_one_in(forge->dice, 4) ? roll_below(forge->dice, 256)
							    : pick(forge, others, COUNT(others)));
		append(forge, roll_below(forge->dice, 30));
	}
}

/* In units of 8 bytes, the first not counted: small, but for one that leaves the linear data. */
static unsigned int pick_extension_length(struct forge *forge)
{
	if (forge->frame->length < FORGED / 2 && roll_one_in(forge->dice, 32))
		return 255;
	return roll_one_in(forge->dice, 2) ? 0 : roll_below(forge->dice, 4);
}

static void add_extension(struct forge *forge)
{
	static const uint16_t kinds[] = {0, 43, 44, 51, 60, 135, 139, 140};
	unsigned int kind = pick(forge, kinds, COUNT(kinds));
	unsigned int length = kind == 44 ? 0 : pick_extension_length(forge);
	uint8_t *header;

	announce(forge, kind);
	forge->next = forge->frame->length;
	header = append(forge, 8 + length * 8);
	header[1] = kind == 51 ? length * 2 : length;
	if (kind == 44) {
		header[1] = roll(forge->dice);
		put16(header + 2, roll_one_in(forge->dice, 8) ? roll_below(forge->dice, 0x10000)
							      : roll_below(forge->dice, 8));
	}
	if (roll_one_in(forge->dice, 64))
		header[1] = roll(forge->dice);
}

static void add_ah(struct forge *forge)
{
	unsigned int words = roll_below(forge->dice, 8);

	announce(forge, 51);
	forge->next = forge->frame->length;
	append(forge, (words + 2UL) * 4)[1] = words;
}

/* What the IP length field says where @honest bytes follow. */
static unsigned int pick_length(struct forge *forge, size_t honest)
{
	if (roll_below(forge->dice, 6))
		return honest;
	switch (roll_below(forge->dice, 4)) {
	case 0:
		return 0;
	case 1:
		return roll_below(forge->dice, 0x10000);
	case 2:
		return roll_below(forge->dice, honest + 2);
	default:
		return honest + roll_below(forge->dice, 9) - 4;
	}
}

static const uint8_t *pick_host(struct forge *forge, unsigned int first, unsigned int end)
{
	return forge_hosts[first + roll_below(forge->dice, end - first)];
}

static void add_ipv4(struct forge *forge)
{
	static const uint16_t fragments[] = {0x2000, 0x4000, 0x8000, 0x0001,
					     0x2001, 0x1fff, 0x0100};
	unsigned int words = roll_one_in(forge->dice, 2) ? 5 : 5 + roll_below(forge->dice, 11);
	unsigned int extensions = roll_one_in(forge->dice, 4) ? pick_count(forge, 16) : 0;
	size_t at = forge->frame->length;
	uint8_t *header;

	announce(forge, 0x0800);
	header = append(forge, words * 4UL);
	header[0] = 0x40 | words;
	if (roll_one_in(forge->dice, 32))
		header[0] = roll(forge->dice);
	put16(header + 6,
	      roll_one_in(forge->dice, 6) ? pick(forge, fragments, COUNT(fragments)) : 0);
	memcpy(header + 12, pick_host(forge, 0, FIRST_IPV6_HOST) + 12, 4);
	memcpy(header + 16, pick_host(forge, 0, FIRST_IPV6_HOST) + 12, 4);
	forge->next = at + 9;
	forge->next_is_type = false;
	while (extensions--)
		add_ah(forge);
	add_transport(forge);
	put16(header + 2, pick_length(forge, forge->frame->length - at));
}

static void add_ipv6(struct forge *forge)
{
	unsigned int extensions = pick_count(forge, 16);
	size_t at = forge->frame->length;
	uint8_t *header;

	announce(forge, 0x86dd);
	header = append(forge, 40);
	header[0] = 0x60 | header[0] >> 4;
	if (roll_one_in(forge->dice, 32))
		header[0] = roll(forge->dice);
	memcpy(header + 8, pick_host(forge, FIRST_IPV6_HOST - 1, FORGE_HOSTS), 16);
	memcpy(header + 24, pick_host(forge, FIRST_IPV6_HOST - 1, FORGE_HOSTS), 16);
	forge->next = at + 6;
	forge->next_is_type = false;
	while (extensions--)
		add_extension(forge);
	add_transport(forge);
	put16(header + 4, pick_length(forge, forge->frame->length - at - 40));
}

static void add_other(struct forge *forge)
{
	static const uint16_t types[] = {0x0806, 0x8847, 0x8848, 0x8864, 0x8863,
					 0x0008, 0xdd86, 0x05ff, 0x0600, 0x0801};

	announce(forge, roll_one_in(forge->dice, 4) ? roll_below(forge->dice, 0x10000)
						    : pick(forge, types, COUNT(types)));
	append(forge, roll_below(forge->dice, 60));
}

/* A few bits flipped or bytes replaced anywhere behind the MAC addresses. */
static void damage(struct forge *forge)
{
	unsigned int times = 1 + roll_below(forge->dice, 3);

	while (times--) {
		uint8_t *byte = forge->frame->bytes + 12 +
				roll_below(forge->dice, forge->frame->length - 12);

		if (roll_one_in(forge->dice, 2))
			*byte ^= 1U << roll_below(forge->dice, 8);
		else
			*byte = roll(forge->dice);
	}
}

void forge_frame(struct built *ret_frame, struct dice *dice)
{
	struct forge forge = {.frame = ret_frame, .dice = dice, .next = 12, .next_is_type = true};

	ret_frame->length = 0;
	append(&forge, ETHERNET);
	add_link(&forge);
	switch (roll_below(dice, 16)) {
	case 0:
		add_other(&forge);
		break;
	case 1 ... 7:
		add_ipv4(&forge);
		break;
	default:
		add_ipv6(&forge);
	}
	append(&forge, roll_one_in(dice, 2) ? 0 : roll_below(dice, 40));
	if (roll_one_in(dice, 3))
		damage(&forge);
	if (roll_one_in(dice, 4))
		ret_frame->length = ETHERNET + roll_below(dice, ret_frame->length - ETHERNET + 1);
}

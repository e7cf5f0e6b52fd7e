/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ETHERTYPE_TAG  0x8100
#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define ETHERTYPE_MPLS 0x8847
#define ETHERTYPE_PPP  0x8864

#define ETHERNET  14 /* bytes of its header */
#define IP_NESTED 4

struct builder {
	struct built *frame;
	const char *spec;
	char *attributes; /* of the word at hand, "" if it has none */

	size_t next;	    /* offset of the field that names the following header; 0: none does */
	bool next_is_type;  /* it is an ethertype (2 bytes) and not a protocol (1 byte) */
	size_t snap_length; /* offset of the 802.3 length to fill in; 0: none */
	struct {
		size_t field;  /* offset of an IP header's length */
		size_t counts; /* offset from which it counts */
	} lengths[IP_NESTED];
	size_t length_count; /* of those that are to be filled in */
	size_t trail;	     /* bytes behind the IP packet */
	size_t cut;
	bool worded; /* the first word was taken */
};

static void die(const struct builder *builder, const char *what)
{
	fprintf(stderr, "frame \"%s\": %s\n", builder->spec, what);
	abort();
}

static uint8_t *append(struct builder *builder, size_t size)
{
	struct built *frame = builder->frame;
	uint8_t *bytes = frame->bytes + frame->length;

	if (frame->length + size > sizeof(frame->bytes))
		die(builder, "too long");
	memset(bytes, 0, size);
	frame->length += size;
	return bytes;
}

static void put16(uint8_t *to, unsigned int value)
{
	to[0] = value >> 8;
	to[1] = value;
}

/* The text behind "NAME=", or behind NAME alone; NULL if there is no such attribute. */
static const char *attribute(const struct builder *builder, const char *name)
{
	static char value[64];
	size_t length = strlen(name);
	const char *at = builder->attributes;

	while (*at) {
		size_t span = strcspn(at, ",");

		if (!strncmp(at, name, length) && (span == length || at[length] == '=')) {
			at += length + (at[length] == '=');
			snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, ","), at);
			return value;
		}
		at += span + (at[span] == ',');
	}
	return NULL;
}

static unsigned int number(const struct builder *builder, const char *name, unsigned int otherwise)
{
	const char *text = attribute(builder, name);

	return text ? strtoul(text, NULL, 10) : otherwise;
}

/* The attribute without a name: the first. */
static unsigned int value(const struct builder *builder, int base, unsigned int otherwise)
{
	char *end;
	unsigned long first = strtoul(builder->attributes, &end, base);

	return end == builder->attributes || (*end && *end != ',') ? otherwise : first;
}

/* The header that comes now is of this kind: so the one before says. */
static void announce_type(struct builder *builder, unsigned int ethertype)
{
	if (!builder->next_is_type)
		die(builder, "an Ethernet header inside of IP");
	if (builder->next)
		put16(builder->frame->bytes + builder->next, ethertype);
}

static void announce_protocol(struct builder *builder, unsigned int protocol)
{
	if (builder->next_is_type)
		die(builder, "no IP header before");
	/* proto= and next= of the IP header stand. */
	if (builder->next)
		builder->frame->bytes[builder->next] = protocol;
}

/* An IP header may stand in both places. */
static void announce_ip(struct builder *builder, unsigned int ethertype, unsigned int protocol)
{
	if (builder->next_is_type)
		announce_type(builder, ethertype);
	else
		announce_protocol(builder, protocol);
}

/* What follows is not named by a field that the builder fills in. */
static void announce_nothing(struct builder *builder)
{
	builder->next = 0;
	builder->next_is_type = true;
}

static unsigned int digit(const struct builder *builder, char c)
{
	const char *digits = "0123456789abcdef", *at = strchr(digits, c);

	if (!c || !at)
		die(builder, "a hexadecimal digit is missing");
	return at - digits;
}

static void add_eth(struct builder *builder, const char *word)
{
	const char *to = attribute(builder, "to");
	int i;

	(void)word;
	for (i = 0; to && i < 6; i++, to += 3)
		builder->frame->bytes[i] = digit(builder, to[0]) << 4 | digit(builder, to[1]);
}

static void add_hex(struct builder *builder, const char *word)
{
	const char *at;

	(void)word;
	if (builder->frame->length == ETHERNET && !builder->worded)
		builder->frame->length = 0;
	for (at = builder->attributes; *at; at += 2)
		*append(builder, 1) = digit(builder, at[0]) << 4 | digit(builder, at[1]);
	announce_nothing(builder);
}

static void add_tag(struct builder *builder, const char *word)
{
	uint8_t *bytes;

	(void)word;
	announce_type(builder, value(builder, 16, ETHERTYPE_TAG));
	bytes = append(builder, 4);
	put16(bytes, number(builder, "pcp", 0) << 13 | number(builder, "vid", 0));
	builder->next = builder->frame->length - 2;
}

static void add_llc(struct builder *builder, const char *word)
{
	static const uint8_t snap[] = {0xaa, 0xaa, 0x03};
	static const uint8_t spanning_tree[] = {0x42, 0x42, 0x03};
	bool is_snap = !strcmp(word, "snap");
	uint8_t *bytes;

	builder->snap_length = builder->next;
	bytes = append(builder, is_snap ? 8 : 38);
	memcpy(bytes, is_snap ? snap : spanning_tree, 3);
	if (!is_snap)
		return;
	bytes[5] = value(builder, 16, 0);
	builder->next = builder->frame->length - 2;
}

static void add_type(struct builder *builder, const char *word)
{
	(void)word;
	announce_type(builder, value(builder, 16, 0));
	append(builder, 46);
}

void parse_address(uint8_t ret_address[16], const char *text)
{
	memset(ret_address, 0, 10);
	memset(ret_address + 10, 0xff, 2);
	if (inet_pton(AF_INET, text, ret_address + 12) != 1 &&
	    inet_pton(AF_INET6, text, ret_address) != 1) {
		fprintf(stderr, "not an address: %s\n", text);
		abort();
	}
}

static void put_address(const struct builder *builder, uint8_t *to, size_t size, const char *name,
			const char *otherwise)
{
	const char *text = attribute(builder, name);
	uint8_t address[16];

	parse_address(address, text ? text : otherwise);
	memcpy(to, address + sizeof(address) - size, size);
}

static void fill_in(struct builder *builder, size_t field, size_t counts)
{
	if (attribute(builder, "len"))
		return;
	if (builder->length_count == IP_NESTED)
		die(builder, "too many IP headers");
	builder->lengths[builder->length_count].field = field;
	builder->lengths[builder->length_count++].counts = counts;
}

static void add_ip4(struct builder *builder, const char *word)
{
	unsigned int options = number(builder, "opts", number(builder, "words", 5) * 4 - 20);
	size_t ip = builder->frame->length;
	uint8_t *bytes;

	(void)word;
	announce_ip(builder, ETHERTYPE_IPV4, 4);
	bytes = append(builder, 20 + options);
	bytes[0] = number(builder, "ver", 4) << 4 | number(builder, "ihl", 5 + options / 4);
	put16(bytes + 2, number(builder, "len", 0));
	put16(bytes + 6, number(builder, "off", 0) | (attribute(builder, "more") ? 0x2000 : 0) |
				 (attribute(builder, "df") ? 0x4000 : 0));
	bytes[8] = 64;
	bytes[9] = number(builder, "proto", 0);
	put_address(builder, bytes + 12, 4, "src", SOURCE4);
	put_address(builder, bytes + 16, 4, "dst", DESTINATION4);
	memset(bytes + 20, 1, options); /* no operation */

	fill_in(builder, ip + 2, ip);
	builder->next = attribute(builder, "proto") ? 0 : ip + 9;
	builder->next_is_type = false;
}

static void add_ip6(struct builder *builder, const char *word)
{
	size_t ip = builder->frame->length;
	uint8_t *bytes;

	(void)word;
	if (builder->next && builder->next_is_type && !builder->length_count)
		builder->frame->is_ipv6 = true;
	announce_ip(builder, ETHERTYPE_IPV6, 41);
	bytes = append(builder, 40);
	bytes[0] = number(builder, "ver", 6) << 4;
	put16(bytes + 4, number(builder, "len", 0));
	bytes[6] = number(builder, "next", 59);
	bytes[7] = 64;
	put_address(builder, bytes + 8, 16, "src", SOURCE6);
	put_address(builder, bytes + 24, 16, "dst", DESTINATION6);

	fill_in(builder, ip + 4, builder->frame->length);
	builder->next = attribute(builder, "next") ? 0 : ip + 6;
	builder->next_is_type = false;
}

static uint8_t *add_extension(struct builder *builder, unsigned int protocol, unsigned int size,
			      unsigned int length)
{
	uint8_t *bytes;

	announce_protocol(builder, protocol);
	builder->next = builder->frame->length;
	bytes = append(builder, size);
	bytes[0] = 59; /* no next header, unless one follows */
	bytes[1] = length;
	return bytes;
}

static void add_option(struct builder *builder, const char *word)
{
	static const struct {
		const char *word;
		uint8_t protocol;
	} options[] = {
		{"hop", 0},	   {"route", 43}, {"dest", 60},
		{"mobility", 135}, {"hip", 139},  {"shim", 140},
	};
	unsigned int size = number(builder, "size", 8), jumbo = number(builder, "jumbo", 0);
	uint8_t *bytes;
	size_t i = 0;

	while (strcmp(options[i].word, word) != 0)
		i++;
	bytes = add_extension(builder, options[i].protocol, size,
			      number(builder, "len", size / 8 - 1));
	if (!jumbo)
		return;
	bytes[2] = 0xc2; /* RFC 2675, section 2 */
	bytes[3] = 4;
	put16(bytes + 4, jumbo >> 16);
	put16(bytes + 6, jumbo);
}

static void add_ah(struct builder *builder, const char *word)
{
	unsigned int size = number(builder, "size", 24);

	(void)word;
	add_extension(builder, 51, size, number(builder, "len", size / 4 - 2));
}

static void add_fragment(struct builder *builder, const char *word)
{
	(void)word;
	add_extension(builder, 44, 8, 0);
	put16(builder->frame->bytes + builder->frame->length - 6,
	      number(builder, "off", 0) << 3 | !!attribute(builder, "more"));
}

static uint8_t tcp_flags(const struct builder *builder)
{
	static const char *const names[] = {"fin", "syn", "rst", "psh", "ack", "urg"};
	uint8_t flags = 0;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		flags |= !!attribute(builder, names[i]) << i;
	return flags;
}

static void add_tcp(struct builder *builder, const char *word)
{
	unsigned int size = number(builder, "size", 20);
	uint8_t header[20] = {0};

	(void)word;
	announce_protocol(builder, 6);
	put16(header, number(builder, "from", 40000));
	put16(header + 2, value(builder, 10, 25));
	header[12] = number(builder, "doff", 5) << 4;
	header[13] = tcp_flags(builder);
	if (!builder->frame->tcp)
		builder->frame->tcp = builder->frame->length;
	memcpy(append(builder, size), header, size < sizeof(header) ? size : sizeof(header));
}

static void add_udp(struct builder *builder, const char *word)
{
	uint8_t *bytes;

	(void)word;
	announce_protocol(builder, 17);
	bytes = append(builder, 8);
	put16(bytes, 40000);
	put16(bytes + 2, value(builder, 10, 53));
}

static void add_protocol(struct builder *builder, const char *word)
{
	unsigned int size = number(builder, "size", 8);
	uint8_t *bytes;

	(void)word;
	announce_protocol(builder, value(builder, 10, 0));
	bytes = append(builder, size);
	if (size >= 4)
		put16(bytes + 2, number(builder, "port", 0));
}

static void add_icmp(struct builder *builder, const char *word)
{
	(void)word;
	announce_protocol(builder, 1);
	memset(append(builder, 8), 3, 2); /* destination, port unreachable */
	announce_nothing(builder);
}

static void add_gre(struct builder *builder, const char *word)
{
	(void)word;
	announce_protocol(builder, 47);
	append(builder, 4);
	builder->next = builder->frame->length - 2;
	builder->next_is_type = true;
}

/* RFC 7348, section 5: UDP, the header, and a whole Ethernet frame. */
static void add_vxlan(struct builder *builder, const char *word)
{
	uint8_t *bytes;

	(void)word;
	announce_protocol(builder, 17);
	bytes = append(builder, 8 + 8 + ETHERNET);
	put16(bytes + 2, 4789);
	bytes[8] = 8; /* the network identifier is valid */
	builder->next = builder->frame->length - 2;
	builder->next_is_type = true;
}

static void add_mpls(struct builder *builder, const char *word)
{
	(void)word;
	announce_type(builder, ETHERTYPE_MPLS);
	append(builder, 4)[2] = 1; /* bottom of the stack */
	announce_nothing(builder);
}

/* RFC 2516, section 4, and the protocol of RFC 1332. */
static void add_pppoe(struct builder *builder, const char *word)
{
	uint8_t *bytes;

	(void)word;
	announce_type(builder, ETHERTYPE_PPP);
	bytes = append(builder, 8);
	bytes[0] = 0x11;
	bytes[7] = 0x21;
	announce_nothing(builder);
}

static void add_bytes(struct builder *builder, const char *word)
{
	unsigned int size = value(builder, 10, 0);

	if (!strcmp(word, "cut")) {
		builder->cut = size;
		return;
	}
	if (!strcmp(word, "fill") && size < builder->frame->length)
		die(builder, "longer than that already");
	append(builder, !strcmp(word, "fill") ? size - builder->frame->length : size);
	if (!strcmp(word, "trail"))
		builder->trail += size;
}

static const struct {
	const char *word;
	void (*add)(struct builder *builder, const char *word);
} words[] = {
	{"tag", add_tag},	  {"snap", add_llc},	   {"llc", add_llc},
	{"type", add_type},	  {"ip4", add_ip4},	   {"ip6", add_ip6},
	{"hop", add_option},	  {"route", add_option},   {"dest", add_option},
	{"mobility", add_option}, {"hip", add_option},	   {"shim", add_option},
	{"ah", add_ah},		  {"frag", add_fragment},  {"tcp", add_tcp},
	{"udp", add_udp},	  {"proto", add_protocol}, {"icmp", add_icmp},
	{"gre", add_gre},	  {"vxlan", add_vxlan},	   {"mpls", add_mpls},
	{"pppoe", add_pppoe},	  {"eth", add_eth},	   {"hex", add_hex},
	{"data", add_bytes},	  {"trail", add_bytes},	   {"cut", add_bytes},
	{"fill", add_bytes},
};

static void add(struct builder *builder, char *word)
{
	char *end, *colon;
	unsigned long times = strtoul(word, &end, 10);
	size_t i = 0;

	if (*end == '*')
		word = end + 1;
	else
		times = 1;
	colon = strchr(word, ':');
	builder->attributes = colon ? colon + 1 : word + strlen(word);
	if (colon)
		*colon = '\0';
	while (i < sizeof(words) / sizeof(words[0]) && strcmp(words[i].word, word) != 0)
		i++;
	if (i == sizeof(words) / sizeof(words[0]))
		die(builder, "unknown word");
	while (times--)
		words[i].add(builder, word);
	builder->worded = true;
}

static void finish(struct builder *builder)
{
	struct built *frame = builder->frame;
	size_t i;

	if (builder->snap_length)
		put16(frame->bytes + builder->snap_length,
		      frame->length - builder->snap_length - 2);
	for (i = 0; i < builder->length_count; i++)
		put16(frame->bytes + builder->lengths[i].field,
		      frame->length - builder->trail - builder->lengths[i].counts);
	if (builder->cut > frame->length)
		die(builder, "cut too much");
	frame->length -= builder->cut;
}

void build_frame(struct built *ret_frame, const char *spec)
{
	static const uint8_t ethernet[ETHERNET] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
	struct builder builder = {
		.frame = ret_frame, .spec = spec, .next = 12, .next_is_type = true};
	char *copy = strdup(spec), *rest = copy, *word;

	ret_frame->length = 0;
	ret_frame->tcp = 0;
	ret_frame->is_ipv6 = false;
	memcpy(append(&builder, sizeof(ethernet)), ethernet, sizeof(ethernet));
	while ((word = strsep(&rest, " ")))
		add(&builder, word);
	finish(&builder);
	free(copy);
}

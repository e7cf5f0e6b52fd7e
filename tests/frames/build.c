/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ETHERTYPE_TAG  0x8100
#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd

struct builder {
	struct built *frame;
	const char *spec;
	char *attributes; /* of the word at hand, "" if it has none */

	size_t next;	    /* offset of the field that names the following header */
	bool next_is_type;  /* it is an ethertype (2 bytes) and not a protocol (1 byte) */
	size_t snap_length; /* offset of the 802.3 length to fill in; 0: none */
	size_t ip;	    /* offset of the IP header; 0: none yet */
	size_t ip_length;   /* offset of its length field; 0: nothing to fill in */
	size_t ip_counts;   /* offset from which it counts */
	size_t trail;	    /* bytes behind the IP packet */
	size_t cut;
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

static void add_tag(struct builder *builder, const char *word)
{
	(void)word;
	announce_type(builder, value(builder, 16, ETHERTYPE_TAG));
	append(builder, 4);
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

static void add_ip4(struct builder *builder, const char *word)
{
	unsigned int options = number(builder, "opts", 0);
	uint8_t *bytes;

	(void)word;
	announce_type(builder, ETHERTYPE_IPV4);
	builder->ip = builder->frame->length;
	bytes = append(builder, 20 + options);
	bytes[0] = number(builder, "ver", 4) << 4 | number(builder, "ihl", 5 + options / 4);
	put16(bytes + 2, number(builder, "len", 0));
	put16(bytes + 6, number(builder, "off", 0) | (attribute(builder, "more") ? 0x2000 : 0));
	bytes[8] = 64;
	bytes[9] = number(builder, "proto", 0);
	put_address(builder, bytes + 12, 4, "src", SOURCE4);
	put_address(builder, bytes + 16, 4, "dst", DESTINATION4);
	memset(bytes + 20, 1, options); /* no operation */

	builder->ip_length = attribute(builder, "len") ? 0 : builder->ip + 2;
	builder->ip_counts = builder->ip;
	builder->next = attribute(builder, "proto") ? 0 : builder->ip + 9;
	builder->next_is_type = false;
}

static void add_ip6(struct builder *builder, const char *word)
{
	uint8_t *bytes;

	(void)word;
	announce_type(builder, ETHERTYPE_IPV6);
	builder->ip = builder->frame->length;
	bytes = append(builder, 40);
	bytes[0] = number(builder, "ver", 6) << 4;
	put16(bytes + 4, number(builder, "len", 0));
	bytes[6] = number(builder, "next", 59);
	bytes[7] = 64;
	put_address(builder, bytes + 8, 16, "src", SOURCE6);
	put_address(builder, bytes + 24, 16, "dst", DESTINATION6);

	builder->ip_length = attribute(builder, "len") ? 0 : builder->ip + 4;
	builder->ip_counts = builder->frame->length;
	builder->next = attribute(builder, "next") ? 0 : builder->ip + 6;
	builder->next_is_type = false;
}

static void add_extension(struct builder *builder, unsigned int protocol, unsigned int size,
			  unsigned int length)
{
	uint8_t *bytes;

	announce_protocol(builder, protocol);
	builder->next = builder->frame->length;
	bytes = append(builder, size);
	bytes[0] = 59; /* no next header, unless one follows */
	bytes[1] = length;
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
	unsigned int size = number(builder, "size", 8);
	size_t i = 0;

	while (strcmp(options[i].word, word) != 0)
		i++;
	add_extension(builder, options[i].protocol, size, number(builder, "len", size / 8 - 1));
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

static void add_tcp(struct builder *builder, const char *word)
{
	unsigned int size = number(builder, "size", 20);
	uint8_t header[20] = {0};

	(void)word;
	announce_protocol(builder, 6);
	put16(header, number(builder, "from", 40000));
	put16(header + 2, value(builder, 10, 25));
	header[12] = 5 << 4;
	header[13] =
		(attribute(builder, "syn") ? 0x02 : 0) | (attribute(builder, "ack") ? 0x10 : 0);
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
	(void)word;
	announce_protocol(builder, value(builder, 10, 0));
	append(builder, 8);
}

static void add_bytes(struct builder *builder, const char *word)
{
	unsigned int size = value(builder, 10, 0);

	if (!strcmp(word, "cut")) {
		builder->cut = size;
		return;
	}
	append(builder, size);
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
	{"udp", add_udp},	  {"proto", add_protocol}, {"data", add_bytes},
	{"trail", add_bytes},	  {"cut", add_bytes},
};

static void add(struct builder *builder, char *word)
{
	char *colon = strchr(word, ':');
	size_t i;

	builder->attributes = colon ? colon + 1 : word + strlen(word);
	if (colon)
		*colon = '\0';
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strcmp(words[i].word, word)) {
			words[i].add(builder, word);
			return;
		}
	}
	die(builder, "unknown word");
}

static void finish(struct builder *builder)
{
	struct built *frame = builder->frame;

	if (builder->snap_length)
		put16(frame->bytes + builder->snap_length,
		      frame->length - builder->snap_length - 2);
	if (builder->ip_length)
		put16(frame->bytes + builder->ip_length,
		      frame->length - builder->trail - builder->ip_counts);
	if (builder->cut > frame->length)
		die(builder, "cut too much");
	frame->length -= builder->cut;
}

void build_frame(struct built *ret_frame, const char *spec)
{
	static const uint8_t ethernet[14] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
	struct builder builder = {
		.frame = ret_frame, .spec = spec, .next = 12, .next_is_type = true};
	char *copy = strdup(spec), *rest = copy, *word;

	ret_frame->length = 0;
	memcpy(append(&builder, sizeof(ethernet)), ethernet, sizeof(ethernet));
	while ((word = strsep(&rest, " ")))
		add(&builder, word);
	finish(&builder);
	free(copy);
}

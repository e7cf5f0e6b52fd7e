/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reference.h"

#include <string.h>

#define OTHER	  SMTPFENCE_REASON_OTHER
#define SMTP	  SMTPFENCE_REASON_SMTP
#define UNDECIDED SMTPFENCE_REASON_UNDECIDED
#define MALFORMED SMTPFENCE_REASON_MALFORMED
#define TUNNEL	  SMTPFENCE_REASON_TUNNEL
#define UNSEEN	  SMTPFENCE_REASON_UNSEEN

/* IANA, Protocol Numbers. */
enum {
	PROTOCOL_HOP_BY_HOP = 0,
	PROTOCOL_IPV4 = 4,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_IPV6 = 41,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_GRE = 47,
	PROTOCOL_ESP = 50,
	PROTOCOL_AH = 51,
	PROTOCOL_DESTINATION = 60,
	PROTOCOL_ETHERIP = 97,
	PROTOCOL_L2TP = 115,
	PROTOCOL_MOBILITY = 135,
	PROTOCOL_MPLS = 137,
	PROTOCOL_HIP = 139,
	PROTOCOL_SHIM6 = 140,
};

/* Where the addresses are, and what the frame is whoever sends it. */
struct reading {
	enum smtpfence_reason class;
	uint8_t source[16], destination[16];
};

/* An IP packet. Offsets count from the start of its header. */
struct packet {
	const uint8_t *bytes;
	size_t end;	 /* of what is there and what the IP length covers */
	bool overclaims; /* the IP length covers more than is there */
	bool is_ipv6;
	bool goes_on; /* an IPv6 first fragment: the rest of the chain may come later */
};

static unsigned int get16(const uint8_t *bytes)
{
	return bytes[0] * 256U + bytes[1];
}

/* The IP length field claims @claimed bytes of the @present ones; a field of 0 claims them all. */
static struct packet packet_of(const uint8_t *bytes, size_t present, unsigned int field,
			       size_t claimed)
{
	struct packet packet = {.bytes = bytes, .end = present};

	packet.overclaims = field && claimed > present;
	if (field && claimed < present)
		packet.end = claimed;
	return packet;
}

/* RFC 9293, section 3.1, and RFC 768: the destination port is in bytes 2 and 3 of both. */
static bool port_is(const struct packet *packet, size_t at, unsigned int port)
{
	return at + 4 <= packet->end && get16(packet->bytes + at + 2) == port;
}

static enum smtpfence_reason read_tcp(const struct packet *packet, size_t at)
{
	if (packet->overclaims)
		return MALFORMED;
	if (at + 4 > packet->end)
		return packet->goes_on ? UNDECIDED : MALFORMED;
	return port_is(packet, at, 25) ? SMTP : OTHER;
}

static enum smtpfence_reason read_transport(const struct packet *packet, unsigned int protocol,
					    size_t at)
{
	switch (protocol) {
	case PROTOCOL_TCP:
		return read_tcp(packet, at);
	case PROTOCOL_UDP:
		return port_is(packet, at, 4789) ? TUNNEL : OTHER; /* RFC 7348: VXLAN */
	case PROTOCOL_IPV4:
	case PROTOCOL_IPV6:
	case PROTOCOL_GRE:
	case PROTOCOL_ESP:
	case PROTOCOL_ETHERIP:
	case PROTOCOL_L2TP:
	case PROTOCOL_MPLS:
		return TUNNEL;
	default:
		return OTHER;
	}
}

/* IANA, IPv6 Extension Header Types, but for ESP, which hides what follows. IPv4 has AH alone. */
static bool is_extension(const struct packet *packet, unsigned int protocol)
{
	switch (protocol) {
	case PROTOCOL_AH:
		return true;
	case PROTOCOL_HOP_BY_HOP:
	case PROTOCOL_ROUTING:
	case PROTOCOL_FRAGMENT:
	case PROTOCOL_DESTINATION:
	case PROTOCOL_MOBILITY:
	case PROTOCOL_HIP:
	case PROTOCOL_SHIM6:
		return packet->is_ipv6;
	default:
		return false;
	}
}

/* RFC 8200, section 4.5; RFC 4302, section 2.2; RFC 6564, section 4. */
static unsigned int extension_size(const uint8_t *header, unsigned int protocol)
{
	if (protocol == PROTOCOL_FRAGMENT)
		return 8;
	if (protocol == PROTOCOL_AH)
		return (header[1] + 2U) * 4;
	return (header[1] + 1U) * 8;
}

static enum smtpfence_reason read_chain(struct packet *packet, unsigned int protocol, size_t at)
{
	unsigned int headers = 0;

	while (is_extension(packet, protocol)) {
		const uint8_t *header = packet->bytes + at;
		size_t size;

		if (++headers > 16 || at + 2 > packet->end)
			return UNDECIDED;
		size = extension_size(header, protocol);
		if (at + size > packet->end)
			return UNDECIDED;
		if (protocol == PROTOCOL_FRAGMENT) {
			if (get16(header + 2) >> 3) /* the offset: a later fragment */
				return OTHER;
			packet->goes_on |= header[3] & 1;
		}
		protocol = header[0];
		at += size;
	}
	return read_transport(packet, protocol, at);
}

static void map_ipv4(uint8_t ret_address[16], const uint8_t *ipv4)
{
	memset(ret_address, 0, 10);
	memset(ret_address + 10, 0xff, 2);
	memcpy(ret_address + 12, ipv4, 4);
}

/* RFC 791, section 3.1. */
static enum smtpfence_reason read_ipv4(struct reading *reading, const uint8_t *bytes,
				       size_t present)
{
	unsigned int header_length, total_length;
	struct packet packet;

	if (present < 20)
		return UNSEEN;
	map_ipv4(reading->source, bytes + 12);
	map_ipv4(reading->destination, bytes + 16);
	header_length = bytes[0] % 16 * 4;
	if (bytes[0] / 16 != 4 || header_length < 20)
		return MALFORMED;
	if (get16(bytes + 6) & 0x1fff) /* the offset: a later fragment */
		return OTHER;
	total_length = get16(bytes + 2);
	packet = packet_of(bytes, present, total_length, total_length);
	return read_chain(&packet, bytes[9], header_length);
}

/* RFC 8200, section 3. */
static enum smtpfence_reason read_ipv6(struct reading *reading, const uint8_t *bytes,
				       size_t present)
{
	unsigned int payload_length;
	struct packet packet;

	if (present < 40)
		return UNSEEN;
	memcpy(reading->source, bytes + 8, 16);
	memcpy(reading->destination, bytes + 24, 16);
	if (bytes[0] / 16 != 6)
		return MALFORMED;
	payload_length = get16(bytes + 4);
	packet = packet_of(bytes, present, payload_length, payload_length + 40);
	packet.is_ipv6 = true;
	return read_chain(&packet, bytes[6], 40);
}

static bool is_tag(unsigned int ethertype)
{
	return ethertype == 0x8100 || ethertype == 0x88a8 || ethertype == 0x9100;
}

/* RFC 1042 and, with the other organisation, IEEE 802.1H. */
static bool is_snap(const uint8_t *llc, size_t present)
{
	return present >= 8 && (!memcmp(llc, "\xaa\xaa\x03\x00\x00\x00", 6) ||
				!memcmp(llc, "\xaa\xaa\x03\x00\x00\xf8", 6));
}

static enum smtpfence_reason read_network(struct reading *reading, unsigned int ethertype,
					  const uint8_t *bytes, size_t present)
{
	switch (ethertype) {
	case 0x0800:
		return read_ipv4(reading, bytes, present);
	case 0x86dd:
		return read_ipv6(reading, bytes, present);
	case 0x8847: /* MPLS */
	case 0x8848: /* MPLS, multicast */
	case 0x8864: /* PPPoE, session */
		return TUNNEL;
	default:
		return OTHER;
	}
}

/* IEEE 802.3, section 3.2.6: below 0x600 it is a length, and LLC follows. Tags: IEEE 802.1Q. */
static enum smtpfence_reason read_frame(struct reading *reading, const uint8_t *frame,
					size_t length)
{
	unsigned int ethertype = get16(frame + 12), tags = 0;
	bool seen_snap = false;
	size_t at = 14;

	while (is_tag(ethertype) || (ethertype < 0x600 && !seen_snap)) {
		if (is_tag(ethertype)) {
			if (++tags > 8 || at + 4 > length)
				return UNSEEN;
			at += 4;
		} else {
			if (!is_snap(frame + at, length - at))
				return OTHER;
			seen_snap = true;
			at += 8;
		}
		ethertype = get16(frame + at - 2);
	}
	return read_network(reading, ethertype, frame + at, length - at);
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned int count)
{
	unsigned int bit;

	for (bit = 0; bit < count; bit++)
		if ((a[bit / 8] ^ b[bit / 8]) & 0x80 >> bit % 8)
			return false;
	return true;
}

/* An IPv6 range that is wider than the mapped addresses does not hold any of them. */
static bool holds(const struct reference_range *range, const uint8_t address[16])
{
	uint8_t mapped[16];

	map_ipv4(mapped, address + 12);
	if (!memcmp(mapped, address, 16) && range->length < 96)
		return false;
	return same_bits(range->address, address, range->length);
}

/* The longest entry that holds the address, among the live or among the expired ones. */
static const struct reference_entry *nearest(const struct reference_policy *policy,
					     const uint8_t address[16], bool expired)
{
	const struct reference_entry *best = NULL;
	size_t i;

	for (i = 0; i < policy->entry_count; i++) {
		const struct reference_entry *entry = &policy->entries[i];

		if (entry->expired == expired && holds(&entry->range, address) &&
		    (!best || entry->range.length > best->range.length))
			best = entry;
	}
	return best;
}

static enum smtpfence_reason blocked(enum smtpfence_reason class)
{
	if (class == SMTP)
		return SMTPFENCE_REASON_BLOCKED;
	return class == UNDECIDED ? SMTPFENCE_REASON_BLOCKED_UNDECIDED
				  : SMTPFENCE_REASON_BLOCKED_MALFORMED;
}

enum smtpfence_reason reference_judge(const struct reference_policy *policy, const uint8_t *frame,
				      size_t length)
{
	const struct reference_entry *entry;
	struct reading reading = {0};

	reading.class = read_frame(&reading, frame, length);
	if (reading.class != SMTP && reading.class != UNDECIDED && reading.class != MALFORMED)
		return reading.class;
	entry = nearest(policy, reading.source, false);
	if (!entry) {
		entry = nearest(policy, reading.source, true);
		return entry && !entry->allow ? SMTPFENCE_REASON_EXPIRED : reading.class;
	}
	if (entry->allow)
		return SMTPFENCE_REASON_ALLOWED;
	if (policy->exempt.length && holds(&policy->exempt, reading.destination))
		return SMTPFENCE_REASON_EXEMPT;
	return policy->monitor ? SMTPFENCE_REASON_MONITORED : blocked(reading.class);
}

bool reference_drops(enum smtpfence_reason reason)
{
	return reason == SMTPFENCE_REASON_BLOCKED || reason == SMTPFENCE_REASON_BLOCKED_UNDECIDED ||
	       reason == SMTPFENCE_REASON_BLOCKED_MALFORMED;
}

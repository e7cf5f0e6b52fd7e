/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/prefix.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ADDRESS_BITS  128
#define IPV4_BYTES    (SMTPFENCE_IPV4_BITS / 8) /* of the v4-mapped prefix, before the address */
#define LENGTH_DIGITS 3
#define IPV4_WIDEST   24
#define IPV6_WIDEST   48

static const unsigned char ipv4_mapped[IPV4_BYTES] = {[10] = 0xff, [11] = 0xff};

bool prefix_is_ipv4(const struct smtpfence_prefix *prefix)
{
	return prefix->length >= SMTPFENCE_IPV4_BITS &&
	       memcmp(prefix->address, ipv4_mapped, sizeof(ipv4_mapped)) == 0;
}

enum smtpfence_family prefix_family(const struct smtpfence_prefix *prefix)
{
	return prefix_is_ipv4(prefix) ? SMTPFENCE_FAMILY_IPV4 : SMTPFENCE_FAMILY_IPV6;
}

bool prefix_is_single(const struct smtpfence_prefix *prefix)
{
	return prefix->length == ADDRESS_BITS;
}

unsigned int prefix_family_length(const struct smtpfence_prefix *prefix)
{
	return prefix_is_ipv4(prefix) ? prefix->length - SMTPFENCE_IPV4_BITS : prefix->length;
}

unsigned int prefix_widest(const struct smtpfence_prefix *prefix)
{
	return prefix_is_ipv4(prefix) ? IPV4_WIDEST : IPV6_WIDEST;
}

bool prefix_too_wide(const struct smtpfence_prefix *prefix)
{
	return prefix_family_length(prefix) < prefix_widest(prefix);
}

/* Fills @ret with one address, 128 bits long. */
static int parse_address(const char *text, struct smtpfence_prefix *ret)
{
	ret->length = ADDRESS_BITS;
	if (strchr(text, ':'))
		return inet_pton(AF_INET6, text, ret->address) == 1 ? 0 : -EINVAL;
	memcpy(ret->address, ipv4_mapped, sizeof(ipv4_mapped));
	return inet_pton(AF_INET, text, ret->address + IPV4_BYTES) == 1 ? 0 : -EINVAL;
}

/* Decimal without a sign or leading zeros: "024" would be octal to some readers. */
static int parse_length(const char *text, unsigned int max, unsigned int *ret)
{
	size_t digits = strspn(text, "0123456789");
	unsigned int length = 0;

	if (digits == 0 || text[digits] || (text[0] == '0' && digits > 1))
		return -EINVAL;
	if (digits > LENGTH_DIGITS)
		return -ERANGE;
	for (size_t i = 0; i < digits; i++)
		length = length * 10 + (unsigned int)(text[i] - '0');
	if (length > max)
		return -ERANGE;
	*ret = length;
	return 0;
}

/* The address before the slash, 128 bits long, and the length behind it. */
static int parse_parts(const char *text, struct smtpfence_prefix *ret_address,
		       unsigned int *ret_length)
{
	const char *slash = strchr(text, '/');
	char address[PREFIX_TEXT_MAX];
	unsigned int shift;
	int r;

	*ret_length = ADDRESS_BITS;
	if (!slash)
		return parse_address(text, ret_address);
	if ((size_t)(slash - text) >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	r = parse_address(address, ret_address);
	if (r < 0)
		return r;
	shift = strchr(address, ':') ? 0 : SMTPFENCE_IPV4_BITS;
	r = parse_length(slash + 1, ADDRESS_BITS - shift, ret_length);
	*ret_length += shift;
	return r;
}

int prefix_parse(const char *text, struct smtpfence_prefix *ret)
{
	struct smtpfence_prefix whole, cut;
	unsigned int length;
	int r = parse_parts(text, &whole, &length);

	if (r < 0)
		return r;
	cut = whole;
	prefix_cut(&cut, length);
	if (memcmp(cut.address, whole.address, sizeof(cut.address)) != 0)
		return -EDOM;
	*ret = cut;
	return 0;
}

int prefix_parse_around(const char *text, struct smtpfence_prefix *ret)
{
	struct smtpfence_prefix prefix;
	unsigned int length;
	int r = parse_parts(text, &prefix, &length);

	if (r < 0)
		return r;
	prefix_cut(&prefix, length);
	*ret = prefix;
	return 0;
}

const char *prefix_parse_problem(int code)
{
	switch (code) {
	case -ERANGE:
		return "has a length beyond 32 (IPv4) or 128 (IPv6)";
	case -EDOM:
		return "has bits set behind its length";
	default:
		return "is not an IPv4 or IPv6 address or prefix";
	}
}

static void format_address(const struct smtpfence_prefix *prefix, char text[PREFIX_TEXT_MAX])
{
	if (prefix_is_ipv4(prefix))
		inet_ntop(AF_INET, prefix->address + IPV4_BYTES, text, PREFIX_TEXT_MAX);
	else
		inet_ntop(AF_INET6, prefix->address, text, PREFIX_TEXT_MAX);
}

const char *prefix_format(const struct smtpfence_prefix *prefix, char text[PREFIX_TEXT_MAX])
{
	size_t used;

	format_address(prefix, text);
	used = strlen(text);
	snprintf(text + used, PREFIX_TEXT_MAX - used, "/%u", prefix_family_length(prefix));
	return text;
}

const char *prefix_format_short(const struct smtpfence_prefix *prefix, char text[PREFIX_TEXT_MAX])
{
	if (!prefix_is_single(prefix))
		return prefix_format(prefix, text);
	format_address(prefix, text);
	return text;
}

bool prefix_contains(const struct smtpfence_prefix *outer, const struct smtpfence_prefix *inner)
{
	struct smtpfence_prefix cut = *inner;

	if (inner->length < outer->length || prefix_is_ipv4(inner) != prefix_is_ipv4(outer))
		return false;
	prefix_cut(&cut, outer->length);
	return memcmp(cut.address, outer->address, sizeof(cut.address)) == 0;
}

int prefix_compare(const struct smtpfence_prefix *a, const struct smtpfence_prefix *b)
{
	int order = memcmp(a->address, b->address, sizeof(a->address));

	return order ? order : (a->length > b->length) - (a->length < b->length);
}

void prefix_cut(struct smtpfence_prefix *prefix, unsigned int length)
{
	unsigned int whole = length / 8, rest = length % 8;

	if (prefix->length <= length)
		return;
	prefix->length = length;
	if (rest)
		prefix->address[whole++] &= (unsigned char)(0xff << (8 - rest));
	memset(prefix->address + whole, 0, sizeof(prefix->address) - whole);
}

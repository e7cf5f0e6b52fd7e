/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses and prefixes as text. In memory they are struct smtpfence_prefix throughout (see
 * smtpfence/abi.h): 16 bytes in network order, IPv4 v4-mapped, length in the 128-bit space.
 */
#ifndef SMTPFENCE_BASE_PREFIX_H
#define SMTPFENCE_BASE_PREFIX_H

#include <stdbool.h>
#include <stddef.h>

#include "smtpfence/abi.h"

/* "xxxx:xxxx:xxxx:xxxx:xxxx:xxxx:255.255.255.255/128" and its NUL. */
#define PREFIX_TEXT_MAX 52

/*
 * Reads "192.0.2.1", "192.0.2.0/24", "2001:db8::1" or "2001:db8::/64"; without a length it is one
 * address. Returns 0; -EINVAL: not an address or prefix; -ERANGE: the length is too large;
 * -EDOM: bits behind the length are set ("192.0.2.1/24"). @ret is untouched on an error.
 */
int prefix_parse(const char *text, struct smtpfence_prefix *ret);

/*
 * As prefix_parse, but bits behind the length are cut off: "192.0.2.1/24" is 192.0.2.0/24, the
 * network that the address is in.
 */
int prefix_parse_around(const char *text, struct smtpfence_prefix *ret);

/* What was wrong, as half a sentence: "has bits set behind its length", for the -errno above. */
const char *prefix_parse_problem(int code);

/* "192.0.2.1/32", always with the length in the family's own space. Returns @text. */
const char *prefix_format(const struct smtpfence_prefix *prefix, char text[PREFIX_TEXT_MAX]);

/* "192.0.2.1" for a single address, else as prefix_format. Returns @text. */
const char *prefix_format_short(const struct smtpfence_prefix *prefix, char text[PREFIX_TEXT_MAX]);

/* Inside ::ffff:0:0/96, at least 96 bits long. */
bool prefix_is_ipv4(const struct smtpfence_prefix *prefix);

enum smtpfence_family prefix_family(const struct smtpfence_prefix *prefix);

/* One address: 128 bits. */
bool prefix_is_single(const struct smtpfence_prefix *prefix);

/* The length in the family's own space: 24 for 192.0.2.0/24. */
unsigned int prefix_family_length(const struct smtpfence_prefix *prefix);

/* The shortest prefix of that family that needs nobody's word: /24 (IPv4) or /48 (IPv6). */
unsigned int prefix_widest(const struct smtpfence_prefix *prefix);

/* Wider than that: never blocked without somebody's word. */
bool prefix_too_wide(const struct smtpfence_prefix *prefix);

/* @inner lies in @outer, or is it. IPv4 lies in no IPv6 prefix shorter than 96 bits. */
bool prefix_contains(const struct smtpfence_prefix *outer, const struct smtpfence_prefix *inner);

/* By address, then by length: a wider prefix stands before what it holds. <0, 0, >0. */
int prefix_compare(const struct smtpfence_prefix *a, const struct smtpfence_prefix *b);

/* Cuts to @length bits of the 128-bit space (no-op when already shorter), zeroing the rest. */
void prefix_cut(struct smtpfence_prefix *prefix, unsigned int length);

#endif

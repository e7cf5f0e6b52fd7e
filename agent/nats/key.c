/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nats/key.h"

#include <stdio.h>

#include "base/prefix.h"

#define IPV4_OFFSET 12 /* of the IPv4 address in a v4-mapped one */

const char *key_format(const struct smtpfence_prefix *prefix, char text[KEY_TEXT_MAX])
{
	bool ipv4 = prefix_is_ipv4(prefix);
	int length = snprintf(text, KEY_TEXT_MAX, ipv4 ? "ip4." : "ip6.");

	for (size_t i = ipv4 ? IPV4_OFFSET : 0; i < sizeof(prefix->address); i++)
		length += snprintf(text + length, KEY_TEXT_MAX - (size_t)length, "%02x",
				   prefix->address[i]);
	snprintf(text + length, KEY_TEXT_MAX - (size_t)length, "-%u", prefix_family_length(prefix));
	return text;
}

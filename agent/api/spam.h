/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a path /ip/{block}/spam/{ip} names. {block} is a block of a customer's addresses, given as
 * a prefix (bits behind its length do not matter) or as one address; {ip} an address in it.
 *
 * A source is what is sentenced as one: an IPv4 address, or an IPv6 unit (a /64 by default). Of a
 * unit, every address leads to it, and it is told under its first address, so that all that asks
 * for it gets the same name. Prefixes that are wider than that were blocked by hand or by a list;
 * these calls do not know them.
 */
#ifndef SMTPFENCE_API_SPAM_H
#define SMTPFENCE_API_SPAM_H

#include "api/internal.h"
#include "base/prefix.h"

/* -ENOENT: outside of the block, or never sentenced. */
int spam_find(const struct api *api, const struct request *request, struct ledger_row *ret,
	      struct error *error);

/* One address, or a unit. */
bool spam_is_source(const struct smtpfence_prefix *prefix);

/* What a source is called in front of a customer: by its first address. Returns @text. */
const char *spam_source_format(const struct smtpfence_prefix *source, char text[PREFIX_TEXT_MAX]);

#endif

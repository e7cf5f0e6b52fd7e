/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a list feed says of a prefix; feeds bring it, the store keeps it. */
#ifndef SMTPFENCE_BASE_LISTING_H
#define SMTPFENCE_BASE_LISTING_H

#include <stddef.h>
#include <stdint.h>

#include "smtpfence/abi.h"

struct listing {
	struct smtpfence_prefix prefix;
	int64_t until; /* s since 1970: from then on it is as if not listed; 0: no end */
};

/* The later of two ends. */
int64_t listing_later(int64_t until, int64_t other);

/*
 * Sorts by prefix_compare; of those with one prefix, one that ends last stays. Returns how many
 * are left.
 */
size_t listings_sort(struct listing *items, size_t count);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was counted at some moments, each of which has a number. */
#ifndef SMTPFENCE_COUNTERS_LOOKS_H
#define SMTPFENCE_COUNTERS_LOOKS_H

#include "counters/rates.h"

/* The counters of a source that have rates. */
enum rate { RATE_PACKETS, RATE_BYTES, RATE_ATTEMPTS, RATE_DROPPED };
#define RATES 4

struct seen {
	struct smtpfence_source_key key; /* the first, see seen_compare */
	uint64_t counts[RATES];		 /* by enum rate */
};

struct look {
	uint64_t number;    /* from 1; 0: an empty place */
	uint64_t taken;	    /* CLOCK_BOOTTIME, ns */
	struct seen *items; /* owned; in the order of seen_compare */
	size_t count;
};

/* Of keys, or of what begins with one: by source, then by interface. */
int seen_compare(const void *a, const void *b);

void look_counts(const struct counters_source *source, uint64_t ret[RATES]);

/* A look at @sources, with the next number. -ENOMEM. */
int look_take(struct looks *looks, const struct counters_source *sources, size_t count,
	      struct look *ret);

/* The one of that number; NULL: it is not known, or not any more. */
const struct look *looks_find(const struct looks *looks, uint64_t number);

/* Takes @look over, in the place of the one of the number @since, or else of the oldest. */
void looks_put(struct looks *looks, uint64_t since, struct look *look);

#endif

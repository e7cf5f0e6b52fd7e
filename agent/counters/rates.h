/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How fast sources grow. Whoever asks leaves a look at the counters behind, and comes again with
 * its number: so a few who ask, each in a rhythm of its own, get rates since their own last look,
 * and nobody has to hand over the counters of all sources to find out which ones grow fastest.
 */
#ifndef SMTPFENCE_COUNTERS_RATES_H
#define SMTPFENCE_COUNTERS_RATES_H

#include "counters/counters.h"

/* So many may ask at a time; 60 bytes a source each. The one who has not asked longest gives way.
 */
#define LOOKS_MAX 4

struct looks;

/* NULL: out of memory. */
struct looks *looks_new(void);
void looks_free(struct looks *looks);
DEFINE_CLEANUP(struct looks *, looks_free)

struct rates_request {
	uint64_t since; /* the number of the look before; 0: there is none */
	enum counters_sort sort;
	size_t top; /* 0: all */
};

/*
 * {look, seconds, sources}: the number of this look, how long the one before was ago (null: it is
 * not known any more), and the rows of `counters`, each with packets_per_second, bytes_per_second,
 * attempts_per_second and dropped_per_second, which grow fastest in `sort`, or are largest in it.
 * Without a look before, rates are null. What is new, or less than it was, has begun at nothing in
 * between. NULL: @error says why.
 */
cJSON *rates_json(struct counters *counters, struct looks *looks,
		  const struct rates_request *request, struct error *error);

#endif

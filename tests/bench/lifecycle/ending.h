/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many sentences end at one moment: who is watched meanwhile, and what is found. */
#ifndef SMTPFENCE_TESTS_BENCH_ENDING_H
#define SMTPFENCE_TESTS_BENCH_ENDING_H

#include "bench/lifecycle/figures.h"
#include "bench/lifecycle/world.h"

struct ending {
	const struct world *world;
	size_t count;	   /* of sentences: sources 0 to count - 1 */
	uint64_t first;	   /* deadline of them, ns of CLOCK_BOOTTIME */
	uint64_t deadline; /* and the last one */

	/* Found: */
	double passed_s;	 /* after the deadline until all that are looked at passed */
	bool blocked_to_the_end; /* and that none did before the first */
	double unblocked_s;	 /* until the last one was unblocked on disk */
	struct samples answers;	 /* of the API meanwhile */
};

/* Returns when all has been found. False, and why on standard error: something failed. */
bool ending_watch(struct ending *ending);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One table on stdout: each row a ratio of medians of one run, its limit, and whether it holds. */
#ifndef SMTPFENCE_TESTS_BENCH_TABLE_H
#define SMTPFENCE_TESTS_BENCH_TABLE_H

#include <stdbool.h>

#include "turns.h"

enum bound {
	UNBOUNDED,
	AT_MOST,
	AT_LEAST,
	/*
	 * At least, but for what the rounds themselves leave open: it is missed where three rounds
	 * of four are below it. Between two contenders that cost the same, half of them are.
	 */
	NOT_BELOW,
};

/*
 * What is bound by one CPU is told in work a second of CPU time: on a machine with nothing else to
 * do that is the throughput by the clock, and on any other it is what the throughput would be.
 */
enum unit {
	NS_A_FRAME,
	FRAMES_A_CPU_SECOND,
	FRAMES_A_SECOND,
	GBIT_A_CPU_SECOND,
	GBIT_A_SECOND,
};

struct row {
	const char *load;
	const struct contender *of, *to;
	enum unit unit;
	enum bound bound;
	double limit;
};

void print_heading(void);

/* False if the limit is missed. */
bool print_row(const struct row *row);

#endif

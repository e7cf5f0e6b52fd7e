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

enum unit {
	NS_A_FRAME,
	FRAMES_A_SECOND,
	GBIT_A_SECOND,
	NS_A_KILOBYTE,
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

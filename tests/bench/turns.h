/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Contenders take turns: in every round each is measured once, shortly after one another, so that
 * whatever else the machine does slows all of them. Only ratios of one run are worth anything. Many
 * short turns are better than a few long ones: most of them are over before anybody interrupts.
 */
#ifndef SMTPFENCE_TESTS_BENCH_TURNS_H
#define SMTPFENCE_TESTS_BENCH_TURNS_H

#include <stddef.h>

#define ROUNDS_MAX 401

/* What one unit (a frame, a byte) takes. */
struct cost {
	double wall; /* ns */
	double cpu;  /* ns */
};

/* One of these a round, in the order of the rounds. */
struct series {
	size_t rounds;
	double values[ROUNDS_MAX];
};

struct contender {
	const char *name;
	struct cost (*measure)(const void *what);
	const void *what;
	struct series wall, cpu;
};

/* Every second round goes backwards: nobody always comes after the same one. */
void take_turns(struct contender *contenders, size_t count, size_t rounds);

struct quartiles {
	double lower, median, upper;
};

struct quartiles quartiles(const struct series *series);

/* Of the ratios of the rounds: how far they spread is how little the ratio of medians is known. */
struct quartiles ratios(const struct series *of, const struct series *to);

#endif

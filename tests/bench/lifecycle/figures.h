/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was measured, and one table of it. */
#ifndef SMTPFENCE_TESTS_BENCH_FIGURES_H
#define SMTPFENCE_TESTS_BENCH_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Durations, all of one thing. */
#define SAMPLES_MAX 200000
struct samples {
	uint64_t *ns; /* owned */
	size_t count;
};

bool samples_new(struct samples *samples);
void samples_clear(struct samples *samples);
/* More than SAMPLES_MAX are not kept. */
void samples_add(struct samples *samples, uint64_t ns);
/* 0.5 is the median, 1 the worst; sorts them. 0 where there are none. */
double samples_ms(struct samples *samples, double share);

/* A row of the table; @limit 0: for information. */
void figure(const char *name, double value, const char *unit, double limit);
/* The p50 and p99 of @samples, in ms; @limit is the p99's. */
void figure_quantiles(const char *name, struct samples *samples, double limit);
/* Something that has to be so. */
void figure_holds(const char *name, bool holds);

/* Names, at the end, the limits that were missed. Whether there were none. */
bool figures_print(void);

#endif

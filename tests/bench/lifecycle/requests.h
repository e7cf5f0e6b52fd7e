/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a person or a panel asks of the daemon, and how long it takes. */
#ifndef SMTPFENCE_TESTS_BENCH_REQUESTS_H
#define SMTPFENCE_TESTS_BENCH_REQUESTS_H

#include "bench/lifecycle/figures.h"
#include "bench/lifecycle/world.h"

/* One call of the API on a connection of its own. ns; 0, and why on standard error: it failed. */
uint64_t request_get(const struct world *world, const char *target);

/* Sources @first to @first + @count - 1, one call after the other. False: one has failed. */
bool requests_block(const struct world *world, size_t first, size_t count, struct samples *samples);

/* The same, a process a source: `smtpfence block` or `smtpfence unblock --force`. */
bool requests_cli(const struct world *world, const char *verb, size_t first, size_t count,
		  struct samples *samples);

/* What any durable change costs on that disk: 4 kB behind the others, and an fsync. */
bool requests_floor(const struct world *world, size_t count, struct samples *samples);

#endif
